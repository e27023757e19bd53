"""Every request type there is: its sample becomes the golden request, and is answered as Amazon wants that type answered."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ask_sdk_core.serialize import DefaultSerializer
from ask_sdk_model.request import Request as SdkRequest
from ask_sdk_model.request_envelope import RequestEnvelope
from ask_sdk_model.response_envelope import ResponseEnvelope

from channels.alexa.adapter import AlexaAdapter
from channels.alexa.render import EMPTY
from channels.alexa.rules import complaints
from shared.testing.adapter.values import turn_of
from shared.turn import Card, Kind, Reply, Request
from tests.channels.alexa.conftest import GOLDEN, SAMPLES

Understand = Callable[[bytes], Request]
Golden = Callable[[str, Any], None]

NAMES = sorted(path.stem for path in SAMPLES.glob("*.json"))
TYPES = sorted(SdkRequest.discriminator_value_class_map)
REPLY = Reply(
    text="The spare key is under the mat.",
    cards=(Card("Spare key", "Under the mat"),),
    reprompt="Anything else?",
    expects_answer=True,
)


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


@pytest.mark.parametrize("type_", TYPES)
def test_every_type_of_the_sdk_has_a_sample(type_: str) -> None:
    assert json.loads(sample(type_))["request"]["type"] == type_


@pytest.mark.parametrize("type_", TYPES)
def test_the_samples_are_what_the_sdk_reads(type_: str) -> None:
    envelope = DefaultSerializer().deserialize(sample(type_).decode(), RequestEnvelope)
    assert envelope.request.object_type == type_


@pytest.mark.parametrize("name", NAMES)
def test_sample_request_and_answer(name: str, understand: Understand, door: AlexaAdapter, golden: Golden) -> None:
    body = sample(name)
    request = understand(body)
    answer = door.render(request, turn_of(request, REPLY))
    assert complaints(json.loads(body), answer.body) == []
    golden(name, {"request": request, "answer": json.loads(answer.body)})


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_every_golden_answer_survives_the_sdk(path: Path) -> None:
    answer = json.loads(path.read_text())["answer"]
    serializer = DefaultSerializer()
    again = serializer.serialize(serializer.deserialize(json.dumps(answer), ResponseEnvelope))
    assert again == answer


def test_no_golden_file_is_left_over() -> None:
    rendered = {path.stem for path in GOLDEN.glob("render_*.json")}
    assert {path.stem for path in GOLDEN.glob("*.json")} - rendered == set(NAMES)


@pytest.mark.parametrize("name", ["SessionEndedRequest", "SessionEndedRequest_error", "AlexaSkillEvent.SkillEnabled"])
def test_what_takes_no_answer_gets_none(name: str, understand: Understand, door: AlexaAdapter) -> None:
    request = understand(sample(name))
    assert door.render(request, turn_of(request, REPLY)).body == EMPTY == b'{"version":"1.0","response":{}}'


def test_kinds(understand: Understand) -> None:
    kinds = {name: understand(sample(name)).kind for name in NAMES}
    assert kinds["LaunchRequest"] is Kind.OPEN
    assert kinds["IntentRequest"] is kinds["IntentRequest_slots"] is Kind.UTTERANCE
    assert kinds["SessionEndedRequest"] is Kind.CLOSE
    assert kinds["Alexa.Presentation.APL.UserEvent"] is kinds["PlaybackController.PlayCommandIssued"] is Kind.ACTION
    assert (
        kinds["Alexa.Future.Thing"]
        is kinds["CanFulfillIntentRequest"]
        is kinds["AudioPlayer.PlaybackStarted"]
        is Kind.EVENT
    )
