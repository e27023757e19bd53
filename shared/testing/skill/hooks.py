"""What SkillContract knows of a skill, and the turns it makes for it."""

import asyncio
import importlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from shared.effects import Call
from shared.errors import DeliveryFailed, WebFailed
from shared.impersonal import Question, read, turn_of, written
from shared.locales import in_language
from shared.manifest import PLACEHOLDER, IntentSpec, SkillInfo, SkillLocale, SkillManifest, fitted
from shared.ports import Memory
from shared.skill import CallContext, Skill, TurnContext
from shared.testing.fakes import FakeCalls, FakeClock, FakeDocuments, FakeMemories
from shared.testing.web import FakeWeb, recorded
from shared.turn import Kind as RequestKind
from shared.turn import Reply, Request, Session, SlotValue, Understanding

NOW = 1_795_464_300.0  # Monday, 23 November 2026, 20:05 UTC
MEMORIES = (
    Memory("m-1", "the spare key is under the mat", NOW - 86_400.0, 0.9),
    Memory("m-2", "Anna's birthday is on the 3rd of May", NOW - 20 * 86_400.0, 0.9),
)
SKILLS = (SkillInfo("toy", "A toy", "I play.", ("Play with me",)),)
_NUMBERS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10, "twelve": 12}

_VALUES: dict[str, Any] = {
    "place": {"name": "Paris", "country": "FR", "timezone": "Europe/Paris", "lat": 48.85341, "lon": 2.3488},
    "date": "2026-11-27",
    "ordinal": 2,
}


def normalised(text: str) -> str:
    """`text` without case, punctuation and needless spaces, for telling sentences apart."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def examples(template: str, spec: IntentSpec | None, locale: SkillLocale, number: int) -> dict[str, str]:
    """Example values for the placeholders of `template`; other ones for other numbers."""
    found = {}
    for name in PLACEHOLDER.findall(template):
        values = locale.values(name, spec.slots.get(name) if spec else None) or (name,)
        found[name] = values[number % len(values)]
    return found


def filled(template: str, values: Mapping[str, str]) -> str:
    """`template` with values in its placeholders."""
    return PLACEHOLDER.sub(lambda match: values.get(match[1], match[1]), template)


@cache
def _manifest(text: bytes) -> SkillManifest:
    return msgspec.toml.decode(text, type=SkillManifest)


@cache
def _locale(text: bytes) -> SkillLocale:
    return msgspec.toml.decode(text, type=SkillLocale)


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

    def config(self) -> dict[str, str]:
        """The skill's settings: their defaults, and examples of what is required."""
        needed = {one.key: one.example for one in self.manifest().settings if one.required}
        return {**needed, **self.manifest().defaults}

    def web(self) -> FakeWeb:
        """The web, which answers what the skill's `samples/` hold."""
        return recorded(self.folder(), FakeClock(NOW))

    # -- what the cases use ----------------------------------------------------------------------------------------

    def manifest(self) -> SkillManifest:
        """The manifest, read strictly enough to find misspelt keys."""
        return _manifest(self.manifest_text())

    def locale(self) -> SkillLocale:
        """The sample utterances."""
        return fitted(_locale(self.locale_text()), self.manifest())

    def skill(self) -> Skill:
        """A fresh instance."""
        made = self.entry()
        assert isinstance(made, type), "the entry is no class"
        assert issubclass(made, Skill), "the entry is no Skill"
        return made()

    def value(self, type: str, text: str) -> object:
        """What NEXUS might make of `text` as a value of `type`: of that shape. Override where a handler needs others."""
        if type == "number":
            return int(text) if text.isascii() and text.isdigit() else _NUMBERS.get(text.casefold(), text)
        if type in _VALUES:
            return _VALUES[type] if text.strip() else text
        for value, synonyms in self.locale().types.get(type, {}).items():
            if text.casefold() in map(str.casefold, (value, *synonyms)):
                return value
        return text

    def utterances(self) -> Iterator[tuple[str, str]]:
        """Every template with its intent, placeholders filled."""
        for intent, text, _ in self.samples():
            yield intent, text

    def samples(self) -> Iterator[tuple[str, str, dict[str, SlotValue]]]:
        """Every template with its intent, placeholders filled, and the slots that the dialogue would fill from it."""
        manifest, locale, skill = self.manifest(), self.locale(), self.skill()
        for intent, templates in locale.utterances.items():
            spec = manifest.intents.get(intent)
            for number, template in enumerate(templates):
                values = examples(template, spec, locale, number)
                text = filled(template, values)
                slots = {name: self.slot(spec, name, said) for name, said in values.items() if said in text}
                yield intent, text, {**slots, **skill.slots(intent, text, in_language("en-US", self.language))}

    def slot(self, spec: IntentSpec | None, name: str, text: str) -> SlotValue:
        """A slot as the dialogue hands it to a handler."""
        declared = spec.slots.get(name) if spec else None
        return SlotValue(text, self.value(declared.type if declared else "text", text))

    def turn(
        self,
        intent: str,
        text: str,
        *,
        slots: dict[str, SlotValue] | None = None,
        locale: str = "",
        source: str = "model",
        dialogue: dict[str, Any] | None = None,
        confirmed: bool = False,
        state: dict[str, object] | None = None,
        last_reply: str = "",
        memories: Sequence[Memory] = MEMORIES,
        documents: Mapping[str, dict[str, Any]] | None = None,
        message_id: str = "m",
        config: Mapping[str, str] | None = None,
        web: FakeWeb | None = None,
    ) -> TurnContext:
        """A turn on a Monday evening in New York, in `language` unless a locale is given."""
        locale = locale or in_language("en-US", self.language)
        found = self.skill().slots(intent, text, locale) if slots is None else slots
        settings = self.config() if config is None else dict(config)
        return TurnContext(
            request=Request(
                app="contract", channel="toy", message_id=message_id, conversation="c", user="u", kind=RequestKind.UTTERANCE,
                received_at=NOW, deadline=NOW + 8.0, text=text, locale=locale,
            ),
            understanding=Understanding(intent, 0.9, slots=found, source=source),
            session=Session(seq=2, dialogue=dialogue, last_reply=last_reply),
            state=state or {},
            memories=FakeMemories(memories),
            documents=FakeDocuments(documents),
            clock=FakeClock(NOW),
            timezone="America/New_York",
            web=web or self.web(),
            called=FakeCalls(),
            config=settings,
            lacks=self.manifest().lacking(settings),
            skills=SKILLS,
            confirmed=confirmed,
            answers=self.locale().answers,
        )  # fmt: skip

    def of_nobody(self, turn: TurnContext) -> TurnContext:
        """The same turn as the handler of an intent with `cache_s` gets it: of a person that is not there."""
        question = Question(
            app=turn.request.app,
            intent=turn.intent,
            source=turn.understanding.source,
            locale=turn.locale,
            timezone=turn.timezone,
            text=turn.text if self.manifest().intents[turn.intent].cache_text else None,
            slots=turn.understanding.slots,
            config=dict(turn.config),
        )
        key = written(question)
        return turn_of(read(key) if key else question, self.web(), turn.answers, turn.skills, turn.lacks)

    def replies(self, turns: Iterable[TurnContext]) -> list[Reply]:
        """What a fresh instance answers to each turn."""
        skill = self.skill()

        async def ask() -> list[Reply]:
            return [await self.answer(skill, turn) for turn in turns]

        return asyncio.run(ask())

    def carry_out(self, skill: Skill, call: Call, *, broken: bool = False) -> None:
        """Carry out a call as the outbox would; that it could not be done, said in the agreed way, is all right."""
        web = self.web()
        web.broken = broken
        context = CallContext(
            name=call.name, content=call.content, key="k-1", config=self.config(), web=web, clock=FakeClock(NOW)
        )
        with suppress(DeliveryFailed, WebFailed):
            asyncio.run(skill.carry_out(context))

    async def answer(self, skill: Skill, turn: TurnContext) -> Reply:
        """What a dialogue gets: the skill's question where it asks first, else its handler's answer."""
        asks = turn.intent in skill.questions and not turn.confirmed
        return await (skill.ask_first(turn) if asks else skill.handle(turn))

    def usual_turns(self) -> list[TurnContext]:
        """Every sample utterance as the turns that a dialogue lets through: asked first, and agreed to."""
        return [turn for intent, text, slots in self.samples() for turn in self.turns_of(intent, text, slots)]

    def turns_of(self, intent: str, text: str, slots: dict[str, SlotValue], **more: Any) -> list[TurnContext]:
        """The turns of an intent with what it needs: required slots filled, effects agreed to; none where a slot is missing."""
        spec = self.manifest().intents.get(intent, IntentSpec(""))
        if any(slot.required and name not in slots for name, slot in spec.slots.items()):
            return []
        agreed = self.turn(intent, text, slots=slots, confirmed=spec.confirm, **more)
        if intent not in self.skill().questions:
            return [agreed]
        return [self.turn(intent, text, slots=slots, **more), agreed]

    def bare_turns(self) -> list[TurnContext]:
        """Every intent without a word, and with no slots but those it needs."""
        return [
            turn
            for intent in self.manifest().intents
            for turn in self.turns_of(intent, "", self.required(intent, self.fillings(intent)))
        ]

    def turns_saying(self, text: str) -> list[TurnContext]:
        """`text` as what was said, and as the value of every slot that any words can fill."""
        turns = []
        for intent, spec in self.manifest().intents.items():
            known = self.fillings(intent)
            turns += self.turns_of(intent, text, known)
            for slot, declared in spec.slots.items():
                if declared.type == "text":
                    turns += self.turns_of(intent, text, {**known, slot: SlotValue(text, text)})
        return turns

    def fillings(self, intent: str) -> dict[str, SlotValue]:
        """A value for each slot that has to be known before `intent` is handled."""
        spec, locale = self.manifest().intents[intent], self.locale()
        names = [name for name, slot in spec.slots.items() if slot.required]
        return {name: self.slot(spec, name, next(iter(locale.values(name, spec.slots[name])), name)) for name in names}

    def required(self, intent: str, slots: dict[str, SlotValue]) -> dict[str, SlotValue]:
        """Those of `slots` that `intent` needs."""
        spec = self.manifest().intents.get(intent, IntentSpec(""))
        return {name: value for name, value in slots.items() if name in spec.slots and spec.slots[name].required}
