"""What the REST door answers for every feature of a reply and every outcome: the JSON of the outside contract."""

from collections.abc import Callable
from typing import Any

import pytest

from channels.rest.contract import RestContract
from shared.turn import Outcome
from tests.channels.replies import REPLIES, in_json

Golden = Callable[[str, Any], None]


@pytest.mark.parametrize("name", REPLIES)
def test_replies(name: str, golden: Golden) -> None:
    golden(f"render_{name}", in_json(RestContract(), REPLIES[name]))


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.ANSWERED])
def test_outcomes(outcome: Outcome, golden: Golden) -> None:
    golden(f"outcome_{outcome}", in_json(RestContract(), None, outcome))
