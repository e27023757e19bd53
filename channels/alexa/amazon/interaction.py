"""An interaction model as the twin uses it: which intent somebody's words mean, and what a dialogue still has to ask.

https://developer.amazon.com/docs/smapi/interaction-model-schema.html
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Self

import msgspec
from msgspec import Struct

Facts = Mapping[str, Any]
Kind = Literal["slot", "confirm_slot", "confirm_intent"]


class _Model(Struct, frozen=True, rename="camel"):
    """A part of the schema; what is not named here is skipped."""


class SlotOf(_Model, frozen=True):
    """A slot of an intent, and how people answer when they are asked for it."""

    name: str
    type: str
    samples: tuple[str, ...] = ()


class Intent(_Model, frozen=True):
    """An intent and how people say it."""

    name: str
    slots: tuple[SlotOf, ...] = ()
    samples: tuple[str, ...] = ()


class ValueName(_Model, frozen=True):
    """A value's canonical name, and other words for it."""

    value: str
    synonyms: tuple[str, ...] = ()


class Value(_Model, frozen=True):
    """A value of a slot type."""

    name: ValueName
    id: str | None = None


class SlotType(_Model, frozen=True):
    """A slot type of the developer's own."""

    name: str
    values: tuple[Value, ...] = ()


class Prompts(_Model, frozen=True):
    """Which prompts Alexa speaks."""

    elicitation: str = ""
    confirmation: str = ""


class DialogSlot(_Model, frozen=True):
    """What a dialogue must know about a slot."""

    name: str
    elicitation_required: bool = False
    confirmation_required: bool = False
    prompts: Prompts = Prompts()


class DialogIntent(_Model, frozen=True):
    """What a dialogue must know before the intent is complete."""

    name: str
    confirmation_required: bool = False
    prompts: Prompts = Prompts()
    slots: tuple[DialogSlot, ...] = ()


class Dialog(_Model, frozen=True):
    """All dialogues."""

    intents: tuple[DialogIntent, ...] = ()


class Variation(_Model, frozen=True):
    """One way to say a prompt."""

    value: str


class Prompt(_Model, frozen=True):
    """What Alexa says."""

    id: str
    variations: tuple[Variation, ...] = ()


class Language(_Model, frozen=True):
    """Intents and slot types."""

    invocation_name: str = ""
    intents: tuple[Intent, ...] = ()
    types: tuple[SlotType, ...] = ()


class Schema(_Model, frozen=True):
    """The model without its frame."""

    language_model: Language
    dialog: Dialog = Dialog()
    prompts: tuple[Prompt, ...] = ()


class _File(_Model, frozen=True):
    interaction_model: Schema


class Step(Struct, frozen=True):
    """What a dialogue asks next: for a slot, whether a slot is right, or whether all of it is."""

    kind: Kind
    slot: str = ""
    prompt: str = ""


class Meant(Struct, frozen=True):
    """What words mean: the intent, its slots as they were said, and how many words of a sample were recognised."""

    intent: str
    slots: dict[str, str]
    words: int
    resolved: int = 0


class InteractionModel:
    """One locale's model of one skill."""

    def __init__(self, schema: Schema) -> None:
        language = schema.language_model
        self.intents = {intent.name: intent for intent in language.intents}
        self._dialogs = {intent.name: intent for intent in schema.dialog.intents}
        self._types = {type_.name: type_ for type_ in language.types}
        self._prompts = {prompt.id: prompt for prompt in schema.prompts}
        self._samples = [
            (intent, _pattern(sample), _literal(sample)) for intent in language.intents for sample in intent.samples
        ]

    @classmethod
    def read(cls, model: Path | Facts) -> Self:
        """The model in a file as the developer console exports it, or in what such a file holds."""
        if isinstance(model, Path):
            return cls(msgspec.json.decode(model.read_bytes(), type=_File).interaction_model)
        return cls(msgspec.convert(model, _File).interaction_model)

    def meant(self, text: str) -> Meant | None:
        """The intent whose samples fit best: known values before unknown ones, then more words in common."""
        found = [meant for one in self._samples if (meant := self._fits(one, text)) is not None]
        return max(found, key=lambda meant: (meant.resolved, meant.words), default=None)

    def _fits(self, sample: tuple[Intent, re.Pattern[str], int], text: str) -> Meant | None:
        intent, pattern, words = sample
        match = pattern.fullmatch(_spoken(text))
        if match is None:
            return None
        slots = {name: value for name, value in match.groupdict().items() if value}
        known = [name for name, value in slots.items() if self.value(intent.name, name, value) is not None]
        return Meant(intent.name, slots, words, len(known) - len(slots))

    def slot_names(self, intent: str) -> tuple[str, ...]:
        """The slots that an intent has."""
        return tuple(slot.name for slot in self.intents[intent].slots) if intent in self.intents else ()

    def value(self, intent: str, slot: str, text: str) -> Value | None:
        """The value of a slot type of the developer's own that `text` is, or None."""
        type_ = next((one.type for one in self._slots(intent) if one.name == slot), "")
        for value in self._types[type_].values if type_ in self._types else ():
            if _spoken(text) in map(_spoken, (value.name.value, *value.name.synonyms)):
                return value
        return None

    def type_of(self, intent: str, slot: str) -> str | None:
        """The developer's own type of a slot; None for Amazon's."""
        return next((one.type for one in self._slots(intent) if one.name == slot and one.type in self._types), None)

    def answer(self, intent: str, slot: str, text: str) -> str:
        """What of an answer to the question for a slot is its value."""
        for one in self._slots(intent):
            for sample in one.samples if one.name == slot else ():
                match = _pattern(sample).fullmatch(_spoken(text))
                if match is not None and match.groupdict().get(slot):
                    return match[slot]
        return text

    def next_step(self, intent: Facts) -> Step | None:
        """What the dialogue about `intent` (as a request holds it) has to ask; None where it is complete."""
        dialog = self._dialogs.get(str(intent["name"]))
        return next(self._steps(dialog, intent), None) if dialog is not None else None

    def _steps(self, dialog: DialogIntent, intent: Facts) -> Iterator[Step]:
        slots: Facts = intent.get("slots") or {}
        if intent.get("confirmationStatus") == "DENIED":
            return
        for one in dialog.slots:
            slot = slots.get(one.name, {})
            status = slot.get("confirmationStatus", "NONE")
            if (one.elicitation_required and not slot.get("value")) or status == "DENIED":
                yield Step("slot", one.name, self._prompt(one.prompts.elicitation, slots))
            elif one.confirmation_required and slot.get("value") and status == "NONE":
                yield Step("confirm_slot", one.name, self._prompt(one.prompts.confirmation, slots))
        if dialog.confirmation_required and intent.get("confirmationStatus", "NONE") == "NONE":
            yield Step("confirm_intent", "", self._prompt(dialog.prompts.confirmation, slots))

    def _prompt(self, name: str, slots: Facts) -> str:
        prompt = self._prompts.get(name)
        words = prompt.variations[0].value if prompt is not None and prompt.variations else ""
        return re.sub(r"\{(\w+)\}", lambda match: str(slots.get(match[1], {}).get("value", match[1])), words)

    def _slots(self, intent: str) -> tuple[SlotOf, ...]:
        return self.intents[intent].slots if intent in self.intents else ()


def _spoken(text: str) -> str:
    """Words as speech recognition writes them: lower case, no punctuation."""
    return " ".join(re.sub(r"[^\w'’{}]+", " ", text.casefold()).split())


def _pattern(sample: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", sample)
    pieces = [
        f"(?P<{part}>.+?)" if number % 2 else re.escape(_spoken(part)).replace(r"\ ", r"\s+")
        for number, part in enumerate(parts)
    ]
    return re.compile(r"\s*".join(piece for piece in pieces if piece), re.IGNORECASE)


def _literal(sample: str) -> int:
    return len(_spoken(re.sub(r"\{\w+\}", " ", sample)).split())
