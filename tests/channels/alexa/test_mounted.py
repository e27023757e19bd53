"""Three skills behind the door answer as they do on AWS Lambda; what is not theirs, NEXUS answers."""

import asyncio
import importlib
import json
from typing import Any

import pytest

from channels.alexa.adapter import AlexaAdapter
from channels.alexa.credentials import AlexaCredentials
from channels.alexa.render import EMPTY
from channels.alexa.twin import AlexaHeard, AlexaTwin
from shared.effects import Keep
from shared.errors import StoreUnavailable
from shared.testing.adapter.values import turn_of
from shared.testing.fakes import FakeClock
from shared.testing.platforms import Sent
from shared.turn import Card, Reply
from tests.channels.alexa.behind import (
    JUKEBOX,
    LUNCHBOX,
    NEXUS_SAID,
    STARGAZER,
    Behind,
    Documents,
    asked_of,
    model_of,
    wire,
)
from tests.channels.alexa.conftest import SAMPLES

DOCUMENT = "alexa:amzn1.ask.skill.5e1f0000-0000-4000-8000-00000000c0de"
LAUNCH = {"type": "LaunchRequest"}


@pytest.fixture
def stargazer(credentials: AlexaCredentials, clock: FakeClock) -> Behind:
    return Behind(credentials, STARGAZER, clock)


@pytest.fixture
def lunchbox(credentials: AlexaCredentials, clock: FakeClock) -> Behind:
    return Behind(credentials, LUNCHBOX, clock)


@pytest.fixture
def jukebox(credentials: AlexaCredentials, clock: FakeClock) -> Behind:
    return Behind(credentials, JUKEBOX, clock)


def same(module: str, handler: str, *heard: AlexaHeard) -> None:
    """Each answer is what the skill's own lambda_handler gives for the same envelope."""
    lambda_handler = getattr(importlib.import_module(module), handler)
    for one in heard:
        assert one.response == asked_of(lambda_handler, one)


# -- one skill after the other -------------------------------------------------------------------------------------


def test_a_skill_with_decorators(stargazer: Behind) -> None:
    person = stargazer.person(model=model_of("stargazer"))
    hello = person.launch()
    fact = person.say("tell me about Mars")
    assert (hello.speech, hello.open) == ("Welcome to the stars. Which planet?", True)
    assert fact.speech.startswith("The highest mountain we know stands on Mars.")
    assert fact.shown == ("Mars", "The highest mountain we know stands on Mars.", "https://pictures.example/mars.png")
    helped = person.say("help")
    assert helped.reprompt.startswith("Ask me about a planet")
    stopped = person.say("stop")
    assert (stopped.speech, person.session) == ("Clear skies.", "")
    same("stargazer", "lambda_handler", hello, fact, helped, stopped)


def test_what_the_skill_does_not_take_is_answered_by_nexus(stargazer: Behind) -> None:
    person = stargazer.person(model=model_of("stargazer"))
    person.launch()
    assert person.say("what time is it in Tokyo").speech == NEXUS_SAID
    assert person.say("tell me about Venus").speech == "Venus turns the other way round. Lovely."
    assert [reply is None for reply in stargazer.replies] == [False, True, False]


def test_an_answer_of_nexus_in_the_middle_leaves_the_session_to_the_skill(
    stargazer: Behind, door: AlexaAdapter
) -> None:
    """At its start, and after a good-bye, it ends as ever; without a mounted skill it always does."""
    twin = stargazer.person()
    first = twin.request("what time is it")
    later = twin.request("what time is it")  # of the session that the first has opened

    def ends(at: AlexaAdapter, sent: Sent, **more: Any) -> bool:
        request = at.parse(asyncio.run(at.verify(wire(sent.headers, sent.body))))
        body = at.render(request, turn_of(request, Reply(text="Noon.", **more))).body
        return bool(json.loads(body)["response"]["shouldEndSession"])

    assert ends(stargazer.door, first)
    assert not ends(stargazer.door, later)
    assert ends(stargazer.door, later, end_session=True)
    assert ends(door, later)


def test_a_dialogue_that_alexa_leads(lunchbox: Behind) -> None:
    person = lunchbox.person(model=model_of("lunchbox"))
    heard = [person.launch(), person.say("order lunch")]
    assert heard[-1].speech == "Which dish?"
    heard.append(person.say("the soup"))
    assert heard[-1].speech == "For which day?"
    heard.append(person.say("Monday"))
    assert heard[-1].speech == "soup on monday, is that right?"
    heard.append(person.say("yes"))
    assert heard[-1].speech == "Order 1 is soup."
    heard.append(person.say("order salad for Tuesday"))
    heard.append(person.say("no"))
    assert heard[-1].speech == "Nothing ordered."
    assert person.attributes["orders"] == [{"dish": "soup", "day": "monday"}]
    same("lambda_function", "handler", *heard)


def test_a_dialogue_that_the_skill_leads(lunchbox: Behind) -> None:
    person = lunchbox.person(model=model_of("lunchbox"))
    heard = [person.say(text) for text in ("pour a drink", "large", "yes", "yes")]
    assert [one.speech for one in heard] == ["Small or large?", "large, right?", "Shall I pour it?", "Poured."]
    directives = [one.response["response"].get("directives", [{}])[0].get("type") for one in heard]
    assert directives == ["Dialog.ElicitSlot", "Dialog.ConfirmSlot", "Dialog.ConfirmIntent", None]
    same("lambda_function", "handler", *heard)


def test_exception_handlers_answer_for_exceptions_of_the_skill(lunchbox: Behind) -> None:
    person = lunchbox.person(model=model_of("lunchbox"))
    closed, trouble = person.say("order soup for Sunday"), person.say("make toast")
    assert closed.speech == "The kitchen is closed on that day."
    assert trouble.speech == "The lunchbox had a hiccup. Please say it again."
    same("lambda_function", "handler", closed, trouble)


def test_an_apology_is_no_answer_to_what_is_not_the_skills(lunchbox: Behind) -> None:
    """`Trouble` takes every exception, and so that of a request without handler; NEXUS is asked all the same."""
    person = lunchbox.person(model=model_of("lunchbox"))
    assert person.say("repeat").speech == NEXUS_SAID  # its handler takes it only once something was said
    assert person.say("help").speech == NEXUS_SAID


def test_alone_the_skill_answers_everything_its_own_way(credentials: AlexaCredentials, clock: FakeClock) -> None:
    alone = Behind(credentials, LUNCHBOX | {"mode": "alone"}, clock)
    helped = alone.person(model=model_of("lunchbox")).say("help")
    assert helped.speech == "The lunchbox had a hiccup. Please say it again."
    same("lambda_function", "handler", helped)


def test_session_attributes_outlive_an_answer_of_nexus(lunchbox: Behind) -> None:
    person = lunchbox.person(model=model_of("lunchbox"))
    first = person.launch()
    before = dict(person.attributes)
    assert before == {"answers": 1, "said": "Lunchbox here. What would you like?"}
    between = person.say("what time is it in Tokyo")
    assert between.speech == NEXUS_SAID
    assert person.attributes == before
    again = person.say("repeat")
    assert again.speech == first.speech
    same("lambda_function", "handler", first, again)


class Away(Documents):
    """Documents of a store that cannot be reached."""

    async def get(self, name: str) -> dict[str, Any] | None:
        raise StoreUnavailable("the store is away")


def test_session_attributes_outlive_a_turn_that_failed_or_never_was(
    credentials: AlexaCredentials, clock: FakeClock
) -> None:
    behind = Behind(credentials, LUNCHBOX | {"persistence": "nexus"}, clock)
    person = behind.person(model=model_of("lunchbox"))
    person.launch()
    before = dict(person.attributes)
    behind.documents = Away()
    assert person.say("repeat").speech == "It failed."
    assert person.attributes == before
    request = behind.entered(person.request("repeat"))
    apology = behind.door.render_error(StoreUnavailable("x"), request)
    assert json.loads(apology.body)["sessionAttributes"] == before


def test_a_skill_with_persistent_attributes_and_players(jukebox: Behind) -> None:
    songs = importlib.import_module("jukebox.skill")
    songs.shelf.kept.clear()
    person = jukebox.person(model=model_of("jukebox"))
    heard = [person.launch(), person.say("play noon"), person.say("put on night"), person.launch()]
    assert [one.speech for one in heard] == [
        "Hello Robin, 0 songs so far.",
        "Playing noon.",
        "Playing night.",
        "Hello Robin, 2 songs so far.",
    ]
    assert heard[1].shown == ("(plays https://songs.example/noon.mp3)",)
    assert heard[0].response["response"]["directives"][0]["type"] == "Alexa.Presentation.APL.RenderDocument"
    assert jukebox.documents.kept == {DOCUMENT: {"plays": 2, "last": "night"}}
    token = heard[0].request["context"]["System"]["apiAccessToken"]
    assert set(songs.registry.tokens) == {f"Bearer {token}"}
    shelved = songs.shelved.lambda_handler()
    for one in heard:
        assert one.response == asked_of(shelved, one)


@pytest.mark.parametrize(
    "request_",
    [
        {"type": "AudioPlayer.PlaybackNearlyFinished", "token": "noon", "offsetInMilliseconds": 1},
        {"type": "PlaybackController.PauseCommandIssued"},
        {
            "type": "CanFulfillIntentRequest",
            "intent": {"name": "PlayIntent", "slots": {"song": {"name": "song", "value": "noon"}}},
        },
    ],
)
def test_what_is_no_talk_reaches_the_skill(jukebox: Behind, request_: dict[str, Any]) -> None:
    heard = jukebox.person().send(request_, in_session=False)
    assert jukebox.replies != [None]
    assert heard.response["response"]
    same("jukebox.skill", "lambda_handler", heard)


def test_a_touch_on_the_screen(jukebox: Behind) -> None:
    touch = {"type": "Alexa.Presentation.APL.UserEvent", "token": "last", "arguments": ["night"], "source": {}}
    heard = jukebox.person().send(touch)
    assert heard.speech == "You touched night."
    same("jukebox.skill", "lambda_handler", heard)


def test_the_end_of_a_session_reaches_the_skill_and_is_answered_with_nothing(jukebox: Behind) -> None:
    person = jukebox.person()
    person.launch()
    closed = person.close("USER_INITIATED")
    assert closed.response == json.loads(EMPTY)
    assert jukebox.documents.kept == {DOCUMENT: {"ended": "USER_INITIATED"}}


def test_the_end_of_a_session_without_handler_is_nexus_own(lunchbox: Behind, stargazer: Behind) -> None:
    for behind in (lunchbox, stargazer):
        person = behind.person()
        person.launch()
        assert person.close().response == json.loads(EMPTY)


# -- what the record holds -----------------------------------------------------------------------------------------


def test_the_record_holds_the_words_and_what_was_shown(stargazer: Behind) -> None:
    person = stargazer.person(model=model_of("stargazer"))
    person.say("tell me about Mars")
    person.say("help")
    told, helped = (reply for reply in stargazer.replies if reply is not None)
    assert told.text == "The highest mountain we know stands on Mars. Lovely."
    assert told.cards == (
        Card("Mars", "The highest mountain we know stands on Mars.", "https://pictures.example/mars.png"),
    )
    assert (told.end_session, told.expects_answer, told.reprompt) == (False, False, None)
    assert (helped.expects_answer, helped.reprompt) == (True, "Ask me about a planet, for example: tell me about Mars.")


def test_asked_twice_the_skill_keeps_the_same_once(jukebox: Behind) -> None:
    """The engine may ask again before it records: persistent attributes change with the record, not with the asking."""
    jukebox.documents.kept[DOCUMENT] = {"plays": 4}
    person = jukebox.person()
    slots = {"song": {"name": "song", "value": "noon", "confirmationStatus": "NONE"}}
    envelope = person.envelope({"type": "IntentRequest", "intent": {"name": "PlayIntent", "slots": slots}})
    first, second = jukebox.answered(envelope), jukebox.answered(envelope)
    assert first == second
    assert first is not None
    assert first.effects == (Keep(DOCUMENT, {"plays": 5, "last": "noon"}),)
    assert jukebox.documents.kept == {DOCUMENT: {"plays": 4}}


def test_deleted_attributes_are_removed_and_unchanged_ones_left_alone(jukebox: Behind) -> None:
    jukebox.documents.kept[DOCUMENT] = {"plays": 4}
    person = jukebox.person(model=model_of("jukebox"))
    person.launch()
    assert jukebox.replies[-1] is not None
    assert jukebox.replies[-1].effects == ()
    person.say("forget my songs")
    assert jukebox.documents.kept == {DOCUMENT: None}
    assert person.launch().speech == "Hello Robin, 0 songs so far."


def test_a_skills_own_adapter_stays(
    credentials: AlexaCredentials, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    behind = Behind(credentials, JUKEBOX | {"skill": "jukebox.skill:shelved"}, clock)
    shelf = importlib.import_module("jukebox.skill").shelf
    shelf.kept.clear()
    person = behind.person(model=model_of("jukebox"))
    person.say("play noon")
    assert shelf.kept == {person.account: {"plays": 1, "last": "noon"}}
    assert behind.documents.kept == {}
    assert "persistence=nexus not used" in caplog.text


# -- any request ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("config", [STARGAZER, LUNCHBOX, JUKEBOX], ids=["stargazer", "lunchbox", "jukebox"])
@pytest.mark.parametrize("sample", sorted(path.name for path in SAMPLES.glob("*.json")))
def test_every_request_is_the_skills_or_nexus(
    credentials: AlexaCredentials, clock: FakeClock, config: dict[str, str], sample: str
) -> None:
    """A request of any type is answered, in a form that Amazon takes, and by the skill where Lambda would."""
    behind = Behind(credentials, config, clock)
    person = behind.person()
    envelope = _addressed(json.loads((SAMPLES / sample).read_bytes()), person)
    sent = person.sign(envelope)
    answer = person.post(sent)
    assert person.complaints(sent, answer) == []
    assert len(behind.replies) == 1
    if behind.replies[0] is None:
        return
    assert behind.replies[0].native["alexa"]["envelope"]["response"] is not None
    assert answer.body == EMPTY or json.loads(answer.body) == behind.replies[0].native["alexa"]["envelope"]


def _addressed(envelope: dict[str, Any], person: AlexaTwin) -> dict[str, Any]:
    """A sample as it would come to this skill, now."""
    fresh = person.envelope(LAUNCH)
    envelope["request"]["timestamp"] = fresh["request"]["timestamp"]
    for part in (envelope.get("session"), envelope.get("context", {}).get("System")):
        if part is not None:
            part["application"] = fresh["context"]["System"]["application"]
    return envelope


def test_what_ask_sdk_cannot_read_is_not_the_skills(stargazer: Behind) -> None:
    person = stargazer.person()
    envelope = person.envelope({"type": "Alexa.Future.Thing"})
    assert stargazer.answered(envelope) is None
    epoch = person.envelope(LAUNCH)
    epoch["request"]["timestamp"] = int(person.now() * 1000)
    assert stargazer.answered(epoch) is None


def test_alone_what_ask_sdk_cannot_read_fails_the_turn(credentials: AlexaCredentials, clock: FakeClock) -> None:
    alone = Behind(credentials, STARGAZER | {"mode": "alone"}, clock)
    with pytest.raises(Exception, match="resolve object by discriminator"):
        alone.answered(alone.person().envelope({"type": "Alexa.Future.Thing"}))


def test_half_a_character_does_not_break_the_answer(stargazer: Behind) -> None:
    person = stargazer.person(model=model_of("stargazer"))
    slots = {"planet": {"name": "planet", "value": "MARK", "confirmationStatus": "NONE"}}
    sent = person.sign(person.envelope({"type": "IntentRequest", "intent": {"name": "PlanetIntent", "slots": slots}}))
    body = sent.body.replace(b"MARK", rb"\ud83d pluto")
    answer = person.post(type(sent)(sent.url, person.headers(body), body, sent.message_id))
    assert "I know nothing about" in json.loads(answer.body)["response"]["outputSpeech"]["ssml"]
