"""One dialogue, led by Alexa and by text message: the same end, and the same is done."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from channels.alexa.adapter import AlexaAdapter
from channels.alexa.credentials import AlexaCredentials
from channels.alexa.twin import AlexaTwin
from channels.sms.adapter import SmsAdapter
from channels.sms.twins.twilio import TwilioTwin
from core.decide import Decider
from core.engine import Engine
from shared.channel import ChannelAdapter, Wire
from shared.ports import TurnRecord
from shared.testing.adapter_contract import NOW
from shared.testing.fakes import FakeClock, FakeIds, FakeSessionStore, FakeTurnStore, door_ports
from shared.turn import PlatformIntent
from tests.core.dialogue.toys import Table, book

BASE = "http://127.0.0.1:8080"


def prompt(name: str, *wordings: str) -> dict[str, Any]:
    return {"id": name, "variations": [{"type": "PlainText", "value": words} for words in wordings]}


MODEL = {
    "interactionModel": {
        "languageModel": {
            "invocationName": "lunch bar",
            "intents": [
                {"name": "AMAZON.YesIntent", "samples": []},
                {"name": "AMAZON.NoIntent", "samples": []},
                {
                    "name": "CatchAllIntent",
                    "slots": [{"name": "utterance", "type": "AMAZON.SearchQuery"}],
                    "samples": [],
                },
                {
                    "name": "LunchOrderIntent",
                    "samples": ["order lunch", "order a {size} pizza", "order {count} {size} pizzas"],
                    "slots": [
                        {"name": "size", "type": "SIZE"},
                        {"name": "count", "type": "AMAZON.NUMBER"},
                        {"name": "topping", "type": "AMAZON.Food"},
                    ],
                },
                {
                    "name": "LunchHoursIntent",
                    "samples": ["are you open on {day}"],
                    "slots": [{"name": "day", "type": "AMAZON.DayOfWeek"}],
                },
            ],
            "types": [
                {
                    "name": "SIZE",
                    "values": [
                        {"id": size, "name": {"value": size, "synonyms": synonyms}}
                        for size, synonyms in (("small", []), ("medium", []), ("large", ["big", "huge"]))
                    ],
                }
            ],
        },
        "dialog": {
            "intents": [
                {
                    "name": "LunchOrderIntent",
                    "confirmationRequired": True,
                    "prompts": {"confirmation": "sure"},
                    "slots": [
                        {"name": "size", "elicitationRequired": True, "prompts": {"elicitation": "size"}},
                        {"name": "count", "elicitationRequired": True, "prompts": {"elicitation": "count"}},
                    ],
                }
            ]
        },
        "prompts": [
            prompt("size", "Which size?"),
            prompt("count", "How many?"),
            prompt("sure", "{count} {size} pizzas. Shall I order?"),
        ],
    }
}
MEANINGS = {
    "order lunch": "lunch.order",
    "order a big pizza": "lunch.order",
    "are you open on friday": "lunch.hours",
    "no, make it 5": "assistant.correct",
    "yes": "assistant.yes",
    "no": "assistant.no",
    "go back": "assistant.go_back",
}
SCRIPTS = {
    "slot by slot": ["order lunch", "large", "3", "yes"],
    "one said at once, and a no": ["order a big pizza", "2", "no"],
    "an answer that is none": ["order lunch", "purple", "small", "2", "yes"],
    "a digression": ["order lunch", "are you open on friday", "large", "3", "yes"],
    "a correction": ["order lunch", "huge", "3", "no, make it 5", "yes"],
    "a step back": ["order lunch", "small", "go back", "large", "4", "yes"],
}


class Place:
    """An engine behind a door."""

    def __init__(self, door: ChannelAdapter, clock: FakeClock) -> None:
        self.door, self.clock, self.turns = door, clock, FakeTurnStore()
        decider = Decider(self.turns, Table(MEANINGS), book(), clock, FakeIds(), "UTC")
        self.engine = Engine(self.turns, FakeSessionStore(), decider, clock, FakeIds())

    def client(self) -> httpx.Client:
        """A client whose server is the door."""
        return httpx.Client(transport=httpx.MockTransport(lambda request: asyncio.run(self._answer(request))))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        headers = tuple((name.lower(), value) for name, value in request.headers.raw)
        wire = Wire(request.method, request.url.raw_path.decode(), headers, request.read())
        asked = self.door.parse(await self.door.verify(wire))
        reply = self.door.render(asked, await self.engine.run(asked))
        found = [(name.decode(), value.decode()) for name, value in reply.headers]
        return httpx.Response(reply.status, headers=found, content=reply.body)

    @property
    def last(self) -> TurnRecord:
        """What was recorded last."""
        return self.turns.records[-1]

    def done(self) -> list[Any]:
        """All that was done."""
        return [one for record in self.turns.records for one in record.keep]


@pytest.fixture
def alexa(credentials: AlexaCredentials, door: AlexaAdapter) -> Iterator[tuple[AlexaTwin, Place]]:
    place = Place(door, FakeClock(NOW))
    with place.client() as client:
        yield AlexaTwin(credentials, BASE, client=client, now=lambda: NOW, model=MODEL), place


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[tuple[TwilioTwin, Place]]:
    TwilioTwin.make(tmp_path, NOW)
    clock = FakeClock(NOW)
    settings = TwilioTwin.config(tmp_path) | {"development_origins": BASE}
    place = Place(SmsAdapter.open("default", settings, door_ports(clock)).at("twilio"), clock)
    with place.client() as client:
        yield TwilioTwin(tmp_path, BASE, client=client), place


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_same_end_on_both(script: str, alexa: tuple[AlexaTwin, Place], phone: tuple[TwilioTwin, Place]) -> None:
    (speaker, at_home), (writer, on_the_way) = alexa, phone
    for said in SCRIPTS[script]:
        speaker.say(said)
        writer.say(said)
    assert at_home.done() == on_the_way.done()
    assert at_home.last.session.dialogue == on_the_way.last.session.dialogue
    assert bool(at_home.done()) == ("yes" in SCRIPTS[script])


def _steps(heard: list[Any]) -> list[str]:
    return [one["type"] for answer in heard for one in answer.response["response"].get("directives", [])]


def test_alexa_leads_where_she_has_the_same_questions(alexa: tuple[AlexaTwin, Place]) -> None:
    twin, place = alexa
    heard = [twin.say(said) for said in ("order lunch", "large", "3", "yes")]
    assert _steps(heard) == ["Dialog.Delegate"] * 3
    assert [one.text for one in heard[:3]] == ["Which size?", "How many?", "3 large pizzas. Shall I order?"]
    assert heard[3].text == "Ordered."
    assert place.last.request.intent == PlatformIntent("LunchOrderIntent", place.last.request.intent.slots, True)  # type: ignore[union-attr]


def test_nexus_asks_itself_where_something_else_has_to_be_said(alexa: tuple[AlexaTwin, Place]) -> None:
    twin, _ = alexa
    heard = [twin.say(said) for said in ("order lunch", "purple", "small", "2", "no, make it 5", "yes")]
    assert _steps(heard) == ["Dialog.Delegate", "Dialog.ElicitSlot", *["Dialog.Delegate"] * 2, "Dialog.ElicitSlot"]
    assert heard[1].text.endswith("Small, medium or large?")
    assert heard[4].text == "5 small pizzas. Shall I order?"


def test_a_no_to_alexa_does_nothing(alexa: tuple[AlexaTwin, Place]) -> None:
    twin, place = alexa
    for said in ("order lunch", "small", "2", "no"):
        twin.say(said)
    assert place.done() == []
    assert place.last.session.dialogue is None
