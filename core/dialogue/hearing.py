"""What is said while a question is open: an answer, a yes or no, a correction, a command, something else, or nothing usable.

The model's scores decide together with whether the words are a value of what is asked. "Five" is an answer to "How many?"
however sure the model is that it is a sum, and "what time is it" is none to "What shall I remember?", because the model
is sure that it is a question.
"""

from typing import Literal

from msgspec import Struct, field

from core.dialogue.around import Around
from core.dialogue.state import Frame, Question, State
from shared.turn import SlotValue, Understanding

YES, NO, HELP = "assistant.yes", "assistant.no", "assistant.help"
CANCEL, REPEAT = "assistant.cancel", "assistant.repeat"
START_OVER, GO_BACK = "assistant.start_over", "assistant.go_back"
CORRECT, FOLLOW_UP = "assistant.correct", "assistant.follow_up"
COMMANDS = frozenset({CANCEL, REPEAT, HELP, START_OVER, GO_BACK})
"""What is said about the dialogue itself."""

_ABOUT_DIALOGUE = COMMANDS | {YES, NO, CORRECT, FOLLOW_UP}

SURE = 0.85  # a score from which on an intent goes before words that would be an answer as well
FAIR = 0.4  # one from which on it goes before words that are no answer
MOST = 0.5  # share of an answer that its value must be, to be an answer however sure the model is of something else

MOSTLY = 0.6  # share of what was said that values must be, for it to be an answer and no wish of its own

Kind = Literal["fill", "yes", "no", "correct", "command", "aside", "pick", "miss"]
Slots = dict[str, SlotValue]


class Verdict(Struct, frozen=True):
    """What was said: its kind, the slots it gives, the intent it names, and slots the person said are wrong."""

    kind: Kind
    slots: Slots = field(default_factory=dict)
    intent: str = ""
    wrong: tuple[str, ...] = ()


MISS = Verdict("miss")


def hear(frame: Frame, asked: Question, heard: Understanding, around: Around) -> Verdict:
    """What `heard` means while `asked` is open."""
    if heard.source == "platform" and heard.intent == frame.intent:
        return _platform(frame, asked, heard, around)
    if heard.source == "platform" and heard.intent not in (None, *_ABOUT_DIALOGUE):
        return Verdict("aside")
    if asked.kind == "choose":
        return _choice(asked, heard, around)
    return _slot(frame, asked, heard, around) if asked.kind == "slot" else _confirmation(frame, asked, heard, around)


def is_sure(heard: Understanding, *intents: str, bar: float = FAIR) -> bool:
    """Whether the model means one of `intents`, and is as sure as `bar`."""
    return heard.intent in intents and sureness(heard) >= bar


def sureness(heard: Understanding) -> float:
    """The chance that exactly this is meant: its score is given that anything is meant that we know."""
    return heard.score * (1.0 - heard.oos_score)


# -- a platform that leads the dialogue itself -------------------------------------------------------------------------


def _platform(frame: Frame, asked: Question, heard: Understanding, around: Around) -> Verdict:
    """The platform's slots, and what the person agreed to or not when it asked."""
    intent = around.request.intent
    changed = _changed(frame, around.slots(heard))
    if intent is None:
        return Verdict("fill", changed)
    wrong = tuple(name for name, right in intent.confirmed_slots.items() if not right)
    agreed = intent.confirmed_slots.get(asked.slot) if asked.kind == "confirm_slot" else intent.confirmed
    if agreed is None or changed or wrong:
        return Verdict("fill", {name: value for name, value in changed.items() if name not in wrong}, wrong=wrong)
    return Verdict("yes" if agreed else "no")


def words_for_slot(state: State, heard: Understanding, around: Around) -> str:
    """Words that a platform took for the value of what is asked, and that may mean something else after all; "" if they fit."""
    top, asked = state.top, state.question
    if top is None or asked is None or asked.kind != "slot" or (heard.source, heard.intent) != ("platform", top.intent):
        return ""
    said = heard.slots.get(asked.slot)
    if said is None or said == top.slots.get(asked.slot) or set(_changed(top, around.slots(heard))) - {asked.slot}:
        return ""
    fits = around.resolve(top.intent, asked.slot, said.text) is not None or said.value not in (None, said.text)
    return "" if fits and not around.is_text(top.intent, asked.slot) else said.text


# -- a question for a slot ---------------------------------------------------------------------------------------------


def _slot(frame: Frame, asked: Question, heard: Understanding, around: Around) -> Verdict:
    text = around.text(heard)
    whole = around.resolve(frame.intent, asked.slot, text)
    found = around.find(frame.intent, text, first=asked.slot)
    anything = around.is_text(frame.intent, asked.slot)
    if whole is not None and not anything and _is_most(found.get(asked.slot), text):
        return Verdict("fill", {**found, asked.slot: whole})
    bar = SURE if whole is not None else FAIR
    if is_sure(heard, *COMMANDS, bar=bar):
        return Verdict("command", intent=heard.intent or "")
    known = {name: value for name, value in found.items() if name in frame.slots or name == asked.slot}
    if (found or not anything) and is_sure(heard, CORRECT, bar=FAIR if known else bar):
        if set(known) == {asked.slot}:
            return Verdict("fill", known)
        return Verdict("correct", known) if known else Verdict("command", intent=GO_BACK)
    if is_sure(heard, NO, bar=bar) and not asked.words:
        return Verdict("no")
    if is_sure(heard, YES, bar=bar) and not asked.words:
        return MISS
    answers = asked.slot in found and _share(found, text) >= MOSTLY
    bare = anything and _share(heard.slots, text) >= MOSTLY  # "dentist at three": a reminder, where nothing is asked
    if _is_other(frame, heard, bar) and not answers and not bare:
        return Verdict("aside")
    return _answer(frame, asked, heard, around, whole, found)


def _answer(
    frame: Frame, asked: Question, heard: Understanding, around: Around, whole: SlotValue | None, found: Slots
) -> Verdict:
    """The value asked for, or whatever else of this intent was said; all anew where it says more than an answer would."""
    text = around.text(heard)
    mine = {} if heard.intent not in (None, frame.intent) else around.own(frame.intent, text)
    if is_sure(heard, frame.intent, bar=SURE):
        mine = around.slots(heard)
        changed = set(_changed(frame, mine)) - {asked.slot}
        whole_command = changed if around.is_text(frame.intent, asked.slot) else _texts(frame, around) & changed
        if whole_command:
            return Verdict("aside")
    if asked.slot in mine and (heard.intent == frame.intent or whole is None):
        return Verdict("fill", mine)
    if whole is not None:
        return Verdict("fill", {**found, asked.slot: whole})
    return Verdict("fill", found) if found else MISS


def _texts(frame: Frame, around: Around) -> set[str]:
    """The slots of a frame that are known in words."""
    return {name for name in frame.slots if around.is_text(frame.intent, name)}


def _is_most(part: SlotValue | None, text: str) -> bool:
    """Whether a value that was found is about all that was said; what was not found within is all of it."""
    return part is None or len(part.text) >= MOST * len(text.strip())


def _share(slots: Slots, text: str) -> float:
    """The share of a text that values are."""
    return sum(len(value.text) for value in slots.values()) / max(1, len(text.strip()))


def _is_other(frame: Frame, heard: Understanding, bar: float) -> bool:
    """Whether something else is meant than what is being talked about, or said about it."""
    return heard.intent not in (None, frame.intent, *_ABOUT_DIALOGUE) and sureness(heard) >= bar


# -- a question whether something is right -----------------------------------------------------------------------------


def _confirmation(frame: Frame, asked: Question, heard: Understanding, around: Around) -> Verdict:
    text = around.text(heard)
    agrees = around.agrees(text)
    if is_sure(heard, *COMMANDS):
        return Verdict("command", intent=heard.intent or "")
    changed = _changed(frame, _corrections(frame, heard, around))
    if changed and not _is_other(frame, heard, SURE):
        return Verdict("correct", changed)
    if agrees is True or is_sure(heard, YES):
        return Verdict("yes")
    if agrees is False or is_sure(heard, NO):
        return Verdict("no")
    if is_sure(heard, CORRECT):
        return Verdict("command", intent=GO_BACK)
    return Verdict("aside") if _is_other(frame, heard, FAIR) else MISS


def _corrections(frame: Frame, heard: Understanding, around: Around) -> Slots:
    text = around.text(heard)
    own = around.own(frame.intent, text) if heard.intent == frame.intent else {}
    return {**around.find(frame.intent, text), **own}


def _changed(frame: Frame, slots: Slots) -> Slots:
    """What `slots` say otherwise than what is known."""
    return {name: value for name, value in slots.items() if _value(frame.slots.get(name)) != _value(value)}


def _value(slot: SlotValue | None) -> object:
    return None if slot is None else (slot.value if slot.value is not None else slot.text)


# -- a question which of two intents is meant --------------------------------------------------------------------------


def _choice(asked: Question, heard: Understanding, around: Around) -> Verdict:
    """The intent that is meant after all; whatever is none of the two is taken for what it is."""
    if heard.intent in asked.options:
        return Verdict("pick", intent=heard.intent or "")
    text = around.text(heard)
    place = around.values.resolve("ordinal", text, around.context("")) if text else None
    if place is not None and 1 <= place.value <= len(asked.options):
        return Verdict("pick", intent=asked.options[place.value - 1])
    if is_sure(heard, *COMMANDS):
        return Verdict("command", intent=heard.intent or "")
    if is_sure(heard, NO):
        return Verdict("no")
    likely = [one for one in heard.ranking if one.intent in asked.options]
    if heard.intent is None or is_sure(heard, YES):
        return Verdict("pick", intent=likely[0].intent) if likely and likely[0].score >= FAIR else MISS
    return Verdict("aside")
