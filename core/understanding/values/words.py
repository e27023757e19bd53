"""A text made plain for reading: small letters without accents, numbers in words as digits, every character traced back."""

import re
import unicodedata
from functools import lru_cache

from msgspec import Struct

LONGEST = 1_000  # characters of a text that are looked at

_KEPT = frozenset("½¼¾")
_SAME = (
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "º": "#", "ª": "#", "°": "°"}
    | dict.fromkeys("’‘´`ʼ", "'")
    | dict.fromkeys("‐‑–—−", "-")
)
_PIECES = re.compile(r"[^\W_]+|[\W_]+")
_WORDS = re.compile(r"[^\W\d_]+")


class Plain(Struct, frozen=True):
    """A text made plain. Character `i` of `text` stands for what is from `starts[i]` to `ends[i]` in the original."""

    text: str
    starts: list[int]
    ends: list[int]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """From where to where in the original `text[start:end]` stands. It must not be empty."""
        return self.starts[start], self.ends[end - 1]

    def words(self) -> frozenset[str]:
        """Every word of it, digits aside."""
        return frozenset(_WORDS.findall(self.text))


class _Piece(Struct, frozen=True):
    """A word or what is between two, as text2num wants it."""

    said: str

    def text(self) -> str:
        return self.said

    def nt_separated(self, previous: "_Piece") -> bool:
        return False

    def not_a_number_part(self) -> bool:
        return False


@lru_cache(maxsize=8_192)
def letter(character: str) -> str:
    """A character without case, accent or width; empty for a mark that belongs to the one before."""
    if character in _SAME or character in _KEPT:
        return _SAME.get(character, character)
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if character.isspace():
        return " "
    broken = unicodedata.normalize("NFKD", character.lower())
    return "".join(_SAME.get(each, each) for each in broken if not unicodedata.combining(each))


def folded(text: str) -> str:
    """`text` as `plain` would write it, numbers aside."""
    return "".join(map(letter, text))


def spelled(pattern: str) -> str:
    """An expression of a language file for plain text: without accents, otherwise as it is."""
    return "".join(each if each.isascii() else letter(each) for each in pattern)


def plain(text: str, numbers: str = "", weak: frozenset[str] = frozenset(), decimal: str = ".") -> Plain:
    """`text` made plain.

    `numbers` is the language whose number words become digits with `decimal` as the decimal sign ("two and twenty"); an ordinal
    becomes "3#". A lone word of `weak` stays as it is: "one" and "un" are articles as often as numbers.
    """
    text = text[:LONGEST]
    plain_text: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for start, end, digits in _numbers(text, numbers, weak, decimal):
        _copy(text, at, start, plain_text, starts, ends)
        plain_text.append(digits)
        starts += [start] * len(digits)
        ends += [end] * len(digits)
        at = end
    _copy(text, at, len(text), plain_text, starts, ends)
    return Plain("".join(plain_text), starts, ends)


def _copy(text: str, start: int, end: int, into: list[str], starts: list[int], ends: list[int]) -> None:
    for at in range(start, end):
        out = letter(text[at])
        into.append(out)
        starts += [at] * len(out)
        ends += [at + 1] * len(out)
        if not out and ends:
            ends[-1] = at + 1  # a mark on the letter before


def _numbers(text: str, language: str, weak: frozenset[str], decimal: str) -> list[tuple[int, int, str]]:
    """Where numbers are written in words, and their digits."""
    if not language:
        return []
    from text_to_num import find_numbers  # type: ignore[import-untyped]  # here because it is slow to load

    bounds = [match.span() for match in _PIECES.finditer(text)]
    pieces = [_Piece(_lower(text[start:end])) for start, end in bounds]
    found = []
    for number in find_numbers(pieces, language, 0.0):
        said = "".join(piece.said for piece in pieces[number.start : number.end])
        if folded(said) in weak or not any(map(str.isalpha, said)):
            continue
        digits = f"{number.value:.15g}" if abs(number.value) < 1e15 else str(int(number.value))
        digits = digits.replace(".", decimal) + ("#" if number.is_ordinal else "")
        found.append((bounds[number.start][0], bounds[number.end - 1][1], digits))
    return found


def _lower(text: str) -> str:
    return "".join(low if len(low := each.lower()) == 1 else each for each in text)
