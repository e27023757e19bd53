"""The engine over fakes that keep the stores' promises."""

import asyncio
from typing import Any

import msgspec
import pytest

from core.decide import Decider
from core.engine import Engine
from core.lanes import MOST_IN_LANE
from core.skillbook import LoadedSkill, SkillBook
from shared.effects import Remember
from shared.errors import Conflict, LimitExceeded, PluginInvalid, StoreUnavailable
from shared.manifest import IntentSpec, SkillManifest
from shared.ports import Claim, Opened, Person
from shared.skill import Skill, TurnContext
from shared.testing.fakes import FakeClock, FakeIds, FakeModel, FakeSessionStore, FakeTurnStore
from shared.turn import Elicit, Kind, Outcome, PlatformIntent, Reply, Request, SlotValue
from shared.wording import wording, wordings

SENTENCES = {
    "count": "counter.count",
    "name": "counter.name",
    "break": "counter.break",
    "sleep": "counter.sleep",
    "keep": "counter.keep",
    "cancel": "assistant.cancel",
}


class Counter(Skill):
    """Counts its calls in the session, asks for a name, breaks, sleeps, remembers."""

    def __init__(self) -> None:
        self.calls = 0

    async def handle(self, turn: TurnContext) -> Reply:
        self.calls += 1
        match turn.intent:
            case "counter.count":
                number = int(str(turn.state.get("number", 0))) + 1
                return Reply(text=str(number), state={"number": number})
            case "counter.name":
                name = turn.slot("name")
                if name is None:
                    return Reply(text="Which name?", expects_answer=True, elicit=Elicit("counter.name", "name"))
                return Reply(text=f"Hello {name.text}")
            case "counter.sleep":
                await asyncio.sleep(60)
            case "counter.keep":
                return Reply(text="kept", effects=(Remember("a thing"),))
            case "assistant.cancel":
                return Reply(text="nothing to cancel")
            case "assistant.greet":
                return Reply(text="hi")
        raise RuntimeError("broken on purpose, with what was said: secret")


def manifest(*intents: str, platform: tuple[str, ...] = ()) -> SkillManifest:
    specs = {
        intent: IntentSpec("…", platform=platform if i == 0 else (), effects=("remember",))
        for i, intent in enumerate(intents)
    }
    return SkillManifest("counter", "Counter", "Counts.", "skill:Counter", specs)


CANCELLED = wordings("cancelled", "en")
INTENTS = (*sorted(set(SENTENCES.values()) - {"assistant.cancel"}), "assistant.cancel", "assistant.greet")


class House:
    """An engine with its fakes."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.turns = FakeTurnStore()
        self.sessions = FakeSessionStore()
        self.model = FakeModel(SENTENCES)
        self.skill = Counter()
        self.engine = self.worker()

    def worker(self) -> Engine:
        """Another engine on the same stores."""
        spec = manifest(*INTENTS)
        spec.intents["assistant.cancel"] = IntentSpec("…", platform=("AMAZON.CancelIntent",))
        book = SkillBook([LoadedSkill(spec, self.skill, {})])
        decider = Decider(self.turns, self.model, book, self.clock, FakeIds(), "UTC")
        return Engine(self.turns, self.sessions, decider, self.clock, FakeIds())

    def request(self, text: str = "", message_id: str = "m1", **more: Any) -> Request:
        values: dict[str, Any] = {
            "app": "default",
            "channel": "rest",
            "message_id": message_id,
            "conversation": "c",
            "user": "ann",
            "kind": Kind.UTTERANCE,
            "received_at": self.clock.now(),
            "deadline": self.clock.now() + 10,
            "text": text,
        }
        return Request(**{**values, **more})

    async def say(self, text: str, message_id: str, **more: Any) -> str:
        turn = await self.engine.run(self.request(text, message_id, **more))
        assert turn.reply is not None
        return turn.reply.text


@pytest.fixture
def house() -> House:
    return House()


async def test_state_goes_from_turn_to_turn_and_survives_a_flush(house: House) -> None:
    assert await house.say("count", "m1") == "1"
    house.sessions.flush()
    assert await house.say("count", "m2") == "2"
    assert await house.say("count", "m3", conversation="other") == "1"
    assert await house.say("count", "m4", user="bob") == "1"


async def test_a_repeated_message_gets_the_stored_answer(house: House) -> None:
    first = await house.engine.run(house.request("count"))
    assert await house.engine.run(house.request("count")) == first
    house.sessions.flush()
    assert await house.engine.run(house.request("count")) == first
    assert await house.say("count", "m2") == "2"


async def test_the_same_id_for_something_else_is_a_conflict(house: House) -> None:
    await house.say("count", "m1")
    for changed in (house.request("name"), house.request("count", user="bob")):
        with pytest.raises(Conflict):
            await house.engine.run(changed)


async def test_messages_at_once_are_answered_one_after_the_other(house: House) -> None:
    other = house.worker()
    requests = [house.request("count", f"m{n}") for n in range(20)]
    turns = await asyncio.gather(*((house.engine, other)[n % 2].run(r) for n, r in enumerate(requests)))
    assert sorted(int(turn.reply.text) for turn in turns if turn.reply) == list(range(1, 21))
    assert sorted(turn.seq for turn in turns) == list(range(1, 21))


async def test_without_hints_the_fence_still_holds(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: object) -> Opened:
        return Opened(Claim.MINE, True, None)

    monkeypatch.setattr(house.sessions, "open", nothing)
    other = house.worker()
    turns = await asyncio.gather(*((house.engine, other)[n % 2].run(house.request("count", f"m{n}")) for n in range(6)))
    assert sorted(int(turn.reply.text) for turn in turns if turn.reply) == list(range(1, 7))


async def test_a_claim_of_a_dead_worker_is_waited_for_and_then_taken_over(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = house.request("count")
    await house.sessions.open(Person("default", "rest:ann"), request, "a dead worker")

    async def sleep(seconds: float) -> None:
        house.clock.move(seconds)

    monkeypatch.setattr("core.engine.asyncio.sleep", sleep)
    turn = await house.engine.run(request)
    assert (turn.reply and turn.reply.text) == "1"
    assert 0 < house.clock.now() - request.received_at < 5, "waited, but not until the deadline"


async def test_valkey_down_is_slower_not_worse(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def down(*_: object) -> None:
        raise StoreUnavailable("down")

    for method in ("open", "close", "abandon"):
        monkeypatch.setattr(house.sessions, method, down)
    assert await house.say("count", "m1") == "1"
    assert await house.say("count", "m2") == "2"
    assert house.turns.records[-1].trace.degraded == ("valkey",)


async def test_postgres_down_records_and_answers_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def down(*_: object) -> None:
        raise StoreUnavailable("down")

    monkeypatch.setattr(house.turns, "record", down)
    with pytest.raises(StoreUnavailable):
        await house.say("count", "m1")
    monkeypatch.undo()
    assert await house.say("count", "m1") == "1", "the claim was given back"


async def test_a_question_is_answered_by_the_next_utterance(house: House) -> None:
    assert await house.say("name", "m1") == "Which name?"
    house.sessions.flush()
    assert await house.say("Ann with anything", "m2") == "Hello Ann with anything"
    assert await house.say("name", "m3") == "Which name?"


async def test_cancel_gets_out_of_a_question(house: House) -> None:
    await house.say("name", "m1")
    assert await house.say("cancel", "m2") in CANCELLED
    assert await house.say("cancel", "m4") == "nothing to cancel"
    assert await house.say("anything", "m3") == wording("out_of_scope", "en")


async def test_a_platforms_own_slots_fill_the_intent(house: House) -> None:
    intent = PlatformIntent("counter.name", {"name": SlotValue("Bo", "bo")})
    assert await house.say("", "m1", intent=intent) == "Hello Bo"
    assert await house.say("", "m2", intent=PlatformIntent("AMAZON.CancelIntent")) == "nothing to cancel"
    assert await house.say("", "m3", intent=PlatformIntent("Unheard.Of")) == wording("out_of_scope", "en")


async def test_a_broken_skill_fails_its_turn_and_tells_nobody_what_was_said(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    turn = await house.engine.run(house.request("break"))
    assert (turn.outcome, turn.reply and turn.reply.text) == (Outcome.FAILED, wording("skill_failed", "en"))
    assert turn.reason == "skill counter failed: RuntimeError"
    assert "secret" not in caplog.text
    assert await house.say("count", "m2") == "1"


async def test_a_slow_event_is_cut_off_before_the_deadline(house: House) -> None:
    intent = PlatformIntent("counter.sleep")
    request = house.request(kind=Kind.EVENT, intent=intent, deadline=house.clock.now() + 0.05)
    turn = await house.engine.run(request)
    assert (turn.outcome, turn.reply and turn.reply.text) == (Outcome.FAILED, wording("too_slow", "en"))


async def test_without_a_model_the_turn_fails_with_a_reason(house: House) -> None:
    house.model.broken = True
    turn = await house.engine.run(house.request("count"))
    assert (turn.outcome, house.turns.records[0].trace.degraded) == (Outcome.FAILED, ("model",))
    answered = await house.engine.run(house.request("", "m2", intent=PlatformIntent("counter.count")))
    assert answered.outcome is Outcome.ANSWERED, "what the platform understood needs no model"


async def test_words_to_remember_are_kept_even_without_a_model(house: House) -> None:
    house.model.broken = True
    await house.engine.run(house.request("", "m1", intent=PlatformIntent("counter.keep")))
    [memory] = await house.turns.memories(Person("default", "rest:ann"))
    assert (memory.text, memory.vector) == ("a thing", None)


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        (Kind.OPEN, "", "hi"),
        (Kind.CLOSE, "", ""),
        (Kind.EVENT, "", wording("unknown_event", "en")),
        (Kind.UTTERANCE, "", wording("nothing_heard", "en")),
        (Kind.ACTION, "count", "1"),
    ],
)
async def test_every_kind_has_an_outcome(house: House, kind: Kind, text: str, said: str) -> None:
    turn = await house.engine.run(house.request(text, kind=kind))
    assert (turn.outcome, turn.reply and turn.reply.text) == (Outcome.ANSWERED, said)


async def test_finding_a_message(house: House) -> None:
    assert await house.engine.find("default", "rest", "m1") is None
    await house.sessions.open(Person("default", "rest:ann"), house.request(), "t")
    running = await house.engine.find("default", "rest", "m1")
    assert running is not None
    assert (running.outcome, running.reply) == (Outcome.RUNNING, None)
    house.sessions.flush()
    turn = await house.engine.run(house.request("count"))
    assert await house.engine.find("default", "rest", "m1") == turn


async def test_lanes_are_forgotten_when_nobody_waits(house: House) -> None:
    await house.say("count", "m1")
    assert len(house.engine._lanes) == 0


def test_two_skills_cannot_claim_one_intent() -> None:
    one = LoadedSkill(manifest("a.b"), Counter(), {})
    with pytest.raises(PluginInvalid, match=r"a\.b belongs to counter"):
        SkillBook([one, msgspec.structs.replace(one)])
    platform = LoadedSkill(manifest("c.d", platform=("X",)), Counter(), {})
    with pytest.raises(PluginInvalid, match=r"X means c\.d already"):
        SkillBook([platform, LoadedSkill(manifest("e.f", platform=("X",)), Counter(), {})])


async def test_too_many_messages_of_one_conversation_are_refused(house: House) -> None:
    sleepers = [house.request("sleep", f"m{n}", deadline=house.clock.now() + 0.005) for n in range(MOST_IN_LANE + 3)]
    results = await asyncio.gather(*(house.engine.run(request) for request in sleepers), return_exceptions=True)
    assert sum(isinstance(result, LimitExceeded) for result in results) == 3


async def test_who_waits_for_a_message_does_not_hold_its_lane(house: House) -> None:
    person, request = Person("default", "rest:ann"), house.request("count")
    await house.sessions.open(person, request, "another worker")
    assert (await house.sessions.open(person, request, "us")).lane is False
