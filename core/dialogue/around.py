"""What is around a dialogue in one turn, and what it needs to know of skills: specs, words, values."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from core.dialogue.state import size
from core.dialogue.values import Values
from core.skillbook import NO_WORDS, LoadedSkill, SkillBook, SkillFailed
from core.understanding.values import Context, Span
from shared.locales import in_language, language_of
from shared.manifest import IntentSpec, SkillLocale, SlotSpec
from shared.skill import Skill
from shared.turn import Request, SlotValue, Understanding

SAID = SlotSpec()
_MOMENTS = frozenset({"date", "time", "datetime"})
_NEVER_FOUND = frozenset({"text", "boolean"})  # any words are a text, and a "no" somewhere is no value


class Around(Struct, frozen=True):
    """Skills, values, the request, when and where. `last_reply` is what was said last.

    `request.locale` is the one to speak; `own_locale` is the channel's, which a person may have left for another language.
    """

    book: SkillBook
    values: Values
    request: Request
    now: float
    timezone: str = "UTC"
    last_reply: str = ""
    own_locale: str = ""

    @property
    def language(self) -> str:
        """The language to speak: `en`."""
        return language_of(self.request.locale)

    def speaking(self, language: str) -> "Around":
        """The same with another language to speak; "" leaves it as it is."""
        locale = in_language(self.own_locale or self.request.locale, language) if language else self.request.locale
        return self if locale == self.request.locale else replace(self, request=replace(self.request, locale=locale))

    def skill(self, intent: str) -> LoadedSkill | None:
        """The skill of an intent."""
        return self.book.of(intent)

    def spec(self, intent: str) -> IntentSpec:
        """What is declared of an intent."""
        return self.book.spec(intent)

    def words(self, intent: str) -> SkillLocale:
        """The words of an intent's skill in the language to speak."""
        skill = self.skill(intent)
        return skill.locale(self.language) if skill else NO_WORDS

    def type_of(self, intent: str, slot: str) -> str:
        """The type of a slot; `text` for one that is not declared."""
        return self.spec(intent).slots.get(slot, SAID).type

    def is_list(self, intent: str, slot: str) -> bool:
        """Whether the values of a slot are a list of the skill's."""
        return self.type_of(intent, slot) in self.words(intent).types

    def is_text(self, intent: str, slot: str) -> bool:
        """Whether any words are an answer."""
        return self.type_of(intent, slot) == "text"

    def is_foreign(self, intent: str) -> bool:
        """Whether the platform understood an intent by itself, and another one than this."""
        asked = self.request.intent
        return asked is not None and self.book.from_platform(asked.name) != intent

    def text(self, heard: Understanding) -> str:
        """What was said, or the part of it that `heard` is about."""
        return heard.text or self.request.text

    # -- values ----------------------------------------------------------------------------------------------------

    def resolve(self, intent: str, slot: str, text: str) -> SlotValue | None:
        """`text`, all of it, as the value of a slot; None where it is none."""
        text = text.strip()
        if not text or self.is_text(intent, slot):
            return SlotValue(text, text) if text else None
        value = self.values.resolve(self.type_of(intent, slot), text, self.context(intent))
        if value is None or not size(value):
            return SlotValue(text, text) if self._is_open(intent, slot) else None
        return value

    def agrees(self, text: str) -> bool | None:
        """Whether `text` is a yes (True), a no (False), or neither (None)."""
        value = self.values.resolve("boolean", text, self.context("")) if text else None
        return value.value if value is not None else None

    def find(self, intent: str, text: str, first: str = "") -> dict[str, SlotValue]:
        """The values of an intent's slots that stand somewhere in `text`; a single one of a type is that of `first`."""
        slots: dict[str, list[str]] = {}
        for name, spec in self.spec(intent).slots.items():
            if spec.type not in _NEVER_FOUND:
                slots.setdefault(spec.type, []).append(name)
        found: dict[str, SlotValue] = {}
        for type_, spans in self._apart(intent, text, tuple(slots), self.type_of(intent, first)).items():
            names = slots[type_] if len(spans) > 1 else sorted(slots[type_], key=lambda name: name != first)
            for name, span in zip(names, spans, strict=False):
                found[name] = SlotValue(text[span.start : span.end], span.value)
        return {name: value for name, value in found.items() if size(value)}

    def _apart(self, intent: str, text: str, types: tuple[str, ...], first: str) -> dict[str, list[Span]]:
        """The values of `types` in `text`, those of each type in order. Of two in one place the longer, or the one of `first`.

        A value of a list and a moment may share words: "every monday at nine" says how often, and when.
        """
        context = self.context(intent)
        every = [(span, type_) for type_ in types for span in self.values.find(type_, text, context)]
        kept: list[tuple[Span, str]] = []
        for span, type_ in sorted(every, key=lambda one: (one[0].start - one[0].end, one[1] != first)):
            lists = self.words(intent).types
            if all(_beside(span, other) or _share(type_, of, lists) for other, of in kept):
                kept.append((span, type_))
        kept.sort(key=lambda one: one[0].start)
        return {type_: [span for span, of in kept if of == type_] for type_ in types}

    def own(self, intent: str, text: str) -> dict[str, SlotValue]:
        """The slots that the skill itself finds in `text`. Raises SkillFailed."""
        skill = self.skill(intent)
        if skill is None or not text:
            return {}
        try:
            return skill.skill.slots(intent, text, self.request.locale)
        except Exception as error:
            raise SkillFailed(skill.manifest.name, type(error).__name__) from error

    def slots(self, heard: Understanding) -> dict[str, SlotValue]:
        """All slots of what was understood: the platform's own win, then what the skill finds, then the model's, then types'.

        Where the model's words have no value, or a type sees the same words within what was said, the type knows more; so it
        does where it gives these words to a slot that the model leaves empty ("between Paris and Sydney").
        """
        intent, text = heard.intent or "", self.text(heard)
        told = self._told(intent, heard)
        typed = self._by_type(intent, text)
        model = {} if heard.source == "platform" else self._checked(intent, heard.slots)
        left = {value.text.casefold() for name, value in typed.items() if name not in model}
        kept = {name: value for name, value in model.items() if not _says_more(typed.get(name), value, left)}
        found = {**typed, **kept, **self.own(intent, text), **told}
        return {name: value for name, value in found.items() if size(value)}

    def _told(self, intent: str, heard: Understanding) -> dict[str, SlotValue]:
        """The slots that the platform resolved."""
        asked = self.request.intent
        return self._checked(intent, asked.slots) if asked is not None and heard.source == "platform" else {}

    def _by_type(self, intent: str, text: str) -> dict[str, SlotValue]:
        skill = self.skill(intent)
        alone = skill is None or type(skill.skill).slots is not Skill.slots  # it knows better than types do
        return {} if alone or not text else self.find(intent, text)

    def _checked(self, intent: str, slots: dict[str, SlotValue]) -> dict[str, SlotValue]:
        found = {name: self._value(intent, name, value) for name, value in slots.items()}
        return {name: value for name, value in found.items() if value is not None}

    def _value(self, intent: str, name: str, said: SlotValue) -> SlotValue | None:
        """A value as the slot's type has it; what somebody else resolved is taken as it is; None for what no list holds."""
        others = said.value not in (None, said.text)
        if self.is_text(intent, name) and said.value is None:
            return SlotValue(said.text, said.text)
        if self.is_text(intent, name) or (others and not self.is_list(intent, name)):
            return said
        if isinstance(said.value, str) and said.value in self.words(intent).types.get(self.type_of(intent, name), {}):
            return said
        resolved = self.resolve(intent, name, said.text)
        if resolved is None:
            return None if self.is_list(intent, name) else said
        return SlotValue(said.text, resolved.value)

    def _is_open(self, intent: str, slot: str) -> bool:
        skill = self.skill(intent)
        spec = skill.manifest.types.get(self.type_of(intent, slot)) if skill else None
        return spec is not None and spec.open

    def context(self, intent: str) -> Context:
        """What values of an intent are read against."""
        choices = self.words(intent).types
        return Context(self.request.locale, self.timezone, self.now, choices)


def _says_more(typed: SlotValue | None, tagged: SlotValue, left: set[str]) -> bool:
    """Whether the type's own reading goes before the words that were tagged: those are all or a part of it, or no value.

    The type has read them in their sentence: in "jeden Morgen um acht" they are another moment than by themselves. `left` are
    words that the type gives to other slots.
    """
    if typed is None:
        return False
    return tagged.value in (None, tagged.text) or tagged.text in typed.text or tagged.text.casefold() in left


def _beside(one: Span, other: Span) -> bool:
    return one.end <= other.start or other.end <= one.start


def _share(one: str, other: str, lists: Mapping[str, object]) -> bool:
    """Whether values of two types may stand on the same words."""
    return (one in lists and other in _MOMENTS) or (other in lists and one in _MOMENTS)
