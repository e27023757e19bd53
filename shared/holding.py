"""How doors with conversations say an answer that is still being made: the person can ask for it, and is listened to."""

from msgspec.structs import replace

from shared.turn import Choice, Outcome, Reply, Turn
from shared.wording import hint, wording


def held_open(turn: Turn, locale: str) -> Reply | None:
    """The reply of `turn`. Where the answer is not ready, it offers to go on, and the conversation stays open for it."""
    reply = turn.reply
    if reply is None or turn.outcome is not Outcome.DEFERRED:
        return reply
    language = reply.language or locale
    go_on = wording("go_on", language)
    known = any(choice.title.casefold() == go_on.casefold() for choice in reply.choices)
    return replace(
        reply,
        choices=reply.choices if known else (*reply.choices, Choice(go_on, go_on)),
        reprompt=reply.reprompt or hint([go_on], language),
        expects_answer=True,
        end_session=False,
        language=language,
    )
