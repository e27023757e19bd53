"""What a dialogue says: the prompts of skills, with what is known filled in, and a few words of its own."""

from core.dialogue.around import Around
from core.dialogue.state import Frame, Question
from shared.manifest import CONFIRM, PLACEHOLDER
from shared.turn import Choice, Confirm, Elicit, Reply
from shared.wording import filled, listed, quoted, wording

MOST_SHOWN = 8  # values of a list that are named


def words(around: Around, key: str, **values: str) -> str:
    """One of the dialogue's own wordings, told by the message; not what was said last."""
    return wording(key, around.request.locale, around.request.message_id, around.last_reply, **values)


def saying(around: Around, key: str, **values: str) -> Reply:
    """A reply that says just that."""
    return Reply(text=words(around, key, **values))


def question(around: Around, frame: Frame) -> Reply:
    """The question that is open, in the wording for the number of times it was asked."""
    asked = frame.question or Question("confirm")
    if asked.kind == "choose":
        return _which(around, asked)
    text = asked.words or _prompt(around, frame, asked)
    again = asked.words or _prompt(around, frame, Question(asked.kind, asked.slot, asked=asked.asked + 1))
    foreign = around.is_foreign(frame.intent)
    plain = asked.asked == 1 and not asked.words
    elicit, confirm = None, None
    if asked.kind == "slot":
        elicit = Elicit(frame.intent, asked.slot, frame.slots, plain, foreign)
    else:
        confirm = Confirm(frame.intent, asked.slot, frame.slots, plain, foreign)
    return Reply(
        text=text,
        reprompt=again,
        expects_answer=True,
        choices=_choices(around, frame, asked),
        elicit=elicit,
        confirm=confirm,
    )


def helping(around: Around, frame: Frame) -> Reply:
    """What is asked, and what may be answered."""
    asked = frame.question or Question("confirm")
    return Reply(text=f"{_answers(around, frame, asked)} {words(around, 'ways')}")


def given_up(around: Around, frame: Frame) -> Reply:
    """Leaves it, with ways to go on."""
    example = sample(around, frame.intent)
    text = words(around, "gave_up")
    tries = [Choice(example, example)] if example else []
    help_ = words(around, "help")
    more = f" {words(around, 'then_try', example=example)}" if example else ""
    return Reply(text=text + more, choices=(*tries, Choice(help_.capitalize(), help_)), expects_answer=True)


def sample(around: Around, intent: str) -> str:
    """A sentence that means an intent: the first sample without a slot, or with example values in it."""
    locale = around.words(intent)
    templates = locale.utterances.get(intent, ())
    template = next((text for text in templates if "{" not in text), templates[0] if templates else "")
    spec = around.spec(intent)

    def example(name: str) -> str:
        return next(iter(locale.values(name, spec.slots.get(name))), name)

    return PLACEHOLDER.sub(lambda match: example(match[1]), template)


def spoken(around: Around, frame: Frame, slot: str) -> str:
    """A value as it is said back: a list's own name for it, else the person's words."""
    value = frame.slots.get(slot)
    if value is None:
        return ""
    if not around.is_list(frame.intent, slot):
        return value.text
    return around.words(frame.intent).shown(around.type_of(frame.intent, slot), str(value.value))


def _prompt(around: Around, frame: Frame, asked: Question) -> str:
    name = {"confirm": CONFIRM, "confirm_slot": f"{CONFIRM}.{asked.slot}"}.get(asked.kind, asked.slot)
    prompts = around.words(frame.intent).prompts.get(frame.intent, {})
    wordings = prompts.get(name) or (words(around, "ask", slot=asked.slot) if asked.slot else words(around, "sure"),)
    known = {name: spoken(around, frame, name) for name in frame.slots}
    return filled(_wording(wordings, asked.asked), known)


def _wording(wordings: tuple[str, ...], asked: int) -> str:
    """The first wording at first, then the others in turn."""
    again = wordings[1:] or wordings
    return wordings[0] if asked <= 1 else again[(asked - 2) % len(again)]


def _choices(around: Around, frame: Frame, asked: Question) -> tuple[Choice, ...]:
    if asked.kind != "slot" or not around.is_list(frame.intent, asked.slot):
        return ()
    return tuple(Choice(name, name) for name in _listed(around, frame.intent, asked.slot))


def _listed(around: Around, intent: str, slot: str) -> list[str]:
    words, type_ = around.words(intent), around.type_of(intent, slot)
    return [words.shown(type_, value) for value in words.types.get(type_, {})][:MOST_SHOWN]


def _which(around: Around, asked: Question) -> Reply:
    one, other = (sample(around, intent) for intent in asked.options[:2])
    key = "which" if asked.asked == 1 else "which_again"
    text = words(around, key, one=one, other=other)
    again = words(around, "which_again", one=one, other=other)
    return Reply(text=text, reprompt=again, expects_answer=True, choices=(Choice(one, one), Choice(other, other)))


def _answers(around: Around, frame: Frame, asked: Question) -> str:
    if asked.kind != "slot":
        return words(around, "may_say_yes")
    if around.is_list(frame.intent, asked.slot):
        return words(around, "may_say_all", examples=_joined(around, _listed(around, frame.intent, asked.slot)))
    spec = around.spec(frame.intent).slots.get(asked.slot)
    examples = around.words(frame.intent).values(asked.slot, spec)[:2]
    if not examples:
        return words(around, "may_say_anything")
    return words(around, "may_say", examples=_joined(around, [quoted(one, around.request.locale) for one in examples]))


def _joined(around: Around, parts: list[str]) -> str:
    return listed("or", parts, around.request.locale)
