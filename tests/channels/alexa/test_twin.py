"""The twin: a whole conversation with the real door, and complaints where Amazon would complain."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from channels.alexa.adapter import AlexaAdapter
from channels.alexa.credentials import AlexaCredentials
from channels.alexa.twin import AlexaTwin, AnswerRefused
from shared.channel import Wire, WireReply
from shared.errors import NexusError
from shared.testing.adapter.values import turn_of
from shared.testing.adapter_contract import NOW
from shared.turn import Card, Elicit, Kind, Media, Reply, Request

MODEL = Path("channels/alexa/interaction_model.en-US.json").resolve()
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


def test_a_whole_id_of_an_account_is_taken_as_it_is(credentials: AlexaCredentials) -> None:
    accounts = [AlexaTwin(credentials, "http://x", user=user).account for user in ("ada", "amzn1.ask.account.ada")]
    assert accounts == ["amzn1.ask.account.ada"] * 2


def test_refused_credentials_are_reported(others: AlexaCredentials, door: AlexaAdapter) -> None:
    twin = AlexaTwin(others, "http://nexus.test", client=served(door, assistant), now=lambda: NOW)
    with pytest.raises(AnswerRefused, match="HTTP 400"):
        twin.say("hi")


PIZZA = {
    "interactionModel": {
        "languageModel": {
            "invocationName": "pizza place",
            "intents": [
                {"name": "AMAZON.FallbackIntent", "samples": []},
                {"name": "AMAZON.YesIntent", "samples": []},
                {
                    "name": "OrderIntent",
                    "samples": ["order a pizza", "order a {size} pizza", "i want {topping} on it"],
                    "slots": [
                        {"name": "size", "type": "SIZE", "samples": ["a {size} one", "{size}"]},
                        {"name": "topping", "type": "AMAZON.Food"},
                    ],
                },
            ],
            "types": [{"name": "SIZE", "values": [{"id": "L", "name": {"value": "large", "synonyms": ["big"]}}]}],
        },
        "dialog": {
            "intents": [
                {
                    "name": "OrderIntent",
                    "confirmationRequired": True,
                    "prompts": {"confirmation": "sure"},
                    "slots": [
                        {"name": "size", "elicitationRequired": True, "prompts": {"elicitation": "ask.size"}},
                        {
                            "name": "topping",
                            "elicitationRequired": True,
                            "confirmationRequired": True,
                            "prompts": {"elicitation": "ask.topping", "confirmation": "right"},
                        },
                    ],
                }
            ]
        },
        "prompts": [
            {"id": "ask.size", "variations": [{"type": "PlainText", "value": "Which size?"}]},
            {"id": "ask.topping", "variations": [{"type": "PlainText", "value": "What on your {size} one?"}]},
            {"id": "right", "variations": [{"type": "PlainText", "value": "{topping}, right?"}]},
            {"id": "sure", "variations": [{"type": "PlainText", "value": "A {size} one with {topping}. Shall I?"}]},
        ],
    }
}
Skill = Callable[[dict[str, Any]], dict[str, Any]]


def with_skill(credentials: AlexaCredentials, skill: Skill, model: Any = None) -> AlexaTwin:
    """Somebody in front of a skill that answers `skill(envelope)`."""

    def handle(request: httpx.Request) -> httpx.Response:
        answer = skill(json.loads(request.content))
        return httpx.Response(200, json={"version": "1.0", **answer}, headers={"content-type": "application/json"})

    client = httpx.Client(transport=httpx.MockTransport(handle))
    return AlexaTwin(credentials, "http://skill.test", client=client, now=lambda: NOW, model=model)


def _speech(text: str) -> dict[str, Any]:
    return {"outputSpeech": {"type": "PlainText", "text": text}}


def test_attributes_come_back_as_they_were_answered_and_end_with_the_session(credentials: AlexaCredentials) -> None:
    def count(envelope: dict[str, Any]) -> dict[str, Any]:
        times = envelope["session"]["attributes"].get("times", 0) + 1
        response = {**_speech(f"{times}"), "shouldEndSession": times == 3}
        return {"response": response, "sessionAttributes": {"times": times}}

    twin = with_skill(credentials, count)
    assert [twin.say("more").text for _ in range(5)] == ["1", "2", "3", "1", "2"]


def test_alexa_leads_a_dialogue_that_is_delegated_to_her(credentials: AlexaCredentials) -> None:
    states: list[str] = []

    def order(envelope: dict[str, Any]) -> dict[str, Any]:
        request = envelope["request"]
        states.append(request["dialogState"])
        if request["dialogState"] != "COMPLETED":
            return {"response": {"directives": [{"type": "Dialog.Delegate"}]}}
        intent = request["intent"]
        said = [slot["value"] for slot in intent["slots"].values()]
        return {"response": {**_speech(f"{intent['confirmationStatus']} {said}"), "shouldEndSession": True}}

    twin = with_skill(credentials, order, PIZZA)
    assert twin.say("Order a pizza!").text == "Which size?"
    asked = twin.say("a big one")
    assert (asked.text, asked.open, asked.reprompt) == ("What on your big one?", True, "What on your big one?")
    size = asked.request["request"]["intent"]["slots"]["size"]
    assert size["resolutions"]["resolutionsPerAuthority"][0]["values"] == [{"value": {"name": "large", "id": "L"}}]
    assert twin.say("olives").text == "olives, right?"
    assert twin.say("no").text == "What on your big one?"
    assert twin.say("ham").text == "ham, right?"
    assert twin.say("yes").text == "A big one with ham. Shall I?"
    assert twin.say("yes").text == "CONFIRMED ['big', 'ham']"
    assert states == ["STARTED", *["IN_PROGRESS"] * 5, "COMPLETED"]
    assert twin.session == ""


def test_a_complete_dialogue_that_is_delegated_comes_back_at_once(credentials: AlexaCredentials) -> None:
    def order(envelope: dict[str, Any]) -> dict[str, Any]:
        if envelope["request"]["dialogState"] == "IN_PROGRESS":
            return {"response": {"directives": [{"type": "Dialog.Delegate"}]}}
        return {"response": _speech(envelope["request"]["dialogState"])}

    twin = with_skill(credentials, order)
    assert twin.intent("OrderIntent", {"size": "big"}, dialog="IN_PROGRESS").text == "COMPLETED"


def test_a_skill_that_always_delegates_goes_in_circles(credentials: AlexaCredentials) -> None:
    chained = {"type": "Dialog.Delegate", "updatedIntent": {"name": "OtherIntent", "slots": {}}}
    twin = with_skill(credentials, lambda _: {"response": {"directives": [chained]}})
    with pytest.raises(AnswerRefused, match="again and again"):
        twin.intent("OrderIntent", dialog="STARTED")


@pytest.mark.parametrize(("word", "status"), [("Yes.", "CONFIRMED"), ("nope", "DENIED")])
@pytest.mark.parametrize("directive", ["Dialog.ConfirmSlot", "Dialog.ConfirmIntent"])
def test_what_is_confirmed(credentials: AlexaCredentials, directive: str, word: str, status: str) -> None:
    def confirm(envelope: dict[str, Any]) -> dict[str, Any]:
        intent = envelope["request"]["intent"]
        found = {intent["confirmationStatus"], intent["slots"]["size"]["confirmationStatus"]}
        if found != {"NONE"}:
            return {"response": _speech(" ".join(sorted(found)))}
        step = {"type": directive, **({"slotToConfirm": "size"} if directive == "Dialog.ConfirmSlot" else {})}
        return {"response": {**_speech("Sure?"), "directives": [step], "shouldEndSession": False}}

    twin = with_skill(credentials, confirm)
    assert twin.intent("OrderIntent", {"size": "big"}).text == "Sure?"
    assert twin.say(word).text == " ".join(sorted(("NONE", status)))


def test_words_mean_what_the_model_says(credentials: AlexaCredentials) -> None:
    twin = with_skill(credentials, lambda envelope: {"response": _speech(envelope["request"]["intent"]["name"])}, PIZZA)
    meant = [twin.say(words).text for words in ("order a big pizza", "yes", "help", "sing a song")]
    assert meant == ["OrderIntent", "AMAZON.YesIntent", "AMAZON.HelpIntent", "AMAZON.FallbackIntent"]


def test_nexus_own_model_resolves_to_free_speech(credentials: AlexaCredentials) -> None:
    twin = with_skill(
        credentials, lambda envelope: {"response": _speech(json.dumps(envelope["request"]["intent"]))}, MODEL
    )
    intent = json.loads(twin.say("where is my key").text)
    assert (intent["name"], intent["slots"]["utterance"]["value"]) == ("CatchAllWhereIsIntent", "my key")


def test_after_silence_alexa_asks_once_more_and_then_closes(person: AlexaTwin) -> None:
    assert person.silence() is None
    person.launch()
    again = person.silence()
    assert again is not None
    assert (again.text, again.open) == ("What can I do?", True)
    closed = person.silence()
    assert closed is not None
    assert closed.request["request"]["reason"] == "EXCEEDED_MAX_REPROMPTS"
    assert (closed.open, person.session) == (False, "")


def test_the_session_stays_while_something_is_on_the_screen(credentials: AlexaCredentials) -> None:
    screen = {"type": "Alexa.Presentation.APL.RenderDocument", "document": {}}
    for directives, session in (([], False), ([screen], True)):
        response = {**_speech("Look."), "directives": directives}
        twin = with_skill(credentials, lambda _, response=response: {"response": response})  # type: ignore[misc]
        heard = twin.say("show me")
        assert (heard.open, bool(twin.session)) == (False, session)


def test_everything_that_is_shown_is_told(credentials: AlexaCredentials) -> None:
    card = {"type": "Standard", "title": "T", "text": "words", "image": {"smallImageUrl": "https://p.example/1.png"}}
    stream = {"url": "https://s.example/1.mp3", "token": "1", "offsetInMilliseconds": 0}
    song = {"type": "AudioPlayer.Play", "playBehavior": "REPLACE_ALL", "audioItem": {"stream": stream}}
    ssml = '<speak><s>One.</s>Two<break time="1s"/><sub alias="three">3</sub> &amp; four</speak>'
    speech = {"outputSpeech": {"type": "SSML", "ssml": ssml}}
    twin = with_skill(credentials, lambda _: {"response": {**speech, "card": card, "directives": [song]}})
    heard = twin.say("hi")
    assert heard.text == "One. Two three & four"
    assert heard.shown == ("T", "words", "https://p.example/1.png", "(plays https://s.example/1.mp3)")


def test_a_speaker_plays_what_a_screen_links_to(credentials: AlexaCredentials, door: AlexaAdapter) -> None:
    bell = Media("https://s.example/bell.mp3", "audio/mpeg", "a bell")
    client = served(door, lambda _: Reply(text="Listen.", media=(bell,)))
    screen = {"Alexa.Presentation.APL": {"runtime": {"maxVersion": "2024.3"}}}
    for interfaces, plays in (({}, ("(plays https://s.example/bell.mp3)",)), (screen, ())):
        person = AlexaTwin(credentials, "http://nexus.test", client=client, now=lambda: NOW, interfaces=interfaces)
        heard = person.say("hi")
        assert heard.text == "Listen."
        assert heard.shown == (*plays, "NEXUS", f"a bell: {bell.url}")
