"""What a skill says about itself: `skill.toml` (SkillManifest) and `locales/<language>.toml` (SkillLocale).

All that platforms' language models are made of stands here: intents, typed slots, prompts, lists of values, utterances.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from msgspec import Struct, field
from msgspec.structs import replace

from shared.effects import ASK_FIRST, EFFECTS

VALUE_TYPES = frozenset(
    {
        "text",
        "number",
        "ordinal",
        "percentage",
        "date",
        "time",
        "datetime",
        "duration",
        "money",
        "phone",
        "email",
        "url",
        "quantity",
        "place",
        "choice",
        "boolean",
    }
)
"""The types of values that NEXUS knows. `text` is whatever was said; all others are checked and resolved."""

CONFIRM = "confirm"
"""The prompt that asks before an intent is handled; `confirm.NAME` asks whether the slot NAME is right."""

PLACEHOLDER = re.compile(r"\{(\w+)\}")
NOT_SET_UP = "not_set_up"
"""The answer of a skill that lacks a setting it cannot do without."""

NETWORK = "network:"
_PERMISSION = re.compile(r"memories|documents|network:(?:(?:\*\.)?[a-z0-9.-]+|\{[a-z][a-z0-9_]*\})")
LONGEST_CACHED_S = 604_800.0
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


class SlotSpec(Struct, frozen=True):
    """A slot of an intent. `type` is a value type or the name of a list in the manifest's `types`.

    `required`: it is asked for before the intent is handled. `confirm`: its value is said back and has to be agreed to.
    """

    type: str = "text"
    required: bool = False
    confirm: bool = False


class IntentSpec(Struct, frozen=True):
    """An intent: what it is for, its slots, and the platforms' intents that mean the same (`AMAZON.HelpIntent`).

    `effects` names what its handler may do (see shared/effects.py); what else it does is refused. `confirm`: it is handled
    only after the person agreed, as it must be where an effect cannot be taken back or reaches others. `corrects`: its
    handler is run again when the person corrects at once what was done ("no, at six"), with `turn.understanding.source`
    CORRECTION, and replaces what it did; without it such a correction would do the same twice, and is not taken for one.
    `cache_s`: its answer depends on nobody, so that it may be given for so many seconds to everybody who asks the same; its
    handler sees no person (shared/impersonal.py). `cache_text`: the words of the question count too, and it may read them.
    """

    summary: str
    slots: dict[str, SlotSpec] = field(default_factory=dict)
    platform: tuple[str, ...] = ()
    confirm: bool = False
    effects: tuple[str, ...] = ()
    corrects: bool = False
    cache_s: float = 0.0
    cache_text: bool = False


class ListSpec(Struct, frozen=True):
    """A list of values that slots may have as their type. `open`: other words are taken as they are said, too.

    `ids`: the values are identifiers, the same in every language; what one is called there is its first synonym.
    """

    open: bool = False
    ids: bool = False


class SkillSetting(Struct, frozen=True):
    """One `[[settings]]`: what an operator may tell a skill, as `NEXUS_SKILL_<NAME>_<KEY>` or by `nexus skills configure`.

    `help` says what it means, `example` how a value looks. Without a `required` one the skill answers `not_set_up` to everything.
    """

    key: str
    help: str
    secret: bool = False
    required: bool = False
    default: str = ""
    example: str = ""


class SkillLocale(Struct, frozen=True):
    """A skill in one language.

    `utterances`: templates with `{slot}`, by intent. `slots`: example values, by slot. `prompts`: by intent and slot, the
    first wording and those for asking again; `confirm` and `confirm.SLOT` ask for a yes. `types`: the values of each list
    with their synonyms. `answers`: wordings that handlers choose from (`TurnContext.say`). `title`, `summary` and `examples`
    stand for those of the manifest, which are in English. `ids` is filled in by `fitted`: the lists whose values are identifiers.
    """

    title: str = ""
    summary: str = ""
    examples: tuple[str, ...] = ()
    ids: frozenset[str] = frozenset()
    utterances: dict[str, tuple[str, ...]] = field(default_factory=dict)
    slots: dict[str, tuple[str, ...]] = field(default_factory=dict)
    prompts: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    types: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    answers: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def values(self, slot: str, spec: SlotSpec | None) -> tuple[str, ...]:
        """Values to show or to learn from: the slot's own examples, else what its list holds."""
        if slot in self.slots or spec is None:
            return self.slots.get(slot, ())
        return tuple(word for name, others in self.names(spec.type).items() for word in (name, *others))

    def names(self, type: str) -> dict[str, tuple[str, ...]]:
        """What the values of a list are called, each with its other names."""
        values = self.types.get(type, {})
        return {rest[0]: rest[1:] for rest in values.values() if rest} if type in self.ids else values

    def shown(self, type: str, value: str) -> str:
        """What a value of a list is called in this language."""
        synonyms = self.types.get(type, {}).get(value, ())
        return synonyms[0] if type in self.ids and synonyms else value


class SkillManifest(Struct, frozen=True):
    """`skill.toml`. `entry` is `module:Class` inside the skill's folder; `examples` are things worth trying, shown in help.

    `permissions` is what it reaches for besides the turn: `memories`, `documents`, `network:HOST` (`network:*.HOST`), and
    `network:{KEY}` for wherever the URLs in its setting KEY lead.
    """

    name: str
    title: str
    summary: str
    entry: str
    intents: dict[str, IntentSpec]
    examples: tuple[str, ...] = ()
    version: str = "1.0.0"
    types: dict[str, ListSpec] = field(default_factory=dict)
    permissions: tuple[str, ...] = ()
    settings: tuple[SkillSetting, ...] = ()

    def lacking(self, config: Mapping[str, str]) -> tuple[str, ...]:
        """The required settings that `config` has no value for."""
        return tuple(one.key for one in self.settings if one.required and not config.get(one.key, "").strip())

    @property
    def defaults(self) -> dict[str, str]:
        """The settings that have a value without anybody's doing."""
        return {one.key: one.default for one in self.settings if one.default}


class SkillInfo(Struct, frozen=True):
    """What help needs to know of a skill, in one language."""

    name: str
    title: str
    summary: str
    examples: tuple[str, ...]


def fitted(locale: SkillLocale, manifest: SkillManifest) -> SkillLocale:
    """A locale as it was read, with what its manifest says about it."""
    return replace(locale, ids=frozenset(name for name, spec in manifest.types.items() if spec.ids))


def complaints(manifest: SkillManifest, locales: Mapping[str, SkillLocale]) -> list[str]:
    """What is wrong with a skill's words about itself, for people to read; nothing if all fits together."""
    found = [*_of_manifest(manifest)]
    for language, locale in locales.items():
        found += [f"locales/{language}.toml {wrong}" for wrong in _of_locale(manifest, locale)]
    return [*found, *_of_ids(manifest, locales)]


def _of_ids(manifest: SkillManifest, locales: Mapping[str, SkillLocale]) -> Iterator[str]:
    for name in (name for name, spec in manifest.types.items() if spec.ids):
        known = {value for locale in locales.values() for value in locale.types.get(name, {})}
        for language, locale in locales.items():
            values = locale.types.get(name, {})
            for value in sorted(known):
                if not values.get(value):
                    yield f"locales/{language}.toml has no word for {value} in [types.{name}]"


def _of_manifest(manifest: SkillManifest) -> Iterator[str]:
    yield from (f"no permission is called {one}" for one in manifest.permissions if not _PERMISSION.fullmatch(one))
    yield from _of_settings(manifest)
    yield from (f"{name} is a type of value already" for name in manifest.types if name in VALUE_TYPES)
    for intent, spec in manifest.intents.items():
        for slot, of in spec.slots.items():
            if of.type not in VALUE_TYPES and of.type not in manifest.types:
                yield f"{intent}: the type {of.type} of {slot} is neither a type of value nor a list in [types]"
            if slot == CONFIRM:
                yield f"{intent}: no slot can be called {slot}"
        yield from (f"{intent}: no effect is called {name}" for name in spec.effects if name not in EFFECTS)
        risky = [name for name in spec.effects if name in ASK_FIRST]
        if risky and not spec.confirm:
            yield f"{intent}: may {', '.join(risky)} and does not ask first (confirm = true)"
        yield from (f"{intent}: {wrong}" for wrong in _of_cache(spec))


def _of_cache(spec: IntentSpec) -> Iterator[str]:
    """What is answered from a cache depends on nobody: it does nothing for anybody, and waits for nobody's yes."""
    if not 0.0 <= spec.cache_s <= LONGEST_CACHED_S:
        yield f"cache_s is a number of seconds up to {LONGEST_CACHED_S:.0f}"
    if spec.cache_text and not spec.cache_s:
        yield "cache_text says nothing without cache_s"
    if spec.cache_s and (spec.effects or spec.confirm):
        yield "what has effects or asks first cannot be answered from a cache (cache_s)"


def _of_settings(manifest: SkillManifest) -> Iterator[str]:
    """Keys that can be part of a variable's name, said once; and hosts of settings that are there, by https unless told."""
    known = {one.key: one for one in manifest.settings}
    yield from (f"{key!r} cannot be the key of a setting" for key in known if not _KEY.fullmatch(key))
    if len(known) < len(manifest.settings):
        yield "two settings have the same key"
    yield from (f"the setting {one.key} does not say what it means" for one in known.values() if not one.help.strip())
    for key in (one[len(NETWORK) + 1 : -1] for one in manifest.permissions if one.startswith(f"{NETWORK}{{")):
        if key not in known:
            yield f"{NETWORK}{{{key}}}: there is no setting {key}"
        elif any(urlsplit(url).scheme != "https" for url in known[key].default.split()):
            yield f"the default of the setting {key} is no https URL"


def _of_locale(manifest: SkillManifest, locale: SkillLocale) -> Iterator[str]:
    if any(one.required for one in manifest.settings) and not any(locale.answers.get(NOT_SET_UP, ())):
        yield f'has no words for what is not set up: [answers] {NOT_SET_UP} = ["…"]'
    unknown = sorted(set(locale.utterances) - set(manifest.intents))
    if unknown:
        yield f"has utterances of unknown intents: {', '.join(unknown)}"
    for intent in sorted(set(locale.prompts) - set(manifest.intents)):
        yield f"has prompts of the unknown intent {intent}"
    for name in sorted(set(manifest.types) ^ set(locale.types)):
        yield f"has no [types.{name}]" if name in manifest.types else f"has values of the unknown list {name}"
    for intent, spec in manifest.intents.items():
        yield from _of_prompts(intent, spec, locale.prompts.get(intent, {}))


def _of_prompts(intent: str, spec: IntentSpec, prompts: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    needed = prompts_needed(spec)
    for name in needed:
        if not any(words.strip() for words in prompts.get(name, ())):
            yield f'has no question for {name} of {intent}: [prompts."{intent}"] {name} = ["…"]'
    allowed = {*needed, *spec.slots}
    for name in sorted(set(prompts) - allowed):
        yield f"has a prompt of {intent} for {name}, which is never asked"
    for name, wordings in prompts.items():
        strange = {slot for words in wordings for slot in PLACEHOLDER.findall(words)} - set(spec.slots)
        if strange:
            yield f"{intent}: the prompt {name} names unknown slots: {', '.join(sorted(strange))}"


def prompts_needed(spec: IntentSpec) -> tuple[str, ...]:
    """The prompts that every language must have."""
    required = [name for name, slot in spec.slots.items() if slot.required]
    checked = [f"{CONFIRM}.{name}" for name, slot in spec.slots.items() if slot.confirm]
    return (*required, *checked, *([CONFIRM] if spec.confirm else []))
