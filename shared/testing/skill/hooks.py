"""What SkillContract knows of a skill, and the turns it makes for it."""

import asyncio
import importlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from shared.ports import Memory
from shared.skill import Skill, SkillInfo, SkillLocale, SkillManifest, TurnContext
from shared.testing.fakes import FakeClock, FakeDocuments, FakeMemories
from shared.turn import Kind as RequestKind
from shared.turn import Pending, Reply, Request, Session, SlotValue, Understanding

NOW = 1_795_464_300.0  # Monday, 23 November 2026, 20:05 UTC
MEMORIES = (
    Memory("m-1", "the spare key is under the mat", NOW - 86_400.0, 0.9),
    Memory("m-2", "Anna's birthday is on the 3rd of May", NOW - 20 * 86_400.0, 0.9),
)
SKILLS = (SkillInfo("toy", "A toy", "I play.", ("Play with me",)),)
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def normalised(text: str) -> str:
    """`text` without case, punctuation and needless spaces, for telling sentences apart."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def filled(template: str, locale: SkillLocale, number: int) -> str:
    """`template` with example values in its placeholders; other ones for other numbers."""

    def value(match: re.Match[str]) -> str:
        values = locale.slots.get(match[1]) or (match[1],)
        return values[number % len(values)]

    return PLACEHOLDER.sub(value, template)


class SkillHooks:
    """What a subclass says about its skill; what is read from the skill's folder may be overridden too."""

    package: ClassVar[str] = ""  # the importable package whose folder holds skill.toml
    language: ClassVar[str] = "en"

    def folder(self) -> Path:
        """The folder that holds `skill.toml`."""
        return Path(str(importlib.import_module(self.package).__file__)).parent

    def manifest_text(self) -> bytes:
        """`skill.toml`."""
        return (self.folder() / "skill.toml").read_bytes()

    def locale_text(self) -> bytes:
        """`locales/<language>.toml`."""
        return (self.folder() / "locales" / f"{self.language}.toml").read_bytes()

    def entry(self) -> object:
        """What the manifest's `entry` names."""
        module, _, name = self.manifest().entry.partition(":")
        return getattr(importlib.import_module(f"{self.package}.{module}"), name)

    # -- what the cases use ----------------------------------------------------------------------------------------

    def manifest(self) -> SkillManifest:
        """The manifest, read strictly enough to find misspelt keys."""
        return msgspec.toml.decode(self.manifest_text(), type=SkillManifest)

    def locale(self) -> SkillLocale:
        """The sample utterances."""
        return msgspec.toml.decode(self.locale_text(), type=SkillLocale)

    def skill(self) -> Skill:
        """A fresh instance."""
        made = self.entry()
        assert isinstance(made, type), "the entry is no class"
        assert issubclass(made, Skill), "the entry is no Skill"
        return made()

    def utterances(self) -> Iterator[tuple[str, str]]:
        """Every template with its intent, placeholders filled."""
        locale = self.locale()
        for intent, templates in locale.utterances.items():
            for number, template in enumerate(templates):
                yield intent, filled(template, locale, number)

    def turn(
        self,
        intent: str,
        text: str,
        *,
        slots: dict[str, SlotValue] | None = None,
        locale: str = "en-US",
        source: str = "model",
        pending: Pending | None = None,
        state: dict[str, object] | None = None,
        last_reply: str = "",
        memories: Sequence[Memory] = MEMORIES,
        documents: Mapping[str, dict[str, Any]] | None = None,
        message_id: str = "m",
    ) -> TurnContext:
        """A turn on a Monday evening in New York."""
        found = self.skill().slots(intent, text, locale) if slots is None else slots
        return TurnContext(
            request=Request(
                app="contract", channel="toy", message_id=message_id, conversation="c", user="u", kind=RequestKind.UTTERANCE,
                received_at=NOW, deadline=NOW + 8.0, text=text, locale=locale,
            ),
            understanding=Understanding(intent, 0.9, slots=found, source=source),
            session=Session(seq=2, pending=pending, last_reply=last_reply),
            state=state or {},
            memories=FakeMemories(memories),
            documents=FakeDocuments(documents),
            clock=FakeClock(NOW),
            timezone="America/New_York",
            skills=SKILLS,
        )  # fmt: skip

    def replies(self, turns: Iterable[TurnContext]) -> list[Reply]:
        """What a fresh instance answers to each turn."""
        skill = self.skill()

        async def ask() -> list[Reply]:
            return [await skill.handle(turn) for turn in turns]

        return asyncio.run(ask())

    def usual_turns(self) -> list[TurnContext]:
        """Every sample utterance as a turn."""
        return [self.turn(intent, text) for intent, text in self.utterances()]
