"""An answer that takes long: 202 with what is said meanwhile, and later the answer itself, under the same id."""

import json
from typing import Any

import msgspec
import pytest

from channels.rest.contract import RestContract
from channels.rest.twin import RestTwin
from shared.testing.adapter.values import turn_of
from shared.testing.platforms.message import Message, heard_in_time
from shared.turn import Outcome, Reply
from tests.channels.replies import HOLDING, in_json


@pytest.mark.parametrize("name", HOLDING)
def test_it_is_told_so(name: str) -> None:
    told = in_json(RestContract(), HOLDING[name], Outcome.DEFERRED)
    assert (told["status"], told["body"]["outcome"]) == (202, "deferred")
    reply = HOLDING[name]
    assert told["body"]["reply"] == (None if reply is None else {**told["body"]["reply"], "text": reply.text})


def test_what_followed_is_found_as_any_answer() -> None:
    contract = RestContract()
    request = contract.request()
    done = turn_of(request, Reply(text="It is 42."))
    found = contract.door().render_found(done)
    assert (found.status, json.loads(found.body)["reply"]["text"]) == (200, "It is 42.")
    assert found == contract.door().render(request, done)


def message(outcome: str, text: str | None) -> Message:
    said: dict[str, Any] = {"text": text, "speech": None, "choices": [], "cards": [], "expects_answer": False}
    body = {"message_id": "m", "conversation": "c", "outcome": outcome, "reply": None if text is None else said}
    return msgspec.convert(
        {**body, "understanding": {"intent": None, "score": 0.0, "slots": {}}, "timings_ms": {}}, Message
    )


def test_a_program_asks_until_it_is_there() -> None:
    left = [message("deferred", "Wait."), message("running", None), message("answered", "It is 42.")]
    heard = heard_in_time(message("deferred", "Wait."), lambda: left.pop(0), RestTwin.later_s)
    assert heard.text == "Wait.\nIt is 42."
    assert left == []


def test_a_program_that_has_no_patience_shows_what_it_has() -> None:
    assert heard_in_time(message("deferred", "Wait."), lambda: message("deferred", "Wait."), 0.0).text == "Wait."
