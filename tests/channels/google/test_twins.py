"""The twins: whole conversations with the real door, and complaints where Google would complain."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from channels.google.adapter import GoogleAdapter
from channels.google.twins.actions import ActionsTwin
from channels.google.twins.credentials import load_key
from channels.google.twins.cx import DialogflowCxTwin
from channels.google.twins.es import DialogflowTwin
from shared.errors import SettingsInvalid
from shared.testing.adapter_contract import NOW
from shared.testing.platforms import Answer, AnswerRefused, Twin
from shared.turn import Card, Choice, Elicit, Kind, Media, Reply, Request
from tests.channels.google.conftest import counting, served, twin_options

TWINS: list[type[Twin]] = [ActionsTwin, DialogflowTwin, DialogflowCxTwin]


def assistant(request: Request) -> Reply:
    """Greets, remembers one note, says good-bye."""
    if request.kind is Kind.OPEN:
        choices = (Choice("Help", "help"),)
        return Reply(text="Hello.", expects_answer=True, reprompt="What can I do?", choices=choices)
    if request.text == "bye now":
        return Reply(text="Goodbye.", end_session=True)
    if request.text == "remember":
        return Reply(text="Remember what?", elicit=Elicit("notes.remember", "note"))
    cards = (Card("Said", request.text, None, "https://links.example/said"),)
    speech = f"You said <emphasis>{request.text}</emphasis>."
    return Reply(text=f"You said {request.text}.", speech=speech, cards=cards, expects_answer=True)


@pytest.fixture
def meet(folder: Path, door: GoogleAdapter) -> Callable[..., Any]:
    """A person in front of a twin of this kind, whose other end is the door."""

    def person(kind: type[Twin], answer: Callable[[Request], Reply] = assistant, **more: Any) -> Any:
        return kind(folder, "http://nexus.test", **twin_options(served(door, answer), **more))

    return person


def test_a_conversation_with_the_assistant(meet: Callable[..., Any]) -> None:
    person: ActionsTwin = meet(ActionsTwin)
    hello = person.start()
    session = person.session
    assert (hello.text, hello.choices, hello.reprompt, hello.open) == ("Hello.", ("Help",), "What can I do?", True)
    silence = person.silence()
    assert silence is not None
    assert person.session == session
    said = person.say("the key is under the mat")
    assert said.text == "You said the key is under the mat."
    assert said.shown == ("Said", "the key is under the mat", "Open", "https://links.example/said")
    assert (person.say("bye now").open, person.session) == (False, "")
    assert person.silence() is None


def test_leaving_ends_the_session_whatever_is_answered(meet: Callable[..., Any]) -> None:
    person: ActionsTwin = meet(ActionsTwin)
    person.start()
    assert person.say("Cancel.").open is False
    assert person.session == ""


def test_the_assistant_remembers_people_for_the_door(meet: Callable[..., Any]) -> None:
    users: list[str] = []

    def note(request: Request) -> Reply:
        users.append(request.user)
        return Reply(text="ok")

    ids = counting()
    for name in ("eve", "eve", "mallory"):
        meet(ActionsTwin, note, user=name, new_id=ids).say("hi")
    meet(ActionsTwin, note, user="eve", new_id=ids).start()
    assert users[0] == users[1] == users[3] != users[2]


def test_a_slot_of_the_scene_is_asked_for_until_it_is_filled(meet: Callable[..., Any]) -> None:
    seen: list[Request] = []

    def ask(request: Request) -> Reply:
        seen.append(request)
        filled = request.text == "Tokyo"
        return Reply(text="Thanks.") if filled else Reply(text="Which city?", elicit=Elicit("clock.time", "place"))

    person: ActionsTwin = meet(ActionsTwin, ask)
    person.slots = {"place": "nowhere"}
    person.say("what time is it")
    assert person.slots == {"place": None}
    person.say("Tokyo")
    assert (seen[1].text, seen[1].intent, person.slots) == ("Tokyo", None, {"place": "Tokyo"})


def test_a_speaker_hears_what_others_see(meet: Callable[..., Any]) -> None:
    person: ActionsTwin = meet(ActionsTwin)
    person.capabilities = ("SPEECH",)
    heard = person.say("hello")
    assert heard.text == "You said hello.\nSaid. hello."
    assert (heard.shown, heard.choices) == ((), ())


def test_a_phone_shows_what_it_does_not_say(meet: Callable[..., Any]) -> None:
    """Links and pictures stand in the bubble only; how a player is set up is shown by nobody."""
    bell = Media("https://media.example/bell.mp3", "audio/mpeg", "a bell")
    card = Card("Said", "words", "https://media.example/said.png", "https://links.example/said")
    person: ActionsTwin = meet(ActionsTwin, lambda _: Reply(text="Hear it.", cards=(card,), media=(bell,)))
    heard = person.say("hello")
    assert heard.text == "Hear it.\nSaid. words."
    assert heard.shown == ("a bell", bell.url, f"Said\nwords\n{card.url}\n{card.image_url}")
    person.capabilities = ("SPEECH",)
    assert person.say("hello").shown == ()


def test_a_phone_shows_words_that_are_said_otherwise(meet: Callable[..., Any]) -> None:
    person: ActionsTwin = meet(ActionsTwin, lambda _: Reply(text="It is 5.", speech="It is <s>five</s>"))
    heard = person.say("hello")
    assert (heard.text, heard.shown) == ("It is five", ("It is 5.",))


@pytest.mark.parametrize("kind", [ActionsTwin, DialogflowCxTwin])
def test_a_picture_is_told_once_by_its_title(kind: type[Twin], meet: Callable[..., Any]) -> None:
    card = Card("Tokyo", "A city.", "https://media.example/tokyo.png")
    shown = meet(kind, lambda _: Reply(text="Look.", cards=(card,))).say("hello").shown
    assert sorted(shown) == ["A city.", "Tokyo", "https://media.example/tokyo.png"]
    map_ = Media("https://media.example/map.png", "image/png", "a map")
    assert set(meet(kind, lambda _: Reply(text="Look.", media=(map_,))).say("hello").shown) == {"a map", map_.url}


def test_two_cards_of_one_title_are_two(meet: Callable[..., Any]) -> None:
    cards = (Card("Said", "one"), Card("Said", "two"))
    shown = meet(DialogflowCxTwin, lambda _: Reply(text="Look.", cards=cards)).say("hello").shown
    assert shown == ("Said", "one", "Said", "two")


def test_a_conversation_with_dialogflow(meet: Callable[..., Any]) -> None:
    person: DialogflowTwin = meet(DialogflowTwin)
    hello = person.start()
    assert (hello.text, hello.choices, hello.reprompt) == ("Hello.", ("Help",), "What can I do?")
    question = person.say("remember")
    assert (question.text, person.contexts["nexus-asks"][1]["slot"]) == ("Remember what?", "note")
    said = person.say("the key is under the mat")
    assert said.text == "You said the key is under the mat."
    assert set(said.shown) == {"Said", "the key is under the mat", "https://links.example/said"}
    assert person.contexts == {}


def test_contexts_live_as_long_as_they_were_given(meet: Callable[..., Any]) -> None:
    turns = iter([{"name": "order", "lifespanCount": 2}, None, None, None])
    active: list[list[str]] = []

    def keep(_request: Request) -> Reply:
        context = next(turns)
        return Reply(text="ok", native={"google": {"contexts": [context]}} if context else {})

    person: DialogflowTwin = meet(DialogflowTwin, keep)
    for _ in range(4):
        active.append(sorted(person.contexts))
        person.say("go on")
    assert active == [[], ["order"], ["order"], []]


def test_an_event_that_is_triggered_comes_in(meet: Callable[..., Any]) -> None:
    seen: list[tuple[str, Kind]] = []

    def trigger(request: Request) -> Reply:
        seen.append((request.event, request.kind))
        again = request.event != "REMIND_NOW"
        event = {"followupEvent": {"name": "REMIND_NOW", "parameters": {"note": "milk"}}}
        return Reply(text="" if again else "Milk!", native={"google": event} if again else {})

    assert meet(DialogflowTwin, trigger).say("remind me").text == "Milk!"
    assert seen == [("Default Fallback Intent", Kind.UTTERANCE), ("REMIND_NOW", Kind.UTTERANCE)]


def test_integrations_are_shown_their_own_messages(meet: Callable[..., Any]) -> None:
    person: DialogflowTwin = meet(DialogflowTwin)
    person.source, person.payload = "facebook", {"data": {"sender": {"id": "7"}}}
    heard = person.say("hello")
    assert heard.shown == ("Said", "hello", "https://links.example/said")
    assert all(message["platform"] == "FACEBOOK" for message in heard.answer["fulfillmentMessages"])


def test_a_conversation_with_cx(meet: Callable[..., Any]) -> None:
    person: DialogflowCxTwin = meet(DialogflowCxTwin)
    session = person.session
    hello = person.start()
    assert (hello.text, hello.choices, hello.reprompt, hello.open) == ("Hello.", ("Help",), "What can I do?", True)
    assert person.say("remember").text == "Remember what?"
    assert person.parameters == {"nexus_intent": "notes.remember", "nexus_slot": "note"}
    said = person.say("the key")
    assert (said.text, said.shown) == ("You said the key.", ("Said", "the key", "https://links.example/said"))
    assert person.parameters == {}
    assert (person.session, person.say("bye now").open) == (session, False)
    assert person.session != session


def test_a_telephone_call(meet: Callable[..., Any]) -> None:
    users: list[str] = []

    def note(request: Request) -> Reply:
        users.append(request.user)
        return assistant(request)

    person: DialogflowCxTwin = meet(DialogflowCxTwin, note)
    person.caller = "+12025550123"
    heard = person.say("hello")
    assert (heard.text, heard.shown) == ("You said hello. Said. hello.", ())
    assert person.press("12").text == "You said 12. Said. 12."
    assert users == ["tel:+12025550123"] * 2


def test_a_form_asks_for_keys_again(meet: Callable[..., Any]) -> None:
    """Keys that were pressed for a form's parameter and are not good: the parameter is empty again, so the page gathers anew."""
    wrong = Reply(text="That was no PIN.", native={"google": {"slots": {"pin": {"invalid": True}}}})
    person: DialogflowCxTwin = meet(DialogflowCxTwin, lambda _: wrong)
    person.caller, person.form = "+12025550123", {"pin": "12"}
    assert person.press("12").text == "That was no PIN."
    assert person.form == {"pin": None}


def test_a_form_asks_again(meet: Callable[..., Any]) -> None:
    person: DialogflowCxTwin = meet(DialogflowCxTwin, lambda _: Reply(text="?", elicit=Elicit("clock.time", "place")))
    person.form = {"place": None}
    person.say("Tokyo")
    assert person.form == {"place": None}
    person.say("Paris")
    assert person.answered is not None


def test_every_call_of_one_turn_is_answered_by_itself(meet: Callable[..., Any]) -> None:
    """Dialogflow CX calls the webhook several times within one DetectIntent, all with its id."""
    ids: list[str] = []

    def note(request: Request) -> Reply:
        ids.append(request.message_id)
        return Reply(text="Noted.", expects_answer=True)

    person: DialogflowCxTwin = meet(DialogflowCxTwin, note)
    calls = person.calls("buy milk", "notes")
    for call in (*calls, *calls):
        assert person.exchange(call).text == "Noted."
    assert len(set(ids)) == len(calls)
    assert ids[: len(calls)] == ids[len(calls) :]


@pytest.mark.parametrize("kind", TWINS)
def test_a_retry_is_the_same_message(kind: type[Twin], meet: Callable[..., Any]) -> None:
    ids: list[tuple[str, str]] = []

    def note(request: Request) -> Reply:
        ids.append((request.message_id, request.text))
        return Reply(text="ok")

    person = meet(kind, note)
    person.say("one")
    person.again()
    person.say("two")
    assert ids[0] == ids[1]
    assert ids[2][0] != ids[0][0]


@pytest.mark.parametrize("kind", TWINS)
def test_a_door_with_other_credentials_is_reported(
    kind: type[Twin], folder: Path, door: GoogleAdapter, tmp_path: Path
) -> None:
    kind.make(tmp_path, NOW + 1)
    person = kind(tmp_path, "http://nexus.test", **twin_options(served(door, assistant)))
    with pytest.raises(AnswerRefused, match=r"HTTP 40[13]"):
        person.say("hi")


@pytest.mark.parametrize("kind", TWINS)
def test_credentials_are_private_and_named_where_they_are_missing(kind: type[Twin], tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "empty").mkdir()
    kind.make(tmp_path / "made", NOW)
    secrets = [path for path in (tmp_path / "made").iterdir() if path.name in ("key.pem", "token", "basic")]
    assert secrets
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in secrets)
    assert kind.config(tmp_path / "made") == kind.config(tmp_path / "made")
    with pytest.raises(SettingsInvalid, match="no Google simulator credentials"):
        kind.config(tmp_path / "empty")
    with pytest.raises(SettingsInvalid, match="no Google simulator credentials"):
        load_key(tmp_path / "empty")


@pytest.mark.parametrize("kind", TWINS)
def test_no_two_doors_share_a_secret(kind: type[Twin], tmp_path: Path) -> None:
    configs = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        kind.make(tmp_path / name, NOW)
        configs.append([(path.name, path.read_bytes()) for path in sorted((tmp_path / name).glob("[kbt]*"))])
    assert configs[0] != configs[1]


@pytest.mark.parametrize("kind", TWINS)
def test_what_no_form_takes(kind: type[Twin], meet: Callable[..., Any]) -> None:
    person = meet(kind)
    sent = person.request("hi")
    good = {"content-type": "application/json"}
    for answer, says in (
        (Answer(500, good, b"{}"), "HTTP 500"),
        (Answer(200, {"content-type": "text/html"}, b"{}"), "text/html"),
        (Answer(200, good, b"{"), "not JSON"),
        (Answer(200, good, b"[]"), "no JSON object"),
        (Answer(200, good, b'"' + b"x" * 65_536 + b'"'), "65538 bytes"),
    ):
        assert any(says in one for one in person.complaints(sent, answer))
    assert person.complaints(sent, Answer(200, good, b"{}")) == []


def test_silence_of_others_is_nothing(meet: Callable[..., Any]) -> None:
    assert meet(DialogflowTwin).silence() is None


def test_twins_speak_http(folder: Path) -> None:
    """Another app has another address."""
    urls = [kind(folder, "http://nexus.test/", "shop", client=httpx.Client()).url for kind in TWINS]
    assert set(urls) == {"http://nexus.test/apps/shop/channels/google"}
