"""What a handler may call, and when: declared, marked, agreed to, small, and in its time."""

from typing import Any

import pytest

from core.decide import Decider
from core.engine import Engine
from core.skillbook import LoadedSkill, SkillBook
from shared.effects import Call
from shared.manifest import IntentSpec, SkillLocale, SkillManifest, SkillSetting
from shared.skill import CallContext, Skill, TurnContext, call, intent
from shared.testing.fakes import FakeClock, FakeIds, FakeModel, FakeSessionStore, FakeTurnStore
from shared.turn import Kind, Outcome, Request, Turn, Understanding
from shared.turn import Reply as Said

WORDS = SkillLocale(
    prompts={"lamp.on": {"confirm": ("Shall I?",)}}, answers={"not_set_up": ("Nobody told me where the lamp is.",)}
)


class Lamp(Skill):
    """Does what the test says; tells of its calls."""

    effect: Any = Call("switch", {"to": "on"}, 30.0)

    @intent("lamp.on", "lamp.hasty", "lamp.mute")
    async def on(self, turn: TurnContext) -> Said:
        """Asks for the call."""
        return Said(text=f"with {turn.config.get('token')}", effects=(self.effect,))

    @intent("lamp.told")
    async def told(self, turn: TurnContext) -> Said:
        """What became of its calls."""
        return Said(text=" ".join(f"{one.content['to']} {one.state}" for one in await turn.calls()) or "none")

    @call("switch")
    async def switch(self, call: CallContext) -> None:
        """Nothing."""


class Other(Skill):
    """Needs nothing."""

    @intent("other.hello")
    async def hello(self, turn: TurnContext) -> Said:
        """Says hello."""
        return Said(text="Hello.")


class House:
    """An engine with a lamp."""

    def __init__(self, **settings: Any) -> None:
        intents = {
            "lamp.on": IntentSpec("…", effects=("call",), confirm=True),
            "lamp.hasty": IntentSpec("…", effects=("call",)),
            "lamp.mute": IntentSpec("…"),
            "lamp.told": IntentSpec("…"),
        }
        told = (SkillSetting("token", "…", **settings),)
        self.skill, self.turns, self.clock = Lamp(), FakeTurnStore(), FakeClock()
        other = LoadedSkill(SkillManifest("other", "", "", "", {"other.hello": IntentSpec("…")}), Other(), {})
        lamp = LoadedSkill(SkillManifest("lamp", "", "", "", intents, settings=told), self.skill, {"en": WORDS})
        book = SkillBook([lamp, other])
        self.model = FakeModel({name.partition(".")[2]: name for name in intents} | {"yes": "assistant.yes"})
        decider = Decider(self.turns, self.model, book, self.clock, FakeIds(), "UTC")
        self.engine = Engine(self.turns, FakeSessionStore(), decider, self.clock, FakeIds())
        self._count = 0

    async def say(self, text: str, user: str = "ann") -> Turn:
        self._count += 1
        now = self.clock.now()
        request = Request(
            app="default", channel="rest", message_id=f"m{self._count}", conversation=user, user=user,
            kind=Kind.UTTERANCE, received_at=now, deadline=now + 10, text=text,
        )  # fmt: skip
        return await self.engine.run(request)

    async def agreed(self) -> Turn:
        await self.say("on")
        return await self.say("yes")


async def test_a_call_is_recorded_with_the_turn_that_was_agreed_to() -> None:
    house = House()
    asked = await house.say("on")
    assert asked.reply is not None
    assert asked.reply.text == "Shall I?"
    assert [record.calls for record in house.turns.records] == [()]
    assert (await house.say("yes")).outcome is Outcome.ANSWERED
    [made] = house.turns.records[-1].calls
    assert (made.skill, made.name, made.content) == ("lamp", "switch", {"to": "on"})
    assert made.until == house.clock.now() + 30


async def test_what_became_of_calls_is_told_to_their_person_only() -> None:
    house = House()
    await house.agreed()
    house.turns.settle_calls("failed", "unreachable")
    told, other = (await house.say("told")).reply, (await house.say("told", "bob")).reply
    assert told is not None
    assert other is not None
    assert (told.text, other.text) == ("on failed", "none")


async def test_of_two_things_the_one_that_is_set_up_is_done() -> None:
    house = House(required=True)
    both = Understanding("lamp.on", 1.0, more=(Understanding("other.hello", 1.0, text="hello"),), text="on")

    async def understand(text: str, locale: str, deadline: float, *, sure: bool = False) -> Understanding:
        return both

    house.model.understand = understand  # type: ignore[method-assign]
    turn = await house.say("on and hello")
    assert turn.reply is not None
    assert turn.reply.text == "Nobody told me where the lamp is. Hello."


@pytest.mark.parametrize(("text", "why"), [("hasty", "before it is agreed to"), ("mute", "its effects do not name it")])
async def test_what_is_undeclared_or_not_agreed_to_is_refused(text: str, why: str) -> None:
    house = House()
    turn = await house.say(text)
    assert turn.outcome is Outcome.FAILED
    assert why in turn.reason
    assert house.turns.records[-1].calls == ()


@pytest.mark.parametrize(
    "effect",
    [
        Call("explode", {}),
        Call("switch", {"to": object()}),
        Call("switch", {"to": 2**70}),
        Call("switch", {"to": "x" * 20_000}),
        Call("switch", ["on"]),  # type: ignore[arg-type]
        Call("switch", {}, 0.0),
        Call("switch", {}, float("nan")),
        Call("switch", {}, 1e9),
    ],
)
async def test_what_cannot_be_called_fails_the_turn(effect: Call) -> None:
    house = House()
    house.skill.effect = effect
    turn = await house.agreed()
    assert turn.outcome is Outcome.FAILED
    assert house.turns.records[-1].calls == ()


async def test_settings_have_their_defaults_and_what_is_lacking_is_said() -> None:
    turn = await House(default="t-0").agreed()
    assert turn.reply is not None
    assert turn.reply.text == "with t-0"
    turn = await House(required=True).say("on")
    assert turn.reply is not None
    assert turn.reply.text == "Nobody told me where the lamp is.", "before anything is asked"
    assert not turn.reply.expects_answer
