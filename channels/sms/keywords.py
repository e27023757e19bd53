"""STOP, START, HELP: words that carriers' rules give a meaning to when they are the whole message.

Twilio: https://help.twilio.com/articles/223134027, CTIA Messaging Principles and Best Practices, section 5.1.3. Custom words
(Twilio's Advanced Opt-Out) are told by the carrier and not looked up here.
"""

import re
import string
import unicodedata
from typing import Literal

from shared.text import clean
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
_OUTER_ASCII = "".join(c for c in map(chr, range(128)) if not c.isalnum())  # the same, found faster
_INVISIBLE = ("Cf", "Cc", "Mn", "Me")  # zero-width and formatting characters, controls, variation selectors


def keyword_of(text: str, carrier_answers: frozenset[Meaning], help_text: str) -> Keyword | None:
    """The keyword that `text` is, if it is one and nothing else: "STOP PLEASE" is none, "Stop." and hidden characters are.

    `text` is as it came in. `carrier_answers` are the meanings that the carrier replies to itself, where the message is the
    word and no character more; `help_text` is what the app says to HELP otherwise.
    """
    cleaned = clean(text)
    if len(cleaned) > LONGEST:
        return None
    word = folded(cleaned)
    meaning = MEANINGS.get(word)
    if meaning is None:
        return None
    return Keyword(
        meaning,
        ordinary=word in ORDINARY,
        carrier_answers=meaning in carrier_answers and bare(text) == word,
        reply=help_text if meaning == "help" else "",
    )


def bare(text: str) -> str:
    """`text` as every carrier compares it: in small letters, without outer white space. All else in it may hide the word."""
    inner = text.strip(string.whitespace)
    return inner.lower() if inner.isascii() else inner


def folded(text: str) -> str:
    """`text` as keywords are compared: what one sees of it, without outer punctuation and white space, in small letters."""
    seen = _visible(text).strip().casefold()
    return seen.strip(_OUTER_ASCII) if seen.isascii() else _OUTER.sub("", seen)


def _visible(text: str) -> str:
    """`text` as one sees it: without characters that have no width of their own, wide letters as plain ones."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) not in _INVISIBLE or c.isspace()
    )
