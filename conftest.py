"""`--fuzz-examples N` (what `make fuzz` does): properties marked "fuzz" run with N examples instead of their own number."""

import pytest
from hypothesis import HealthCheck, settings

# Where Hypothesis keeps the settings of a test; public ways to change them end when the test is decorated.
_SETTINGS = "_hypothesis_internal_use_settings"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz-examples", type=int, metavar="N", help="examples for each property marked fuzz")
    parser.addoption(
        "--update-goldens", action="store_true", help="write the golden files anew; then read the difference"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    examples = config.getoption("--fuzz-examples")
    if examples is None:
        return
    for item in items:
        if item.get_closest_marker("fuzz") and isinstance(item, pytest.Function):
            own = getattr(item.function, _SETTINGS, None) or settings.default
            more = settings(own, max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
            setattr(item.function, _SETTINGS, more)
            # An AdapterContract makes its properties per door, from these attributes.
            if item.cls is not None and hasattr(item.cls, "fuzz_examples"):
                item.cls.fuzz_examples = item.cls.reply_examples = examples
