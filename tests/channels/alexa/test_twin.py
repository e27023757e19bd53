"""The twin: a whole conversation with the real door, and complaints where Amazon would complain."""

import asyncio
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from channels.alexa.adapter import AlexaAdapter
from channels.alexa.credentials import AlexaCredentials, load_credentials, make_credentials
from channels.alexa.rules import complaints
from channels.alexa.twin import AlexaTwin, AnswerRefused
from shared.channel import Wire, WireReply
from shared.errors import NexusError, SettingsInvalid
from shared.testing.adapter.values import turn_of
from shared.testing.adapter_contract import NOW
from shared.testing.fakes import FakeClock
from shared.turn import Card, Elicit, Kind, Reply, Request
from tests.channels.alexa.conftest import open_door

Answer = Callable[[Request], Reply]


def served(door: AlexaAdapter, answer: Answer) -> httpx.Client:
    """A client whose server is the door, with `answer` for an engine."""

    def handle(request: httpx.Request) -> httpx.Response:
        headers = tuple((name.lower(), value) for name, value in request.headers.raw)
        reply = _reply(Wire(request.method, request.url.raw_path.decode(), headers, request.content))
        return httpx.Response(reply.status, headers=list(reply.headers), content=reply.body)

    def _reply(wire: Wire) -> WireReply:
        try:
            request = door.parse(asyncio.run(door.verify(wire)))
        except NexusError as error:
            return door.render_error(error)
        return door.render(request, turn_of(request, answer(request)))

    return httpx.Client(transport=httpx.MockTransport(handle))


def assistant(request: Request) -> Reply:
    """Greets, remembers one note, says good-bye."""
    if request.kind is Kind.OPEN:
        return Reply(text="Hello.", expects_answer=True, reprompt="What can I do?")
    if request.intent is not None and request.intent.name == "AMAZON.StopIntent":
        return Reply(text="Goodbye.", end_session=True)
    if request.text == "remember":
        return Reply(text="Remember what?", elicit=Elicit("notes.remember", "note"))
    return Reply(text="t", speech=f"You said <emphasis>{request.text}</emphasis>.", cards=(Card("Said", request.text),))


@pytest.fixture
def person(credentials: AlexaCredentials, door: AlexaAdapter) -> AlexaTwin:
    return AlexaTwin(credentials, "http://nexus.test", client=served(door, assistant), now=lambda: NOW)


def test_a_conversation(person: AlexaTwin) -> None:
    hello = person.launch()
    session = person.session
    assert (hello.speech, hello.reprompt, hello.open, hello.card) == ("Hello.", "What can I do?", True, None)
    question = person.say("remember")
    assert (question.speech, question.open, person.session) == ("Remember what?", True, session)
    said = person.say("the key is under the mat")
    assert said.request["request"]["dialogState"] == "IN_PROGRESS"
    assert said.speech == "You said the key is under the mat."
    assert said.card == {"type": "Simple", "title": "Said", "content": "the key is under the mat"}
    assert (said.open, person.session) == (False, "")
    assert person.say("hi").request["session"]["new"] is True


def test_stop_stops_even_where_something_is_asked(person: AlexaTwin) -> None:
    person.say("remember")
    assert person.say("Stop.").speech == "Goodbye."
    assert person.session == ""


def test_closing_is_answered_with_nothing(person: AlexaTwin) -> None:
    person.launch()
    closed = person.close()
    assert (closed.speech, closed.response) == ("", {"version": "1.0", "response": {}})
    assert person.session == ""


def test_a_voice_that_is_known_is_another_person(credentials: AlexaCredentials, door: AlexaAdapter) -> None:
    users: list[str] = []

    def note(request: Request) -> Reply:
        users.append(request.user)
        return Reply(text="ok")

    for person in ("", "amzn1.ask.person.BOB"):
        AlexaTwin(credentials, "http://x", client=served(door, note), now=lambda: NOW, person=person).say("hi")
    assert users == ["amzn1.ask.account.SIMULATOR", "amzn1.ask.person.BOB"]


def test_refused_credentials_are_reported(others: AlexaCredentials, door: AlexaAdapter) -> None:
    twin = AlexaTwin(others, "http://nexus.test", client=served(door, assistant), now=lambda: NOW)
    with pytest.raises(AnswerRefused, match="HTTP 400"):
        twin.say("hi")


def _said(**speech: str) -> dict[str, Any]:
    return {"outputSpeech": speech}


def _shown(**card: Any) -> dict[str, Any]:
    return {"card": card}


def _told(*types: str) -> dict[str, Any]:
    return {"directives": [{"type": type_} for type_ in types]}


@pytest.mark.parametrize(
    ("type_", "response", "complaint"),
    [
        ("LaunchRequest", [], "version"),
        ("LaunchRequest", _said(type="PlainText", text="x" * 8_001), "8001"),
        ("LaunchRequest", _said(type="PlainText", text=""), "has 0"),
        ("LaunchRequest", _said(type="SSML", ssml="<speak><b></speak>"), "well-formed"),
        ("LaunchRequest", _said(type="PlainText", ssml="x"), "neither"),
        ("LaunchRequest", _shown(type="Fancy"), "card type"),
        ("LaunchRequest", _shown(type="Simple", title="x" * 8_001, content=""), "8001"),
        ("LaunchRequest", _shown(type="Simple", text="x"), "Simple card"),
        ("LaunchRequest", _shown(type="Standard", image={"smallImageUrl": "http://x.example"}), "https"),
        ("LaunchRequest", _told("Dialog.Delegate"), "IntentRequests only"),
        ("IntentRequest", _told("Dialog.ElicitSlot"), "stays open"),
        ("IntentRequest", _told("Dialog.Delegate", "Dialog.ElicitSlot"), "one Dialog"),
        ("SessionEndedRequest", {"shouldEndSession": True}, "empty"),
        ("AudioPlayer.PlaybackStarted", _said(type="PlainText", text="x"), "outputSpeech"),
        (
            "PlaybackController.PlayCommandIssued",
            _told("Alexa.Presentation.APL.RenderDocument"),
            "AudioPlayer directives",
        ),
        ("CanFulfillIntentRequest", {}, "canFulfillIntent"),
        ("LaunchRequest", _shown(type="Simple", title="", content="y" * 24_000), "bytes"),
    ],
)
def test_complaints(type_: str, response: Any, complaint: str) -> None:
    body = json.dumps({"version": "1.0", "response": response}).encode()
    assert any(complaint in one for one in complaints({"request": {"type": type_}}, body))


def test_credentials_are_private_and_can_be_loaded(tmp_path: Path) -> None:
    made = make_credentials(tmp_path / "alexa", NOW, "amzn1.ask.skill.mine")
    loaded = load_credentials(tmp_path / "alexa")
    assert stat.S_IMODE((tmp_path / "alexa" / "key.pem").stat().st_mode) == 0o600
    assert loaded.config() == made.config()
    assert loaded.skill_id == "amzn1.ask.skill.mine"
    assert loaded.key.private_numbers() == made.key.private_numbers()
    with pytest.raises(SettingsInvalid, match="no Alexa simulator credentials"):
        load_credentials(tmp_path)


def test_new_credentials_replace_old_ones(tmp_path: Path) -> None:
    old = make_credentials(tmp_path, NOW)
    new = make_credentials(tmp_path, NOW)
    door = open_door(new, FakeClock(NOW))
    assert AlexaTwin(new, "http://x", client=served(door, assistant), now=lambda: NOW).launch().open
    with pytest.raises(AnswerRefused):
        AlexaTwin(old, "http://x", client=served(door, assistant), now=lambda: NOW).launch()
