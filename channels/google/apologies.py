"""What is said where there is no reply."""

from shared.errors import DeadlineExceeded, LimitExceeded, NexusError
from shared.turn import Outcome, Reply, Turn

_WITHOUT_REPLY = {
    Outcome.RUNNING: "I am still working on that. Please ask me again in a moment.",
    Outcome.DEFERRED: "I am still working on that. Please ask me again in a moment.",
    Outcome.REFUSED: "Sorry, I can't do that.",
}
_FAILED = "Sorry, something went wrong on my side, and nothing was saved. Please try again in a moment."
_SLOW = "Sorry, that took too long, and nothing was saved. Please ask me again."
_BUSY = "That was a lot at once. Please wait a moment and ask me again."
_AGAIN = "You can ask me again now."


def reply_of(turn: Turn) -> Reply:
    """The turn's reply, or what is said in its place."""
    return turn.reply or _apology(_WITHOUT_REPLY.get(turn.outcome, _FAILED))


def apology_for(error: NexusError) -> Reply:
    """What is said where something failed before there was a turn: nothing was done, and the talk goes on."""
    return _apology(
        _SLOW if isinstance(error, DeadlineExceeded) else _BUSY if isinstance(error, LimitExceeded) else _FAILED
    )


def asks(reply: Reply) -> bool:
    """Whether the person is expected to go on."""
    return not reply.end_session and (reply.expects_answer or reply.elicit is not None or bool(reply.reprompt))


def _apology(text: str) -> Reply:
    return Reply(text=text, reprompt=_AGAIN, expects_answer=True)
