"""A skill through the real engine and the real web client, against a service that stands in over HTTP."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import skills
from core.decide import Decider
from core.engine import Engine
from core.skillbook import SkillBook
from infra.fetch import Fetcher
from infra.permitted import permitted
from infra.plugins import load_skill
from infra.reach import Answers, SkillWeb
from shared.outside import Web
from shared.testing.fakes import FakeClock, FakeIds, FakeModel, FakeSessionStore, FakeTurnStore
from shared.turn import Kind, Reply, Request
from tests.skills.talk import NOW

ROOT = Path(skills.__path__[0])


class _Outside:
    """The web of one skill with these settings."""

    def __init__(self, answers: Answers, permissions: tuple[str, ...], config: Mapping[str, str]) -> None:
        self._answers, self._permissions, self.told = answers, permissions, dict(config)

    async def config(self, app: str, skill: str) -> Mapping[str, str]:
        """See `Outside.config`."""
        return self.told

    def web(self, skill: str, config: Mapping[str, str], deadline: float) -> Web:
        """See `Outside.web`."""
        return SkillWeb(self._answers, skill, permitted(self._permissions, config), deadline)


class Visit:
    """A conversation in which each sentence means the intent that is said with it."""

    def __init__(self, name: str, answers: Answers, clock: FakeClock, config: Mapping[str, str], locale: str) -> None:
        loaded = load_skill(ROOT / name)
        self.clock, self.model, self._locale, self._count = clock, FakeModel(), locale, 0
        outside = _Outside(answers, loaded.manifest.permissions, config)
        self._turns = turns = FakeTurnStore()
        decider = Decider(turns, self.model, SkillBook([loaded]), clock, FakeIds(), "America/New_York", outside=outside)
        self._engine = Engine(turns, FakeSessionStore(), decider, clock, FakeIds())

    async def say(self, intent: str, text: str, seconds: float = 8.0) -> Reply:
        """The reply, for somebody who waits so long."""
        self._count += 1
        self.model.sentences[text] = intent
        now = self.clock.now()
        request = Request(
            app="a", channel="c", message_id=f"m-{self._count}", conversation="k", user="u", kind=Kind.UTTERANCE,
            received_at=now, deadline=now + seconds, text=text, locale=self._locale,
        )  # fmt: skip
        reply = (await self._engine.run(request)).reply
        assert reply is not None
        return reply

    async def later(self) -> Reply:
        """The answer that was not ready in time."""
        await self._engine.background.settled()
        reply = self._turns.records[-1].turn.reply
        assert reply is not None
        return reply


@asynccontextmanager
async def visiting(name: str, locale: str = "en-US", **config: str) -> AsyncIterator[Visit]:
    """A conversation with the skill called `name`, which is told `config`."""
    clock = FakeClock(NOW)
    async with Fetcher(clock) as fetcher, Answers(fetcher, clock) as answers:
        yield Visit(name, answers, clock, config, locale)
