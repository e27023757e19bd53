"""What a skill says about itself: `skill.toml` (SkillManifest) and `locales/<language>.toml` (SkillLocale).

All that platforms' language models are made of stands here: intents, typed slots, prompts, lists of values, utterances.
"""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct, field

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
_PERMISSION = re.compile(r"memories|documents|network:[a-z0-9.*-]+")


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
    """

    summary: str
    slots: dict[str, SlotSpec] = field(default_factory=dict)
    platform: tuple[str, ...] = ()
    confirm: bool = False
    effects: tuple[str, ...] = ()
    corrects: bool = False


class ListSpec(Struct, frozen=True):
    """A list of values that slots may have as their type. `open`: other words are taken as they are said, too."""

    open: bool = False


class SkillLocale(Struct, frozen=True):
    """A skill in one language.

    `utterances`: templates with `{slot}`, by intent. `slots`: example values, by slot. `prompts`: by intent and slot, the
    first wording and those for asking again; `confirm` and `confirm.SLOT` ask for a yes. `types`: the values of each list
    with their synonyms. `answers`: wordings that handlers choose from (`TurnContext.say`). `title`, `summary` and `examples`
    stand for those of the manifest, which are in English.
    """

    title: str = ""
    summary: str = ""
    examples: tuple[str, ...] = ()
    utterances: dict[str, tuple[str, ...]] = field(default_factory=dict)
    slots: dict[str, tuple[str, ...]] = field(default_factory=dict)
    prompts: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    types: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    answers: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def values(self, slot: str, spec: SlotSpec | None) -> tuple[str, ...]:
        """Values to show or to learn from: the slot's own examples, else what its list holds."""
        if slot in self.slots or spec is None:
            return self.slots.get(slot, ())
        return tuple(word for value, synonyms in self.types.get(spec.type, {}).items() for word in (value, *synonyms))


class SkillManifest(Struct, frozen=True):
    """`skill.toml`. `entry` is `module:Class` inside the skill's folder; `examples` are things worth trying, shown in help.

    `permissions` is what it reaches for besides the turn: `memories`, `documents`, `network:HOST`.
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


class SkillInfo(Struct, frozen=True):
    """What help needs to know of a skill, in one language."""

    name: str
    title: str
    summary: str
    examples: tuple[str, ...]


def complaints(manifest: SkillManifest, locales: Mapping[str, SkillLocale]) -> list[str]:
    """What is wrong with a skill's words about itself, for people to read; nothing if all fits together."""
    found = [*_of_manifest(manifest)]
    for language, locale in locales.items():
        found += [f"locales/{language}.toml {wrong}" for wrong in _of_locale(manifest, locale)]
    return found


def _of_manifest(manifest: SkillManifest) -> Iterator[str]:
    yield from (f"no permission is called {one}" for one in manifest.permissions if not _PERMISSION.fullmatch(one))
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


def _of_locale(manifest: SkillManifest, locale: SkillLocale) -> Iterator[str]:
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
