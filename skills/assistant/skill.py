"""The assistant itself: what it can do, how it greets, and the small words of a conversation."""

import re
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.skill import Skill, TurnContext
from shared.turn import Choice, Elicit, Kind, Reply
from skills.assistant import help as helping
from skills.assistant import phrases
from skills.assistant.phrases import choose

Answer = Callable[[TurnContext], Reply]

NAME = "assistant"
_PART_OF_DAY = re.compile(r"\bgood (morning|afternoon|evening)\b")


class Assistant(Skill):
    """Answers `assistant.*`. Nothing is kept: wording varies with the message id alone."""

    async def handle(self, turn: TurnContext) -> Reply:
        """The answer; an intent it does not know gets help."""
        return _ANSWERS.get(turn.intent, help_)(turn)


def help_(turn: TurnContext) -> Reply:
    """What NEXUS can do here, or what one skill does when it is named."""
    named = helping.meant(turn.text, turn.skills)
    return helping.about(named) if named else helping.overview(turn.skills, NAME)


def greet(turn: TurnContext) -> Reply:
    """A greeting that fits the hour; at the start of a session with something to try."""
    hello = f"Good {_part_of_day(turn)}."
    examples = [info.examples[0] for info in turn.skills if info.examples and info.name != NAME]
    choices = tuple(Choice(example, example) for example in examples[:4])
    if turn.request.kind is not Kind.OPEN:
        return Reply(text=f"{hello} What can I do for you?", choices=choices, expects_answer=True)
    if not examples:
        return Reply(text=f"{hello} I'm NEXUS. What can I do for you?", expects_answer=True)
    example = choose(tuple(examples), turn.request.message_id)
    return Reply(
        text=f"{hello} I'm NEXUS. Ask me something, such as “{example}”, or say help.",
        choices=choices,
        expects_answer=True,
        reprompt=f"You could say “{example}”, or help.",
    )


def identity(turn: TurnContext) -> Reply:
    """Who it is, honestly: a program."""
    return Reply(text=_one_of(phrases.IDENTITY, turn), expects_answer=True)


def mood(turn: TurnContext) -> Reply:
    """How it is doing."""
    return Reply(text=_one_of(phrases.MOOD, turn), expects_answer=True)


def thanks(turn: TurnContext) -> Reply:
    """An answer to thanks or praise."""
    return Reply(text=_one_of(phrases.THANKS, turn))


def complaint(turn: TurnContext) -> Reply:
    """An apology, and how to get on."""
    return Reply(text=_one_of(phrases.COMPLAINT, turn), expects_answer=True)


def joke(turn: TurnContext) -> Reply:
    """A joke, not the last one again."""
    return Reply(text=_one_of(phrases.JOKES, turn))


def repeat(turn: TurnContext) -> Reply:
    """The last answer once more; a question that was open stays open."""
    if not turn.session.last_reply:
        return Reply(text="I haven't said anything yet. What would you like to know?", expects_answer=True)
    pending = turn.session.pending
    elicit = Elicit(pending.intent, pending.slot) if pending else None
    return Reply(text=turn.session.last_reply, expects_answer=pending is not None, elicit=elicit)


def cancel(turn: TurnContext) -> Reply:
    """Drops the open question. Without one, a platform's own cancel ends the session."""
    if turn.session.pending is not None:
        return Reply(text=_one_of(phrases.CANCELLED, turn))
    if turn.understanding.source == "platform":
        return goodbye(turn)
    return Reply(text=_one_of(phrases.NOTHING_TO_CANCEL, turn))


def goodbye(turn: TurnContext) -> Reply:
    """Takes leave and ends the session."""
    return Reply(text=_one_of(phrases.GOODBYE, turn), end_session=True)


def yes(turn: TurnContext) -> Reply:
    """A yes to nothing: asks what is wanted."""
    return Reply(text=_one_of(phrases.YES, turn), expects_answer=True)


def no(turn: TurnContext) -> Reply:
    """A no to nothing."""
    return Reply(text=_one_of(phrases.NO, turn))


_ANSWERS: dict[str, Answer] = {
    "assistant.help": help_,
    "assistant.greet": greet,
    "assistant.identity": identity,
    "assistant.mood": mood,
    "assistant.thanks": thanks,
    "assistant.complaint": complaint,
    "assistant.joke": joke,
    "assistant.repeat": repeat,
    "assistant.cancel": cancel,
    "assistant.goodbye": goodbye,
    "assistant.yes": yes,
    "assistant.no": no,
}


def _one_of(wordings: tuple[str, ...], turn: TurnContext) -> str:
    return choose(wordings, turn.request.message_id, turn.session.last_reply)


def _part_of_day(turn: TurnContext) -> str:
    """What the person called it, else what the clock says where they are."""
    said = _PART_OF_DAY.search(turn.text.casefold())
    if said:
        return said[1]
    hour = datetime.fromtimestamp(turn.clock.now(), ZoneInfo(turn.timezone)).hour
    if hour < 4 or hour >= 18:
        return "evening"
    return "morning" if hour < 12 else "afternoon"
