"""What is said while nothing is asked: what it begins, what it follows up on, and when it could mean two things."""

from core.dialogue.amending import amended
from core.dialogue.around import Around
from core.dialogue.hearing import CORRECT, FAIR, FOLLOW_UP, NO, SURE, is_sure, sureness
from core.dialogue.refining import refined
from core.dialogue.state import Frame, State
from shared.turn import CORRECTION, SlotValue, Understanding

CLOSE = 0.1  # intents whose scores are this near are too close to call
LIKELY = 0.3  # a score below which an intent is not worth asking about
ELLIPTIC = 3  # words besides its values that a follow-up has at most: "and what about … then"


def frame_of(heard: Understanding, around: Around, anew: bool = False) -> Frame:
    """What is begun by `heard`. Its slots are looked for, unless a dialogue found them already (`anew`: even then)."""
    ready = heard.source in ("dialogue", "memory", CORRECTION) and not anew
    slots = heard.slots if ready else around.slots(heard)
    confirmed, sure = _platform(heard, around)
    return Frame(
        heard.intent or "",
        slots,
        order=tuple(slots),
        sure=sure,
        confirmed=confirmed,
        text=heard.text,
        source=heard.source,
        score=heard.score,
    )


def complete(frames: list[Frame], around: Around) -> list[Frame]:
    """Without those that lack what has to be known where another one of the same intent says it: "tea or coffee, you choose"."""
    full = {frame.intent for frame in frames if not _lacks(frame, around)}
    return [frame for frame in frames if frame.intent not in full or not _lacks(frame, around)]


def _lacks(frame: Frame, around: Around) -> bool:
    return any(slot.required and name not in frame.slots for name, slot in around.spec(frame.intent).slots.items())


def doubt(heard: Understanding, around: Around) -> tuple[str, ...]:
    """Two intents that are too close to call; nothing where one is clear. Between two of small talk a guess is better."""
    if heard.source != "model" or heard.intent is None or heard.more or len(heard.ranking) < 2:
        return ()
    one, other = heard.ranking[:2]
    if one.score - other.score >= CLOSE or other.score < LIKELY:
        return ()
    options = (one.intent, other.intent)
    known = all(around.skill(intent) is not None for intent in options)
    matters = any(around.spec(intent).slots or around.spec(intent).effects for intent in options)
    return options if known and matters else ()


def follow_up(state: State, heard: Understanding, around: Around) -> Understanding | None:
    """`heard` as an elliptic follow-up of what was handled last ("and in Paris?"), or None where it stands for itself."""
    if state.top is not None or heard.source != "model" or not _is_elliptic(heard, around):
        return None
    for frame in reversed(state.handled):
        spec = around.spec(frame.intent)
        corrects = _takes_back(heard, around)
        if corrects and spec.effects and not spec.confirm and not spec.corrects:
            continue  # what was done would be done twice
        if slots := _new_values(frame, heard, around):
            slots = {**frame.slots, **refined(frame.slots, slots, around.context(frame.intent).zone)}
            again = spec.corrects and not is_sure(heard, FOLLOW_UP)  # a bare value takes the place of the one before
            source = CORRECTION if again else "dialogue"
            return Understanding(
                frame.intent, heard.score, heard.oos_score, slots, heard.ranking, source, around.text(heard)
            )
    return None


def _is_elliptic(heard: Understanding, around: Around) -> bool:
    """Whether the model takes it for a follow-up, for a correction, or for nothing that it knows well."""
    return heard.intent in (None, FOLLOW_UP) or heard.score < FAIR or _takes_back(heard, around)


def _takes_back(heard: Understanding, around: Around) -> bool:
    """Whether it may say that something was wrong: a no and a few words more ("no, of 90") are hardly told from other things."""
    if heard.intent == CORRECT:
        return True
    if heard.intent == NO:
        return sureness(heard) < SURE  # nothing but a no
    if any(one.intent in (NO, CORRECT) and one.score >= LIKELY for one in heard.ranking):
        return True
    said = around.values.find("boolean", around.text(heard), around.context(""))
    return sureness(heard) < SURE and bool(said) and said[0].start == 0 and said[0].value is False


def _new_values(frame: Frame, heard: Understanding, around: Around) -> dict[str, SlotValue]:
    text = around.text(heard)
    found = around.find(frame.intent, text)
    if is_sure(heard, FOLLOW_UP, CORRECT):
        return found or amended(frame, text, around) or around.own(frame.intent, text)
    if not found and _takes_back(heard, around):
        return amended(frame, text, around)
    rest = len(text.split()) - sum(len(value.text.split()) for value in found.values())
    return found if rest <= ELLIPTIC else {}


def _platform(heard: Understanding, around: Around) -> tuple[bool, tuple[str, ...]]:
    """What the person agreed to while the platform led the dialogue."""
    asked = around.request.intent
    if asked is None or heard.source != "platform":
        return False, ()
    return asked.confirmed is True, tuple(name for name, right in asked.confirmed_slots.items() if right)
