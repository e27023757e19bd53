"""The words of weight in what people tell and ask, in their language."""

import re
import tomllib
from collections.abc import Sequence
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


def stems(text: str, language: str) -> set[str]:
    """The stems of the words of weight in `text`."""
    return {_stem(word, language) for word in _weighty(text, language)}


def mended(question: str, texts: Sequence[str], language: str) -> str:
    """`question` with words that no text holds replaced by those of a text that they may be misspellings of.

    A text that also holds another word of the question lends any such word, others only long ones: "sparre key" is "spare
    key" where a spare key is told of, and a mouse is never a house.
    """
    held = [(_weighty(text, language), stems(text, language)) for text in texts]
    asked = stems(question, language)
    known: set[str] = set().union(*(found for _, found in held))

    def mend(match: re.Match[str]) -> str:
        word = match[0].lower()
        if len(word) < SHORTEST or word in _stop_words(language) or _stem(word, language) in known:
            return match[0]
        near = [
            (OSA.distance(word, other), other)
            for words, found in held
            for other in words
            if _may_be(word, other, alone=not asked & found)
        ]
        return min(near)[1] if near else match[0]

    return _WORDS.sub(mend, question)


def _may_be(word: str, other: str, *, alone: bool) -> bool:
    """Whether `word` may be `other`, misspelt. People seldom err in the first letter; figures are never slips."""
    if len(other) < SHORTEST or word[0] != other[0] or not (word.isalpha() and other.isalpha()):
        return False
    long = min(len(word), len(other)) >= CLEAR_ALONE
    return (long or not alone) and OSA.distance(word, other) <= (2 if long and not alone else 1)


def _weighty(text: str, language: str) -> list[str]:
    return [word for word in _WORDS.findall(text.lower()) if word not in _stop_words(language)]


def _stem(word: str, language: str) -> str:
    # A stemmer keeps its current word in itself: one a call, so that threads do not meet in it.
    found: str = snowballstemmer.stemmer(_STEMMERS.get(language, "english")).stemWord(word)
    return found


@cache
def _stop_words(language: str) -> frozenset[str]:
    return frozenset(_file().get(language, _file()["en"]).split())


@cache
def _file() -> dict[str, str]:
    read: dict[str, str] = tomllib.loads(files("core.memory").joinpath("stop_words.toml").read_text("utf-8"))
    return read
