"""The dialogue manager: from a state and what was understood to the next state and what to do.

    course = begin(state, heard, around)
    while course.run is not None:
        course = go_on(course, <what the handler of course.run answered>, around)
    course.state, course.reply

Pure: the same input gives the same course. A handler is run only with all required slots, and for intents that ask first only
after a yes. The shape is that of Rasa's forms (slots, a stack of what was begun, digressions) and of Alexa's dialogue
directives (elicit, confirm a slot, confirm the intent), so that Alexa can lead the same dialogue.
"""

from msgspec import Struct
from msgspec.structs import replace

from core.dialogue import wording
from core.dialogue.around import Around
from core.dialogue.fresh import complete, doubt, frame_of
from core.dialogue.hearing import (
    CANCEL,
    GO_BACK,
    HELP,
    START_OVER,
    Verdict,
    hear,
)
from core.dialogue.joining import joined
from core.dialogue.refining import refined
from core.dialogue.state import Frame, Question, State
from shared.effects import HandOver
from shared.turn import Confirm, Elicit, Reply, Understanding

MISSES = 2  # answers that are none, after which a question is given up
MOST_AT_ONCE = 4  # intents of one sentence


class Run(Struct, frozen=True):
    """A handler to run for a frame; `first`: the one that asks before."""

    frame: Frame
    first: bool = False

    @property
    def understanding(self) -> Understanding:
        """What the handler is told."""
        frame = self.frame
        return Understanding(frame.intent, frame.score, slots=frame.slots, source=frame.source, text=frame.text)


class Course(Struct, frozen=True):
    """How far a turn has come: the state, what was said so far, and the handler to run next (None: the turn is complete)."""

    state: State
    said: tuple[Reply, ...] = ()
    run: Run | None = None

    @property
    def reply(self) -> Reply:
        """All that was said, as one reply."""
        return joined(self.said)


def begin(state: State, heard: Understanding, around: Around) -> Course:
    """The course of a turn in which `heard` was understood. With nothing to say and nothing to run it is not the dialogue's."""
    course, top = Course(state), state.top
    if top is None or top.question is None:
        return _fresh(course, heard, around)
    verdict = hear(top, top.question, heard, around)
    if verdict.kind == "aside":
        return _aside(course, top.question, heard, around)
    course = _heard(course, top, top.question, verdict, around)
    return _more(course, heard, around)


def go_on(course: Course, reply: Reply, around: Around) -> Course:
    """The course after the handler of `course.run` answered `reply`."""
    assert course.run is not None, "nothing was run"  # noqa: S101 (a caller's mistake, not an input)
    frame, state = course.run.frame, course.state
    if reply.end_session or any(isinstance(effect, HandOver) for effect in reply.effects):
        return Course(State(handled=state.handled), (*course.said, reply))
    if (asked := _asked(frame, reply, around)) is not None:
        return Course(state.topped(asked), (*course.said, _addressed(reply, asked, around)))
    state = state.popped()
    if not course.run.first and around.spec(frame.intent).slots:
        state = state.done(frame)
    return _advance(Course(state, (*course.said, reply)), around)


def instead(course: Course, reply: Reply, around: Around) -> Course:
    """The course with `reply` in place of the question that it ends with, which need not be asked."""
    return _advance(Course(course.state.popped(), (*course.said[:-1], reply)), around)


def asked_elsewhere(state: State, reply: Reply, around: Around) -> State:
    """The state after somebody else's reply (a door's own skill) that may ask for a slot of ours."""
    frame = Frame(reply.elicit.intent if reply.elicit else "")
    asked = _asked(frame, reply, around)
    return State(handled=state.handled) if asked is None else State((asked,), state.handled)


# -- something new -----------------------------------------------------------------------------------------------------


def _fresh(course: Course, heard: Understanding, around: Around) -> Course:
    options = doubt(heard, around)
    if options:
        frame = Frame(options[0], text=around.text(heard), score=heard.score)
        return _ask(course, course.state.pushed(frame), Question("choose", options=options), around)
    frames = [frame_of(one, around) for one in (heard, *heard.more)[:MOST_AT_ONCE] if _is_ours(one, around)]
    for frame in reversed(complete(frames, around)):
        course = replace(course, state=course.state.pushed(frame))
    return _advance(course, around) if frames else course


def _aside(course: Course, asked: Question, heard: Understanding, around: Around) -> Course:
    """Something else meanwhile: what was asked is asked again afterwards, unless it was only which of two was meant.

    The same intent about something else takes the place of what was begun.
    """
    top = course.state.top
    if asked.kind == "choose" or (top is not None and heard.intent == top.intent):
        course = replace(course, state=course.state.popped())
    return _fresh(course, heard, around)


def _more(course: Course, heard: Understanding, around: Around) -> Course:
    """What else was said beside an answer waits below what is being talked about."""
    frames = [frame_of(one, around) for one in (heard, *heard.more)[:MOST_AT_ONCE] if _is_ours(one, around)]
    first = frames[0] if frames and _is_ours(heard, around) else None
    frames = [frame for frame in complete(frames, around) if frame is not first]
    if not frames:
        return course
    state = replace(course.state, frames=(*reversed(frames), *course.state.frames))
    course = replace(course, state=state)
    return course if course.run is not None or course.state.question is not None else _advance(course, around)


def _is_ours(heard: Understanding, around: Around) -> bool:
    return heard.intent is not None and around.skill(heard.intent) is not None


# -- what an answer does -----------------------------------------------------------------------------------------------


def _heard(course: Course, frame: Frame, asked: Question, verdict: Verdict, around: Around) -> Course:
    frame = replace(frame, source="dialogue", score=1.0)
    match verdict.kind:
        case "fill":
            return _fill(course, frame, asked, verdict, around)
        case "correct":
            zone = around.context(frame.intent).zone
            verdict = replace(verdict, slots=refined(frame.slots, verdict.slots, zone))
            said = () if asked.kind != "slot" else (_echo(frame.filled(verdict.slots), verdict, around),)
            return _fill(replace(course, said=said), frame, asked, verdict, around)
        case "yes":
            return _agreed(course, frame, asked, around)
        case "no":
            return _declined(course, frame, asked, around)
        case "pick":
            picked = frame_of(Understanding(verdict.intent, 1.0, source="dialogue", text=frame.text), around, anew=True)
            return _advance(replace(course, state=course.state.topped(picked)), around)
        case "command":
            return _command(course, frame, asked, verdict.intent, around)
    return _missed(course, frame, asked, around)


def _fill(course: Course, frame: Frame, asked: Question, verdict: Verdict, around: Around) -> Course:
    filled = frame.without(*verdict.wrong).filled(verdict.slots)
    if not verdict.slots and not verdict.wrong:
        return _missed(course, frame, asked, around)
    if asked.kind == "slot" and asked.slot not in filled.slots:  # something else was told; the question stands
        return _again(replace(course, state=course.state.topped(filled)), asked, around)
    return _advance(replace(course, state=course.state.topped(filled.asking(None))), around)


def _echo(frame: Frame, verdict: Verdict, around: Around) -> Reply:
    values = ", ".join(wording.spoken(around, frame, name) for name in verdict.slots)
    return wording.saying(around, "changed", value=values)


def _agreed(course: Course, frame: Frame, asked: Question, around: Around) -> Course:
    slot = asked.kind == "confirm_slot"
    frame = replace(frame, sure=(*frame.sure, asked.slot)) if slot else replace(frame, confirmed=True)
    return _advance(replace(course, state=course.state.topped(frame.asking(None))), around)


def _declined(course: Course, frame: Frame, asked: Question, around: Around) -> Course:
    if asked.kind == "confirm_slot":
        wrong = frame.without(asked.slot).asking(None)
        return _ask(course, course.state.topped(wrong), Question("slot", asked.slot, asked=2), around)
    return _left(course, "declined", around)


def _left(course: Course, key: str, around: Around) -> Course:
    """Gives up what is being talked about, and says so."""
    said = (*course.said, wording.saying(around, key))
    return _advance(Course(course.state.popped(), said), around)


def _missed(course: Course, frame: Frame, asked: Question, around: Around) -> Course:
    asked = replace(asked, misses=asked.misses + 1)
    if asked.misses >= MISSES:
        said = (*course.said, wording.given_up(around, frame))
        return _advance(Course(course.state.popped(), said), around)
    return _again(replace(course, said=(*course.said, wording.saying(around, "missed"))), asked, around)


def _command(course: Course, frame: Frame, asked: Question, command: str, around: Around) -> Course:
    if command == CANCEL:
        return _left(course, "cancelled", around)
    if command == HELP:
        return _again(replace(course, said=(wording.helping(around, frame),)), asked, around)
    if command == START_OVER:
        cleared = frame.without(*frame.slots).asking(None)
        return _advance(Course(course.state.topped(cleared), (wording.saying(around, "again"),)), around)
    if command == GO_BACK:
        return _gone_back(course, frame, asked, around)
    return _repeated(course, asked, around)


def _gone_back(course: Course, frame: Frame, asked: Question, around: Around) -> Course:
    if not frame.order:
        return _again(replace(course, said=(wording.saying(around, "first"),)), asked, around)
    last = frame.order[-1]
    course = replace(course, said=(wording.saying(around, "gone_back"),))
    return _ask(course, course.state.topped(frame.without(last)), Question("slot", last, asked=2), around)


def _repeated(course: Course, asked: Question, around: Around) -> Course:
    """The last words once more, in place of the question's own."""
    again = _ask(course, course.state, asked, around)
    last = around.last_reply
    return replace(again, said=(*again.said[:-1], replace(again.said[-1], text=last))) if last else again


# -- what is next ------------------------------------------------------------------------------------------------------


def _advance(course: Course, around: Around) -> Course:
    """On with what is being talked about: asks, runs a handler, or is complete."""
    frame = course.state.top
    if frame is None:
        return course
    if frame.question is not None:  # something came between
        back = (*course.said, wording.saying(around, "back"))
        return _again(replace(course, said=back), frame.question, around)
    if (question := _next(frame, around)) is not None:
        return _ask(course, course.state, question, around)
    first = around.spec(frame.intent).confirm and not frame.confirmed
    return replace(course, run=Run(frame, first))


def _next(frame: Frame, around: Around) -> Question | None:
    """What has to be asked before `frame` can be handled."""
    spec = around.spec(frame.intent)
    for name, slot in spec.slots.items():
        if slot.required and name not in frame.slots:
            return Question("slot", name)
    for name, slot in spec.slots.items():
        if slot.confirm and name in frame.slots and name not in frame.sure:
            return Question("confirm_slot", name)
    skill = around.skill(frame.intent)
    words_itself = skill is not None and frame.intent in skill.skill.questions
    return Question("confirm") if spec.confirm and not frame.confirmed and not words_itself else None


def _again(course: Course, asked: Question, around: Around) -> Course:
    """Asks what was asked before, in other words."""
    return _ask(course, course.state, replace(asked, asked=asked.asked + 1), around)


def _ask(course: Course, state: State, asked: Question, around: Around) -> Course:
    assert state.top is not None, "nothing is talked about"  # noqa: S101 (a mistake in here, not an input)
    frame = state.top.asking(asked)
    return Course(state.topped(frame), (*course.said, wording.question(around, frame)))


# -- questions of skills -----------------------------------------------------------------------------------------------


def _asked(frame: Frame, reply: Reply, around: Around) -> Frame | None:
    """The frame with the question that a skill's reply leaves open; None where it asks nothing of ours."""
    about = reply.elicit or reply.confirm
    if about is None or around.skill(about.intent) is None:
        return None
    if about.intent != frame.intent:
        frame = Frame(about.intent)
    words = reply.reprompt or reply.text
    if reply.elicit is not None:
        return frame.without(about.slot).asking(Question("slot", about.slot, words))
    return frame.asking(Question("confirm_slot" if about.slot else "confirm", about.slot, words))


def _addressed(reply: Reply, frame: Frame, around: Around) -> Reply:
    """The reply with what platforms that lead dialogues need to know of the question."""
    foreign = around.is_foreign(frame.intent)
    elicit: Elicit | None = None
    confirm: Confirm | None = None
    if reply.elicit is not None:
        elicit = Elicit(frame.intent, reply.elicit.slot, frame.slots, foreign=foreign)
    elif reply.confirm is not None:
        confirm = Confirm(frame.intent, reply.confirm.slot, frame.slots, foreign=foreign)
    return replace(reply, elicit=elicit, confirm=confirm)
