"""Two workers over fakes, a skill that takes its time, and doors that can write or not."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from msgspec.structs import replace

from core.background import Owed
from core.decide import Decider
from core.engine import Engine
from core.skillbook import LoadedSkill, SkillBook
from shared.effects import Remember
from shared.manifest import IntentSpec, SkillManifest
from shared.ports import Documents, Outgoing, Person, Recorded, TurnRecord
from shared.skill import Skill, TurnContext
from shared.testing.fakes import FakeIds, FakeModel, FakeSessionStore, FakeTurnStore
from shared.turn import Card, Elicit, Kind, Outcome, Reply, Request, Turn
from tests.core.deferring.fasttime import LoopClock, in_fast_time

ANN = Person("default", "rest:ann")
SENTENCES = {
    "slow": "slow.answer",
    "count": "slow.count",
    "keep": "slow.keep",
    "ask": "slow.ask",
    "break": "slow.break",
    "quick": "slow.quick",
    "bye": "slow.bye",
    "go on": "assistant.go_on",
}
NOTHING_OPEN = "There is nothing to go on with."


class Slow(Skill):
    """Sleeps for `seconds` before most answers; counts what it was asked for."""

    def __init__(self) -> None:
        self.seconds = 20.0
        self.asked: list[str] = []

    async def handle(self, turn: TurnContext) -> Reply:
        """See Skill."""
        self.asked.append(turn.intent or "")
        if turn.intent in ("slow.answer", "slow.count", "slow.keep", "slow.ask", "slow.break") and not turn.slot(
            "name"
        ):
            await asyncio.sleep(self.seconds)
        match turn.intent:
            case "slow.answer":
                return Reply(text="It is slow.", cards=(Card("A card"),))
            case "slow.count":
                number = int(str(turn.state.get("number", 0))) + 1
                return Reply(text=f"Number {number}.", state={"number": number})
            case "slow.keep":
                return Reply(text="Kept.", effects=(Remember("a thing"),))
            case "slow.ask":
                name = turn.slot("name")
                if name is None:
                    return Reply(text="Which name?", expects_answer=True, elicit=Elicit("slow.ask", "name"))
                return Reply(text=f"Hello {name.text}.")
            case "slow.quick":
                return Reply(text="Quick.")
            case "slow.bye":
                return Reply(text="Bye.", end_session=True)
            case "assistant.go_on":
                return Reply(text=NOTHING_OPEN)
        raise RuntimeError("broken on purpose")


class Store(FakeTurnStore):
    """Takes `seconds` for every commit."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.01

    async def record(self, record: TurnRecord) -> Recorded:
        """See `TurnStore.record`."""
        await asyncio.sleep(self.seconds)
        return await super().record(record)


class Door:
    """Writes later, if it `writes`, or is asked, if it `fetches`; keeps what it was asked to hold with."""

    answers_first = False
    place = "here"

    def __init__(self, *, writes: bool = False, fetches: bool = False) -> None:
        self.writes, self.fetches_later = writes, fetches
        self.held: list[tuple[float, str]] = []

    async def answer(self, request: Request, documents: Documents) -> Reply | None:
        """See `shared.ports.Door`."""
        return None

    def outgoing(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        """See `shared.ports.Door`."""
        return ()

    def later(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        """See `shared.ports.Door`."""
        return (Outgoing({"text": turn.reply.text if turn.reply else ""}, "here"),) if self.writes else ()

    async def hold(self, request: Request, words: str) -> None:
        """See `shared.ports.Door`."""
        self.held.append((asyncio.get_running_loop().time(), words))


class House:
    """Engines on the same stores."""

    def __init__(self) -> None:
        self.clock, self.turns, self.sessions, self.skill = LoopClock(), Store(), FakeSessionStore(), Slow()
        self.ids = FakeIds()
        self.model = FakeModel(SENTENCES)
        self.engine = self.worker()
        self._numbers = 0

    def worker(self, decider: type[Decider] = Decider) -> Engine:
        """Another worker."""
        specs = {intent: IntentSpec("…", effects=("remember",)) for intent in SENTENCES.values()}
        book = SkillBook([LoadedSkill(SkillManifest("slow", "Slow", "Slow.", "s:S", specs), self.skill, {})])
        mind = decider(self.turns, self.model, book, self.clock, self.ids, "UTC")
        return Engine(self.turns, self.sessions, mind, self.clock, self.ids)

    def request(self, text: str, message_id: str = "", **more: Any) -> Request:
        """Ten seconds for an answer."""
        self._numbers += 1
        values: dict[str, Any] = {
            "app": "default", "channel": "rest", "message_id": message_id or f"m{self._numbers}", "conversation": "c",
            "user": "ann", "kind": Kind.UTTERANCE, "received_at": self.clock.now(), "deadline": self.clock.now() + 10,
            "text": text,
        }  # fmt: skip
        return Request(**{**values, **more})

    async def say(self, text: str, message_id: str = "", door: Door | None = None, **more: Any) -> Turn:
        """The turn that answers."""
        return await self.engine.run(self.request(text, message_id, **more), door)

    async def text(self, text: str, **more: Any) -> str:
        """What is answered."""
        return said(await self.say(text, **more))

    async def deferred(self, text: str = "slow", door: Door | None = None, **more: Any) -> Turn:
        """A turn whose answer comes later."""
        turn = await self.say(text, door=door, **more)
        assert turn.outcome is Outcome.DEFERRED
        return turn

    def left(self, number: int = -1, door: Door | None = None) -> Owed:
        """A deferral as another worker finds it."""
        record, deferral = list(self.turns.owed.values())[number]
        return Owed(record.person, record.request, replace(deferral, lease="another"), door)

    @property
    def outcomes(self) -> list[str]:
        """How every turn ended, in order."""
        return [record.turn.outcome.value for record in self.turns.records]

    @property
    def state(self) -> str:
        """What became of the last deferral."""
        return self.turns.ends[list(self.turns.owed)[-1]].state


def play(scenario: Callable[[House], Awaitable[None]]) -> None:
    """A scenario in a house of its own, in no time."""

    async def whole() -> None:
        await scenario(House())

    in_fast_time(whole())


def said(turn: Turn) -> str:
    """Its words."""
    assert turn.reply is not None
    return turn.reply.text
