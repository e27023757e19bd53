"""Skills as exporters see them: every intent in one language, what becomes of it, and what was left out."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from core.skillbook import LoadedSkill
from shared.manifest import PLACEHOLDER, IntentSpec, SkillLocale

Json = dict[str, Any]


class LeftOut(Struct, frozen=True):
    """What a platform cannot take: of which skill and intent, what (a sample, a slot, a value), and why."""

    skill: str
    intent: str
    what: str
    why: str

    def __str__(self) -> str:
        return f"{': '.join(part for part in (self.skill, self.intent, self.what) if part)}: left out, {self.why}"


Losses = list[LeftOut]


class Export(Struct, frozen=True):
    """Files by their path, as the JSON values they hold or as texts (`.md`), and what is not in them."""

    files: dict[str, Any]
    left_out: tuple[LeftOut, ...] = ()


class Chosen(Struct, frozen=True):
    """The skills to export. `claimed`: intents whose exported name belongs to another one, and that other one."""

    skills: tuple[LoadedSkill, ...]
    claimed: Mapping[str, str] = field(default_factory=dict)

    def type_values(self, language: str) -> Iterator[tuple[str, str, bool, dict[str, tuple[str, ...]]]]:
        """Skill, list, whether it is open, and its values with their synonyms in a language; no empty ones."""
        for one in self.skills:
            for name in one.locale(language).types if language in one.locales else ():
                if values := one.locale(language).names(name):
                    yield one.manifest.name, name, one.manifest.types[name].open, values


class Meaning(Struct, frozen=True):
    """One intent in one language."""

    skill: str
    intent: str
    spec: IntentSpec
    words: SkillLocale
    loaded: LoadedSkill

    @property
    def samples(self) -> tuple[str, ...]:
        """Its templates."""
        return self.words.utterances.get(self.intent, ())

    def prompts(self, name: str) -> tuple[str, ...]:
        """The wordings of a question."""
        return self.words.prompts.get(self.intent, {}).get(name, ())

    def values(self, slot: str) -> dict[str, tuple[str, ...]]:
        """The values of a slot's list with their synonyms; none for other types."""
        return self.words.names(self.spec.slots[slot].type)

    def is_open(self, slot: str) -> bool:
        """Whether other words than the values of a slot's list are taken."""
        return self.loaded.manifest.types[self.spec.slots[slot].type].open

    def examples(self, slot: str) -> tuple[str, ...]:
        """Values of a slot, as people say them."""
        return self.words.values(slot, self.spec.slots.get(slot))

    def lost(self, what: str, why: str) -> LeftOut:
        """A note that `what` of it is left out."""
        return LeftOut(self.skill, self.intent, what, why)


def language_of(locale: str) -> str:
    """`en` of `en-GB`."""
    return re.split("[-_]", locale)[0].lower()


def meanings(chosen: Chosen, locale: str, losses: Losses) -> list[Meaning]:
    """Every intent that has words in the language of `locale`."""
    found, language = [], language_of(locale)
    for one in chosen.skills:
        name = one.manifest.name
        if language not in one.locales:
            losses.append(LeftOut(name, "", locale, f"it has no locales/{language}.toml"))
            continue
        words = one.locales[language]
        found += [Meaning(name, intent, spec, words, one) for intent, spec in one.manifest.intents.items()]
    return found


def filled(meaning: Meaning, template: str, number: int) -> list[tuple[str, str]]:
    """A template in parts, each with the slot that it is an example of, or "". Other numbers take other examples."""
    parts = []
    for place, piece in enumerate(PLACEHOLDER.split(template)):
        values = meaning.examples(piece) if place % 2 else ()
        text = values[number % len(values)] if values else piece
        parts.append((text, piece if place % 2 else ""))
    return [part for part in parts if part[0]]


def unclaimed(chosen: Chosen, found: Sequence[Meaning], losses: Losses) -> list[Meaning]:
    """Those whose exported name is theirs alone."""
    for one in found:
        if one.intent in chosen.claimed:
            losses.append(one.lost("", f"its exported name belongs to {chosen.claimed[one.intent]}"))
    return [one for one in found if one.intent not in chosen.claimed]


def fitting(meaning: Meaning, rule: "re.Pattern[str]", wanted: str, losses: Losses) -> Meaning:
    """`meaning` with only those slots whose names a platform takes, and without the samples that need others."""
    good = {name: spec for name, spec in meaning.spec.slots.items() if rule.fullmatch(name)}
    bad = [name for name in meaning.spec.slots if name not in good]
    losses += [meaning.lost(f"the slot {name}", f"a name is made of {wanted}") for name in bad]
    kept = []
    for sample in meaning.samples:
        strange = [name for name in PLACEHOLDER.findall(sample) if name not in good]
        if strange:
            losses.append(meaning.lost(repr(sample), f"it needs the slot {strange[0]}"))
        else:
            kept.append(sample)
    utterances = {**meaning.words.utterances, meaning.intent: tuple(kept)}
    return replace(meaning, spec=replace(meaning.spec, slots=good), words=replace(meaning.words, utterances=utterances))
