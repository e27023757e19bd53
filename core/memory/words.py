"""The words of weight in what people tell and ask, in their language."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import snowballstemmer  # type: ignore[import-untyped]
from rapidfuzz.distance import OSA

_WORDS = re.compile(r"\w+")
_STEMMERS = {"en": "english", "de": "german", "es": "spanish", "fr": "french", "it": "italian"}

SHORTEST = 4
"""Letters; of a shorter word too many others are one edit away."""

CLEAR_ALONE = 7
"""Letters from which on a misspelt word may find a memory by itself, and two edits are taken for a slip."""


Stems = Mapping[str, str]
"""The words of weight in a text, each with its stem."""


def stemmed(text: str, language: str) -> Stems:
    """The words of weight in `text` with their stems."""
    words = [word for word in dict.fromkeys(_WORDS.findall(text.lower())) if word not in _stop_words(language)]
    # A stemmer keeps its current word in itself: one a call, so that threads do not meet in it.
    stemmer = snowballstemmer.stemmer(_STEMMERS.get(language, "english"))
    return dict(zip(words, stemmer.stemWords(words), strict=True))


def mended(question: str, held: Sequence[Stems], language: str) -> str:
    """`question` with words that no text (`held`: their words) has replaced by those that they may be misspellings of.

    A text that also has another word of the question lends any of its words, others only long ones: "sparre key" is "spare
    key" where a spare key is told of, and a mouse is never a house.
    """
    asked = stemmed(question, language)
    known = {stem for words in held for stem in words.values()}
    lost = {word for word, stem in asked.items() if stem not in known and len(word) >= SHORTEST}
    shared = [bool(set(asked.values()) & set(words.values())) for words in held]

    def mend(match: re.Match[str]) -> str:
        word = match[0].lower()
        near = [
            (OSA.distance(word, other), other)
            for words, also in zip(held, shared, strict=True)
            for other in (words if word in lost else ())
            if _may_be(word, other, alone=not also)
        ]
        return min(near)[1] if near else match[0]

    return _WORDS.sub(mend, question)


def _may_be(word: str, other: str, *, alone: bool) -> bool:
    """Whether `word` may be `other`, misspelt. People seldom err in the first letter; figures are never slips."""
    if len(other) < SHORTEST or word[0] != other[0] or not (word.isalpha() and other.isalpha()):
        return False
    long = min(len(word), len(other)) >= CLEAR_ALONE
    return (long or not alone) and OSA.distance(word, other) <= (2 if long and not alone else 1)


@cache
def _stop_words(language: str) -> frozenset[str]:
    return frozenset(_file().get(language, _file()["en"]).split())


@cache
def _file() -> dict[str, str]:
    read: dict[str, str] = tomllib.loads(files("core.memory").joinpath("stop_words.toml").read_text("utf-8"))
    return read
