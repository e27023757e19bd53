"""STOP, START, HELP: words that carriers' rules give a meaning to when they are the whole message.

Twilio: https://help.twilio.com/articles/223134027, CTIA Messaging Principles and Best Practices, section 5.1.3. Custom words
(Twilio's Advanced Opt-Out) are told by the carrier and not looked up here.
"""

import re
import unicodedata
from typing import Literal

from shared.turn import Keyword

Meaning = Literal["stop", "start", "help"]

MEANINGS: dict[str, Meaning] = {
    **dict.fromkeys(("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"), "stop"),
    **dict.fromkeys(("start", "yes", "unstop"), "start"),
    **dict.fromkeys(("help", "info"), "help"),
}
"""Words and what they mean, folded."""

ORDINARY = frozenset({"yes", "end", "cancel"})
"""Keywords that are also answers: an open question of ours comes first."""

LONGEST = 200  # characters of a message that can still be a keyword, invisible ones included

_OUTER = re.compile(r"^[\W_]+|[\W_]+$")


def folded(text: str) -> str:
    """`text` as keywords are compared: without invisible characters, outer punctuation and white space; case and width folded."""
    seen = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cc", "Mn", "Me") or c in "\n\t")
    return _OUTER.sub("", unicodedata.normalize("NFKC", seen)).casefold()


def keyword_of(text: str, carrier_answers: frozenset[Meaning], help_text: str) -> Keyword | None:
    """The keyword that `text` is, if it is one and nothing else; "STOP PLEASE" is not.

    `carrier_answers` are the meanings that the carrier replies to itself; `help_text` is what the app says to HELP otherwise.
    """
    if len(text) > LONGEST:
        return None
    word = folded(text)
    meaning = MEANINGS.get(word)
    if meaning is None:
        return None
    return keyword(meaning, carrier_answers, help_text, ordinary=word in ORDINARY)


def keyword(meaning: Meaning, carrier_answers: frozenset[Meaning], help_text: str, *, ordinary: bool) -> Keyword:
    """The keyword with this meaning."""
    return Keyword(
        meaning,
        ordinary=ordinary,
        carrier_answers=meaning in carrier_answers,
        reply=help_text if meaning == "help" else "",
    )
