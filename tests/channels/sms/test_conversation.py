"""A conversation by text with the real engine behind the door: consent, open questions, retries."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from channels.sms.adapter import SmsAdapter
from channels.sms.twins.twilio import TwilioTwin
from core.decide import Decider
from core.engine import Engine
from core.skillbook import LoadedSkill, SkillBook
from shared.channel import ChannelAdapter, Wire
from shared.manifest import IntentSpec, SkillManifest
from shared.skill import Skill, TurnContext
from shared.testing.fakes import FakeClock, FakeIds, FakeModel, FakeSessionStore, FakeTurnStore, door_ports
from shared.turn import Elicit, Reply

BASE = "http://127.0.0.1:8080"
SILENCE = b"<Response/>"


class Pizza(Skill):
    """Asks what to do with an order."""

    async def handle(self, turn: TurnContext) -> Reply:
        answer = turn.slot("answer")
        if answer is None:
            return Reply(text="Cancel it, or end it?", expects_answer=True, elicit=Elicit("pizza.order", "answer"))
        return Reply(text=f"You chose {answer.text}")


class House:
    """The door at Twilio, an engine, and what both stand on."""

    def __init__(self, folder: Path, **config: str) -> None:
        self.clock, self.turns = FakeClock(), FakeTurnStore()
        manifest = SkillManifest("pizza", "Pizza", "Orders.", "skill:Pizza", {"pizza.order": IntentSpec("…")})
        book = SkillBook([LoadedSkill(manifest, Pizza(), {})])
        decider = Decider(self.turns, FakeModel({"order": "pizza.order"}), book, self.clock, FakeIds(), "UTC")
        self.engine = Engine(self.turns, FakeSessionStore(), decider, self.clock, FakeIds())
        settings = TwilioTwin.config(folder) | {"development_origins": BASE} | config
        self.door: ChannelAdapter = SmsAdapter.open("default", settings, door_ports(self.clock)).at("twilio")

    def answer(self, request: httpx.Request) -> httpx.Response:
        """As the front does."""
        headers = tuple((name.lower(), value) for name, value in request.headers.raw)
        wire = Wire(request.method, request.url.raw_path.decode(), headers, request.read())
        return asyncio.run(self._answer(wire))

    async def _answer(self, wire: Wire) -> httpx.Response:
        asked = self.door.parse(await self.door.verify(wire))
        self.clock.move(1.0)
        reply = self.door.render(asked, await self.engine.run(asked))
        found = [(name.decode(), value.decode()) for name, value in reply.headers]
        return httpx.Response(reply.status, headers=found, content=reply.body)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an account."""
    TwilioTwin.make(tmp_path, 0.0)
    return tmp_path


@pytest.fixture
def twin(folder: Path) -> Iterator[TwilioTwin]:
    """Somebody who texts where Twilio answers keywords."""
    with httpx.Client(transport=httpx.MockTransport(House(folder).answer)) as client:
        yield TwilioTwin(folder, BASE, client=client)


def silent(twin: TwilioTwin, text: str) -> bool:
    """Whether nothing is sent when somebody says `text`."""
    return twin.post(twin.request(text)).body.endswith(SILENCE)


def test_who_says_stop_hears_nothing_until_start(twin: TwilioTwin) -> None:
    assert twin.say("order").text.startswith("Cancel it")
    assert silent(twin, "STOP")  # Twilio says it
    assert silent(twin, "order")
    assert silent(twin, "cancel")
    assert silent(twin, "START")  # Twilio says this too
    assert not silent(twin, "order")


def test_hidden_and_longer_forms(twin: TwilioTwin) -> None:
    assert not silent(twin, "STOP PLEASE")
    assert not silent(twin, "order")
    assert not silent(twin, "s\u200bT\u2060op"), "Twilio is not known to see a STOP here, so NEXUS confirms it"
    assert silent(twin, "order")


@pytest.mark.parametrize("word", ["END", "Cancel", "yes"])
def test_words_that_answer_an_open_question_do_so(twin: TwilioTwin, word: str) -> None:
    twin.say("order")
    assert twin.say(word).text == f"You chose {word}"
    assert not silent(twin, "order")


@pytest.mark.parametrize("word", ["END", "Cancel"])
def test_where_no_question_is_open_they_are_keywords(twin: TwilioTwin, word: str) -> None:
    assert silent(twin, word)
    assert silent(twin, "order")


def test_with_punctuation_nexus_says_that_it_heard(twin: TwilioTwin) -> None:
    assert not silent(twin, "Stop.")
    assert silent(twin, "order")


def test_where_twilio_is_silent_nexus_answers_keywords(folder: Path) -> None:
    house = House(folder, twilio_answers_keywords="no", help_text="Pizza Inc., call 555.")
    with httpx.Client(transport=httpx.MockTransport(house.answer)) as client:
        twin = TwilioTwin(folder, BASE, client=client)
        assert twin.say("help").text == "Pizza Inc., call 555."
        assert not silent(twin, "STOP")
        assert silent(twin, "order")
        assert twin.say("info").text == "Pizza Inc., call 555."  # the rules owe it to everybody
        assert not silent(twin, "unstop")
        assert twin.say("order").text.startswith("Cancel it")


def test_a_retry_is_answered_byte_for_byte(folder: Path) -> None:
    house = House(folder)
    with httpx.Client(transport=httpx.MockTransport(house.answer)) as client:
        twin = TwilioTwin(folder, BASE, client=client)
        sent = twin.request("order")
        answers = {twin.post(sent).body for _ in range(3)}
        assert len(answers) == 1
        assert len(house.turns.records) == 1
