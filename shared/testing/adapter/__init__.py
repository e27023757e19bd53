"""The parts of AdapterContract: its hooks, and its cases by what they look at."""

import pytest

_CASES = ("answers", "bodies", "entry", "hooks", "platform", "reports", "requests", "values")

# A case that fails shows the values it compared, whoever runs it.
pytest.register_assert_rewrite(*(f"{__name__}.{name}" for name in _CASES))
