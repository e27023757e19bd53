"""One skill with all that is real around it: engine, Postgres, outbox, HTTP. What is said is understood as the test says."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import skills
from core.decide import Decider
from core.engine import Engine
from core.skillbook import SkillBook
from infra.calls import Carriers
from infra.fetch import Fetcher
from infra.outbox import Outbox
from infra.permitted import permitted
from infra.plugins import load_skill
from infra.reach import Answers, SkillWeb
from infra.storage.handoffs import HandoffStore
from infra.storage.outbox import OutboxStore
from infra.storage.postgres import Database
from infra.storage.registry import Registry
from infra.storage.turns import PostgresTurnStore
from infra.system import RandomIds
from infra.vault import Vault
from shared.outside import Web
from shared.testing.fakes import FakeClock, FakeSessionStore
from shared.turn import Kind, Outcome, Reply, Request, Turn
from tests.infra.office import Counts, Doors, Platform
from tests.infra.storage.records import open_store
from tests.skills.talk import NOW, Scripted

VAULT = Vault(b"w" * 32)


class Outside:
    """The real web, for a skill that is told other things in other apps."""

    def __init__(self, answers: Answers, permissions: tuple[str, ...]) -> None:
        self.told: dict[str, dict[str, str]] = {}
        self._answers, self._permissions = answers, permissions

    async def config(self, app: str, skill: str) -> Mapping[str, str]:
        """See `shared.outside.Outside`."""
        return self.told.get(app, {})

    def web(self, skill: str, config: Mapping[str, str], deadline: float) -> Web:
        """See `shared.outside.Outside`."""
        return SkillWeb(self._answers, skill, permitted(self._permissions, config), deadline)


class Wired:
    """The skill called `name`."""

    def __init__(
        self, name: str, turns: PostgresTurnStore, database: Database, answers: Answers, clock: FakeClock
    ) -> None:
        self.loaded = load_skill(Path(skills.__path__[0]) / name)
        self.turns, self.clock, self.database = turns, clock, database
        self.sessions, self.model = FakeSessionStore(), Scripted()
        self.outside = Outside(answers, self.loaded.manifest.permissions)
        self.handoffs = HandoffStore(database, turns.people)
        self.fresh = asyncio.Event()
        self.store = OutboxStore(database, turns.people, VAULT)
        self.engine, self.outbox = self.worker(), self.carrier()
        self._said = 0

    def worker(self) -> Engine:
        """An engine on the same stores."""
        book = SkillBook([self.loaded])
        decider = Decider(self.turns, self.model, book, self.clock, RandomIds(), "UTC", outside=self.outside)
        return Engine(self.turns, self.sessions, decider, self.clock, RandomIds())

    def carrier(self) -> Outbox:
        """An outbox on the same stores."""
        carriers = Carriers(Doors(Platform()), [self.loaded], self.outside, self.clock)
        return Outbox(self.store, carriers, Counts(), self.clock, lambda: 1.0, self.fresh)

    def request(self, text: str, **more: Any) -> Request:
        """Something that somebody says."""
        self._said += 1
        now = self.clock.now()
        values: dict[str, Any] = {
            "app": "default", "channel": "rest", "message_id": f"m{self._said}", "conversation": "main", "user": "ann",
            "kind": Kind.UTTERANCE, "received_at": now, "deadline": now + 8.0, "text": text,
        }  # fmt: skip
        return Request(**{**values, **more})

    async def turn(self, intent: str | None, text: str, slots: Mapping[str, str] | None = None, /, **more: Any) -> Turn:
        """The turn that answers `text`, meant as `intent`."""
        self.clock.move(0.01)
        self.model.intent, self.model.slots = intent, slots or {}
        return await self.engine.run(self.request(text, **more))

    async def say(self, intent: str | None, text: str, slots: Mapping[str, str] | None = None, /, **more: Any) -> Reply:
        """The reply."""
        turn = await self.turn(intent, text, slots, **more)
        assert turn.outcome is Outcome.ANSWERED, turn.reason
        assert turn.reply is not None
        return turn.reply

    async def go(self, seconds: float = 0.0) -> None:
        """Let time pass, then carry out what is due."""
        self.clock.move(seconds)
        while await self.outbox.deliver_due():
            await self.outbox.settled()


@asynccontextmanager
async def wired(name: str, database_url: str) -> AsyncIterator[Wired]:
    """The skill called `name`, in the apps `default` and `other`."""
    clock = FakeClock(NOW)
    async with (
        open_store(database_url, VAULT) as turns,
        Database(database_url) as database,
        Fetcher(clock) as fetcher,
        Answers(fetcher, clock) as answers,
    ):
        await Registry(database, VAULT).create_app("other")
        yield Wired(name, turns, database, answers, clock)
