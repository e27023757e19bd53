"""What Alexa says while an answer is still made."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from channels.alexa.render import render_turn
from channels.alexa.rules import complaints
from shared.testing.adapter.values import turn_of
from shared.turn import Outcome
from tests.channels.alexa.test_render import asked, envelope_of
from tests.channels.replies import HOLDING


@pytest.mark.parametrize("name", HOLDING)
def test_an_answer_that_takes_long(name: str, golden: Callable[[str, Any], None]) -> None:
    """The session stays open, and whoever says nothing hears what to say."""
    request = asked(locale="fr-FR") if name == "nothing" else asked()
    body = render_turn(request, turn_of(request, HOLDING[name], Outcome.DEFERRED))
    assert complaints(envelope_of(request), body) == []
    answer = json.loads(body)
    assert answer["response"]["shouldEndSession"] is False
    assert answer["response"]["reprompt"]["outputSpeech"]["text"]
    golden(f"render_later_{name}", {"answer": answer})
