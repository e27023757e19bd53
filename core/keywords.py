"""STOP, START and HELP: what carriers' rules say to a message, before any model and any dialogue.

Somebody who said STOP hears nothing but the answer to HELP, which the rules owe to everybody, until they say START. Words that
people also answer with (YES, END, CANCEL) are keywords only where no question of ours is open. Whatever is ruled here leaves
the conversation as it was: a question that was open stays open.
"""

from msgspec import Struct

from core.dialogue.state import read
from shared.turn import Keyword, Outcome, Reply, Request, Session
from shared.wording import wording

SILENCE = Reply(text="")

_WORDS = {"stop": "stopped", "start": "started", "help": "keyword_help"}
_CONSENT = {"stop": False, "start": True, "help": None}


class Ruling(Struct, frozen=True):
    """What the rules say: the answer, whether the person wants messages from now on (None: as before), and in short why."""

    outcome: Outcome
    reply: Reply
    why: str
    consent: bool | None = None


def ruling(request: Request, session: Session, opted_out: bool) -> Ruling | None:
    """What the rules say to `request`; None where it is an ordinary message."""
    keyword = _keyword(request, session, opted_out)
    if opted_out and (keyword is None or keyword.meaning == "stop"):
        return Ruling(Outcome.REFUSED, SILENCE, "opted out")
    if keyword is None:
        return None
    words = keyword.reply or wording(_WORDS[keyword.meaning], request.locale)
    reply = SILENCE if keyword.carrier_answers else Reply(text=words)
    return Ruling(Outcome.ANSWERED, reply, f"keyword:{keyword.meaning}", _CONSENT[keyword.meaning])


def _keyword(request: Request, session: Session, opted_out: bool) -> Keyword | None:
    """The keyword, unless it answers a question of ours. Somebody who opted out was asked nothing since."""
    keyword = request.keyword
    if keyword is not None and keyword.ordinary and read(session.dialogue).question and not opted_out:
        return None
    return keyword
