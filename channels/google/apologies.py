"""What is said where there is no reply."""

from shared.errors import DeadlineExceeded, LimitExceeded, NexusError
from shared.holding import held_open
from shared.turn import Outcome, Reply, Turn
from shared.wording import wording

_WITHOUT_REPLY = {Outcome.RUNNING: "still_working", Outcome.DEFERRED: "still_working", Outcome.REFUSED: "refused"}


def reply_of(turn: Turn, locale: str) -> Reply:
    """The turn's reply, or what is said in its place."""
    return held_open(turn, locale) or _apology(_WITHOUT_REPLY.get(turn.outcome, "failed"), locale)


def apology_for(error: NexusError, locale: str) -> Reply:
    """What is said where something failed before there was a turn: nothing was done, and the talk goes on."""
    key = "slow" if isinstance(error, DeadlineExceeded) else "busy" if isinstance(error, LimitExceeded) else "failed"
    return _apology(key, locale)


def asks(reply: Reply) -> bool:
    """Whether the person is expected to go on."""
    return not reply.end_session and (reply.expects_answer or reply.elicit is not None or bool(reply.reprompt))


def _apology(key: str, locale: str) -> Reply:
    return Reply(text=wording(key, locale), reprompt=wording("ask_again", locale), expects_answer=True)
