"""The skills that are loaded, and which of them answers what."""

from collections.abc import Sequence

from msgspec import Struct

from core.understanding.rows import Row, Slot
from shared.errors import PluginInvalid
from shared.manifest import PLACEHOLDER, IntentSpec, SkillInfo, SkillLocale, SkillManifest
from shared.skill import Skill


class SkillFailed(Exception):
    """A skill (or a door's own answer) called `name` failed; `why` says how, without anything that was said."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"skill {name} failed: {why}")
        self.name = name


class LoadedSkill(Struct, frozen=True):
    """A skill with its manifest and its languages (`en` -> SkillLocale).

    `edition` is another one whenever a file of the skill is; "" for a skill of whose answers none is cached.
    """

    manifest: SkillManifest
    skill: Skill
    locales: dict[str, SkillLocale]
    edition: str = ""

    def locale(self, language: str) -> SkillLocale:
        """The skill's words in a language; where it has none, in English or the first it has."""
        return self.locales.get(language) or self.locales.get("en") or next(iter(self.locales.values()), NO_WORDS)


NO_WORDS = SkillLocale()
NOTHING_DECLARED = IntentSpec("")


class SkillBook:
    """Finds the skill of an intent. Raises PluginInvalid if two skills claim the same intent or platform intent."""

    def __init__(self, loaded: Sequence[LoadedSkill]) -> None:
        self.loaded = tuple(loaded)
        self._by_intent: dict[str, LoadedSkill] = {}
        self._by_platform: dict[str, str] = {}
        for one in loaded:
            self._add(one)

    def _add(self, one: LoadedSkill) -> None:
        name = one.manifest.name
        for intent, spec in one.manifest.intents.items():
            if intent in self._by_intent:
                raise PluginInvalid(f"skill {name}: intent {intent} belongs to {self._by_intent[intent].manifest.name}")
            self._by_intent[intent] = one
            for platform_name in spec.platform:
                if platform_name in self._by_platform:
                    raise PluginInvalid(
                        f"skill {name}: {platform_name} means {self._by_platform[platform_name]} already"
                    )
                self._by_platform[platform_name] = intent

    def of(self, intent: str) -> LoadedSkill | None:
        """The skill that answers `intent`, or None."""
        return self._by_intent.get(intent)

    def spec(self, intent: str) -> IntentSpec:
        """What is declared of `intent`; nothing for one that is unknown."""
        one = self._by_intent.get(intent)
        return one.manifest.intents[intent] if one is not None else NOTHING_DECLARED

    def from_platform(self, name: str) -> str | None:
        """Our intent for what a platform calls `name`, or None."""
        return name if name in self._by_intent else self._by_platform.get(name)

    def infos(self, language: str) -> tuple[SkillInfo, ...]:
        """What help tells of every skill, in a language where the skill speaks it."""
        return tuple(_info(one.manifest, one.locales.get(language, NO_WORDS)) for one in self.loaded)

    def languages(self) -> tuple[str, ...]:
        """The languages that some skill speaks, English first: it serves those that have no model of their own."""
        found = {language for one in self.loaded for language in one.locales}
        return tuple(sorted(found, key=lambda language: (language != "en", language)))

    def utterances(self, language: str) -> dict[str, tuple[Row, ...]]:
        """The sample sentences of every intent in one language, placeholders filled; each row knows where its slots are."""
        found: dict[str, tuple[Row, ...]] = {}
        for one in self.loaded:
            locale = one.locales.get(language)
            if locale is not None:
                found.update(_expanded(one.manifest, locale))
        return found


def _info(manifest: SkillManifest, words: SkillLocale) -> SkillInfo:
    title, summary = words.title or manifest.title, words.summary or manifest.summary
    return SkillInfo(manifest.name, title, summary, words.examples or manifest.examples)


_EXAMPLES_A_TEMPLATE = 2


def _expanded(manifest: SkillManifest, locale: SkillLocale) -> dict[str, tuple[Row, ...]]:
    found = {}
    for intent, templates in locale.utterances.items():
        spec = manifest.intents.get(intent, NOTHING_DECLARED)
        examples = {**locale.slots, **{name: locale.values(name, slot) for name, slot in spec.slots.items()}}
        rows = (row for n, template in enumerate(templates) for row in _fill(intent, template, examples, n))
        found[intent] = tuple(rows)
    return found


def _fill(intent: str, template: str, examples: dict[str, tuple[str, ...]], start: int) -> list[Row]:
    """A few sentences of one template. Neighbouring templates take other examples, so that all get used."""
    names = [name for name, values in examples.items() if values and f"{{{name}}}" in template]
    if not names:
        return [Row(template, intent)]
    rows = []
    for step in range(_EXAMPLES_A_TEMPLATE):
        place = start * _EXAMPLES_A_TEMPLATE + step
        rows.append(
            _filled(intent, template, {n: examples[n][(place + i) % len(examples[n])] for i, n in enumerate(names)})
        )
    return list({row.text: row for row in rows}.values())


def _filled(intent: str, template: str, values: dict[str, str]) -> Row:
    """A template with values in place of their names, and where they stand."""
    text, end = "", 0
    slots = []
    for place in PLACEHOLDER.finditer(template):
        value = values.get(place[1])
        if value is None:
            continue
        text += template[end : place.start()]
        slots.append(Slot(place[1], len(text), len(text) + len(value), value))
        text, end = text + value, place.end()
    return Row(text + template[end:], intent, tuple(slots))
