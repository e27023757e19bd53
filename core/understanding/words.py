"""What counts as a word, and how a text is written for those who compare texts."""

import re
from collections.abc import Iterator

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

_SPACE = re.compile(r"\s+")


def words(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation."""
    return WORD.findall(text.casefold().replace("’", "'"))


def key(text: str) -> str:
    """`text` as it is looked up: two texts that differ in case and white space only have the same."""
    return _SPACE.sub(" ", text.casefold().replace("’", "'")).strip()


def readable(label: str) -> Iterator[str]:
    """The words in the name of an intent (`card_arrival`, `clock.leapYear`)."""
    return (part.casefold() for part in re.findall(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![a-z])|\d+", label))
