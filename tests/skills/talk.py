"""Plays dialogues with one skill through the real engine: what is said is understood as the script says."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from core.decide import Decider
from core.engine import Engine
from core.handlers import Handlers
from core.skillbook import LoadedSkill, SkillBook
from infra.plugins import load_skill
from shared.manifest import SkillInfo
from shared.ports import Memories, Memory, ModelState, Person, Vector
from shared.testing.fakes import FakeClock, FakeIds, FakeMemories, FakeModel, FakeSessionStore, FakeTurnStore
from shared.testing.web import FakeOutside, Sample, recorded
from shared.turn import Kind, PlatformIntent, Ranked, Reply, Request, SlotValue, Understanding

NOW = 1_795_464_300.0  # Monday, 23 November 2026, 20:05 UTC


class Scripted:
    """A model that means what the script says next."""

    def __init__(self) -> None:
        self.intent: str | None = None
        self.score = 0.9
        self.slots: Mapping[str, str] = {}

    async def understand(self, text: str, locale: str, deadline: float, *, sure: bool = False) -> Understanding:
        """See `ModelService.understand`."""
        if self.intent is None:
            return Understanding(None, 0.0, 1.0)
        slots = {name: SlotValue(said) for name, said in self.slots.items()}
        return Understanding(self.intent, self.score, 1 - self.score, slots, ranking=(Ranked(self.intent, self.score),))

    async def encode(self, texts: Sequence[str], deadline: float) -> list[Vector]:
        """See `ModelService.encode`."""
        return await FakeModel().encode(texts, deadline)

    def state(self) -> ModelState:
        """See `ModelService.state`."""
        return ModelState("scripted", ("none",), True)


class Told(SkillBook):
    """A book that tells of other skills than it holds."""

    def __init__(self, loaded: LoadedSkill, infos: tuple[SkillInfo, ...]) -> None:
        super().__init__([loaded])
        self._infos = infos

    def infos(self, language: str) -> tuple[SkillInfo, ...]:
        """See `SkillBook.infos`."""
        return self._infos


class Remembering(Handlers):
    """Handlers for somebody who asked to remember this."""

    kept = FakeMemories()

    def memories(self, person: Person, request: Request) -> Memories:
        """See `Handlers.memories`."""
        return self.kept


class Talk:
    """One conversation with the skill in `folder`."""

    def __init__(
        self,
        folder: Path,
        *,
        now: float = NOW,
        timezone: str = "America/New_York",
        locale: str = "en-US",
        memories: tuple[Memory, ...] = (),
        skills: tuple[SkillInfo, ...] = (),
        config: Mapping[str, str] | None = None,
        answers: Sequence[Sample] = (),
    ) -> None:
        """`config` is what the skill is told; else examples of what it needs. `answers` come before those of its `samples/`."""
        self.clock, self.model = FakeClock(now), Scripted()
        self._locale, self._count = locale, 0
        loaded = load_skill(folder)
        needed = {one.key: one.example for one in loaded.manifest.settings if one.required}
        self.web = recorded(folder, self.clock, answers)
        outside = FakeOutside(self.web, needed if config is None else config)
        book = Told(loaded, skills)
        turns = self.turns = FakeTurnStore()
        decider = Decider(turns, self.model, book, self.clock, FakeIds(), timezone)
        decider._handlers = Remembering(turns, self.model, book, self.clock, timezone, outside)
        decider._handlers.kept = FakeMemories(memories)
        self.engine = Engine(turns, FakeSessionStore(), decider, self.clock, FakeIds())

    def say(
        self,
        intent: str | None,
        text: str,
        *,
        platform: bool = False,
        kind: Kind = Kind.UTTERANCE,
        slots: Mapping[str, str] = MappingProxyType({}),
    ) -> Reply:
        """The reply to `text`, meant as `intent` (None: out of scope) by the model or by the platform.

        `slots` are the words that the model takes for slots, by name.
        """
        self.model.intent, self.model.slots = intent, slots
        self._count += 1
        now = self.clock.now()
        request = Request(
            app="a",
            channel="c",
            message_id=f"m-{self._count}",
            conversation="k",
            user="u",
            kind=kind,
            received_at=now,
            deadline=now + 30.0,  # the first place that is named loads the gazetteer, and machines are busy
            text=text,
            locale=self._locale,
            intent=PlatformIntent(intent) if platform and intent else None,
        )
        reply = asyncio.run(self.engine.run(request)).reply
        assert reply is not None
        return reply
