"""An outbox on real Postgres, with a clock that is moved and a platform that does as it is told."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Self

import msgspec

from infra.delivery import Pace
from infra.outbox import Outbox
from infra.storage.outbox import OutboxStore
from infra.storage.postgres import Database
from infra.storage.turns import PostgresTurnStore
from infra.vault import Vault
from shared.channel import ChannelAdapter, Delivered, Verified, Wire, WireReply
from shared.errors import DeliveryFailed, DoorShut
from shared.ports import DoorPorts, Outgoing, Person
from shared.testing.fakes import FakeClock
from shared.turn import Request, Turn
from tests.infra.storage.records import APP, NOW, open_store, record, request

VAULT = Vault(b"k" * 32)
RECEIPT_S = 60.0
Answer = Callable[[], Awaitable[Delivered]]


class Platform(ChannelAdapter):
    """Takes every message unless it is told otherwise, and keeps what came: text and reference, in the order they came."""

    name: ClassVar[str] = "pager"
    receipt_s: ClassVar[float] = RECEIPT_S

    def __init__(self) -> None:
        self.came: list[tuple[str, str]] = []
        self.answers: dict[str, list[Answer]] = {}  # text → what to do in place of taking it, at its next attempts
        self.busy = 0
        self.busiest = 0

    async def deliver(self, content: Mapping[str, Any], reference: str) -> Delivered:
        """See ChannelAdapter."""
        text = str(content["text"])
        self.came.append((text, reference))
        self.busy += 1
        self.busiest = max(self.busy, self.busiest)
        try:
            await asyncio.sleep(0)
            if self.answers.get(text):
                return await self.answers[text].pop(0)()
            return Delivered(f"id of {text}")
        finally:
            self.busy -= 1

    @property
    def texts(self) -> list[str]:
        """What came, in order."""
        return [text for text, _ in self.came]

    @classmethod
    def open(cls, app: str, config: Mapping[str, str], ports: DoorPorts) -> Self:
        """Not through configuration."""
        raise DoorShut("made by the test")

    async def verify(self, wire: Wire) -> Verified:
        """Nothing comes in."""
        raise NotImplementedError

    def parse(self, verified: Verified) -> Request:
        """Nothing comes in."""
        raise NotImplementedError

    def render(self, request: Request, turn: Turn) -> WireReply:
        """Nothing is answered."""
        raise NotImplementedError


def fails(**how: Any) -> Answer:
    """The platform does not take it."""

    async def answer() -> Delivered:
        raise DeliveryFailed("pager: error 30003 for +15551234567", **how)

    return answer


def raises(error: Exception) -> Answer:
    """The adapter breaks."""

    async def answer() -> Delivered:
        raise error

    return answer


class Doors:
    """Every channel leads to the platform, unless it is shut."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.shut: set[str] = set()

    def receipt_times(self) -> dict[str, float]:
        """Only the pager is loaded."""
        return {"pager": RECEIPT_S}

    async def adapter(self, app: str, channel: str) -> ChannelAdapter:
        """The platform."""
        if channel in self.shut:
            raise DoorShut("no credentials")
        return self.platform


class Counts:
    """Counts."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.told: dict[str, int] = {}

    def delivery(self, channel: str, state: str) -> None:
        """Keep it."""
        self.ended.append(state)

    def waiting(self, channels: Mapping[str, int]) -> None:
        """Keep it."""
        self.told = dict(channels)


class Office:
    """An outbox with all around it."""

    def __init__(self, turns: PostgresTurnStore, database: Database) -> None:
        self.turns, self.database = turns, database
        self.clock, self.platform, self.counts = FakeClock(NOW), Platform(), Counts()
        self.doors = Doors(self.platform)
        self.store = OutboxStore(database, turns.people, VAULT)
        self.fresh = asyncio.Event()
        self.outbox = self.worker()
        self._numbers = itertools.count(1)

    def worker(self, pace: Pace | None = None) -> Outbox:
        """Another outbox on the same stores."""
        return Outbox(self.store, self.doors, self.counts, self.clock, lambda: 1.0, self.fresh, pace)

    async def put(
        self, *texts: str, user: str = "ann", conversation: str = "c1", channel: str = "pager", **more: Any
    ) -> list[str]:
        """A turn that leaves these to go out; their references."""
        self.clock.move(0.001)  # made one after the other
        person = await self.turns.person(APP, channel, user)
        said = request(f"m{next(self._numbers)}", f"m{next(self._numbers)}", user, conversation, channel)
        message = msgspec.structs.replace(said, received_at=self.clock.now())
        last = await self.turns.last_session(person, channel, conversation)
        outgoing = tuple(Outgoing({"text": text}) for text in texts)
        made = record(person, message, last.seq + 1, outgoing=outgoing, **more)
        await self.turns.record(made)
        return [f"{made.turn.trace_id}-{position}" for position in range(len(texts))]

    async def go(self, seconds: float = 0.0) -> None:
        """Let time pass, then deliver until nothing is due."""
        self.clock.move(seconds)
        while await self.outbox.deliver_due():
            await self.outbox.settled()

    async def states(self) -> list[tuple[str, str]]:
        """State and reason of every message, in the order they were made."""
        rows = await self.database.rows("select state, reason from outbox order by created_at, seq, position, channel")
        return [(state, reason) for state, reason in rows]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for a condition, with a deadline."""
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110 (a condition of any kind)
                await asyncio.sleep(0.005)

    async def person(self, user: str = "ann", channel: str = "pager") -> Person:
        """The person behind a name."""
        return await self.turns.person(APP, channel, user)


@asynccontextmanager
async def open_office(database_url: str) -> AsyncIterator[Office]:
    """An office on a database of its own."""
    async with open_store(database_url, VAULT) as turns, Database(database_url, patience_s=0.5) as database:
        yield Office(turns, database)
