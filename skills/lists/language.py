"""The words that a language has around things and lists (`words.toml`), and how texts are made comparable."""

import re
import tomllib
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import snowballstemmer  # type: ignore[import-untyped]
from msgspec import Struct

from shared.locales import language_of

_STEMMED = {"en": "english", "de": "german", "es": "spanish", "fr": "french", "it": "italian"}
_WORD = re.compile(r"[^\W_]+")
_PLAIN = {"ß": "ss", "ä": "ae", "ö": "oe", "ü": "ue", "’": "'", "œ": "oe", "æ": "ae", "ø": "o", "ł": "l"}


class Words(Struct, frozen=True):
    """A section of words.toml; alternatives of regular expressions for folded texts."""

    language: str
    and_: str
    whole: tuple[str, ...]
    half: str
    tens: str
    article: str
    one: str
    polite: str
    lead: str
    noun: str
    ending: str
    around: str
    called: str
    shopping: str
    todo: str
    buying: str
    doing: str
    everything: str


@cache
def words_of(locale: str) -> Words:
    """The words of a locale's language; English ones where there are none."""
    every: dict[str, dict[str, Any]] = tomllib.loads(files("skills.lists").joinpath("words.toml").read_text("utf-8"))
    language = language_of(locale)
    language = language if language in every else "en"
    section = dict(every[language])
    return Words(language=language, and_=section.pop("and"), whole=tuple(section.pop("whole")), **section)


def folded(text: str) -> str:
    """`text` in small letters without accents: "Äpfel" as "aepfel", "pâtes" as "pates"."""
    plain = "".join(_PLAIN.get(letter, letter) for letter in unicodedata.normalize("NFC", text).casefold())
    return "".join(letter for letter in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(letter))


def is_any(alternatives: str, text: str) -> bool:
    """Whether all of a text, folded, is one of the alternatives."""
    return bool(alternatives) and re.fullmatch(f"(?:{alternatives})", folded(text).strip()) is not None


def has_any(alternatives: str, text: str) -> bool:
    """Whether one of the alternatives stands in a text as words of their own."""
    return re.search(rf"(?<!\w)(?:{alternatives})(?!\w)", folded(text)) is not None


def key(text: str, words: Words) -> str:
    """What a thing is known by: the stems of its words, without articles. Two texts with the same one mean the same thing."""
    said = without_start(" ".join(text.split()), rf"{words.article}|{words.one}").casefold()
    tokens = _WORD.findall(unicodedata.normalize("NFC", said))
    tokens = [token for token in tokens if folded(token) not in words.article.split("|")] or tokens
    stems = _stemmer(words.language).stemWords(tokens)
    return folded(" ".join(stems) or said.strip())  # accents go last: they tell the stemmer what a word is


def without_start(text: str, alternatives: str) -> str:
    """`text` without the words it begins with, as far as these are among the alternatives and something is left."""
    while (cut := _start(alternatives).match(folded_alike(text))) and text[cut.end() :].strip():
        text = text[cut.end() :]
    return text


def without_end(text: str, alternatives: str) -> str:
    """`text` without the words it ends with, in the same way."""
    while (cut := _end(alternatives).search(folded_alike(text))) and text[: cut.start()].strip():
        text = text[: cut.start()]
    return text


def folded_alike(text: str) -> str:
    """`text` folded letter by letter, so that places in it are places in the text."""
    return "".join(_letter(letter) for letter in text)


@lru_cache(maxsize=4096)
def _letter(letter: str) -> str:
    plain = unicodedata.normalize("NFKD", letter.casefold())[:1] or letter
    return "'" if letter == "’" else plain


@lru_cache(maxsize=256)
def _start(alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"\s*(?:{_longest_first(alternatives)})(?:(?<=')|(?!\w))[\s:,]*")


@lru_cache(maxsize=256)
def _end(alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"[\s,]+(?:{_longest_first(alternatives)})\s*$")


def _longest_first(alternatives: str) -> str:
    return "|".join(sorted(alternatives.split("|"), key=len, reverse=True))


@cache
def _stemmer(language: str) -> Any:
    return snowballstemmer.stemmer(_STEMMED[language])
