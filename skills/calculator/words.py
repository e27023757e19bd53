"""How a language says sums and conversions: the tables in `words/`, compiled."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from shared.locales import language_of

_FOLDER = Path(__file__).with_name("words")
_NUMBER = r"(-?(?:\d+(?:\.\d+)?|\([^()]*\))(?: ?%)?)"  # as it stands once numbers were read

Rules = tuple[tuple[re.Pattern[str], str], ...]


class Around(Struct, frozen=True):
    """What stands before and after what is asked, and what says nothing."""

    carrier: re.Pattern[str]
    end: re.Pattern[str]
    nothing: re.Pattern[str]

    def within(self, text: str) -> str:
        """`text` without it; empty where nothing is left."""
        text = self.end.sub("", self.carrier.sub("", text)).strip()
        return "" if self.nothing.fullmatch(text) else text


class Sums(Struct, frozen=True):
    """Words for numbers, whole sums and signs. `average`, `total`: of a list whose parts `joint` stands between."""

    around: Around
    money: re.Pattern[str]
    shapes: Rules
    operators: Rules
    average: re.Pattern[str]
    total: re.Pattern[str]
    joint: re.Pattern[str]


class Numerals(Struct, frozen=True):
    """Words in numbers: rules for before and after the words for whole numbers were read, fractions by their denominator."""

    language: str
    before: Rules
    after: Rules
    percent: re.Pattern[str]
    fractions: tuple[tuple[re.Pattern[str], int], ...]
    joined: str
    article: str


class Conversion(Struct, frozen=True):
    """How a conversion is asked for. `split` are ways to say it, with the groups `amount` and `unit`."""

    around: Around
    split: tuple[re.Pattern[str], ...]
    minus: re.Pattern[str]
    one: str
    article: re.Pattern[str]
    joined: str
    of: re.Pattern[str]
    currency: re.Pattern[str]


class Words(Struct, frozen=True):
    """A language's. `units`: what they are called; `names`: one and several, where CLDR has no better; signs as they are said."""

    numerals: Numerals
    sums: Sums
    conversion: Conversion
    units: dict[str, tuple[str, ...]]
    names: dict[str, tuple[str, str]]
    spoken: dict[str, str]
    written: dict[str, str]


def words_of(locale: str) -> Words:
    """The words of the locale's language; English where there is no table for it."""
    language = language_of(locale)
    return _words(language if (_FOLDER / f"{language}.toml").is_file() else "en")


@cache
def _words(language: str) -> Words:
    data = tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8"))
    return Words(
        _numerals(language, data),
        Sums(
            _around(data),
            re.compile(data["money"]),
            _rules(data["shapes"], whole=True),
            _rules(data["operators"]),
            *(re.compile(data[name]) for name in ("average", "total", "joint")),
        ),
        _conversion(data["conversion"], data["and"]),
        msgspec.convert(data["units"], dict[str, tuple[str, ...]]),
        msgspec.convert(data["names"], dict[str, tuple[str, str]]),
        data["spoken"],
        data["written"],
    )


def _numerals(language: str, data: dict[str, Any]) -> Numerals:
    fractions = tuple((re.compile(rf"\b(?:{said})(?!\w)"), part) for said, part in data["fractions"].items())
    percent = re.compile(rf"\b(?:{data['percent']})(?!\w)")
    return Numerals(
        language, _rules(data["before"]), _rules(data["after"]), percent, fractions, data["and"], data["article"]
    )


def _conversion(data: dict[str, Any], joined: str) -> Conversion:
    return Conversion(
        _around(data),
        tuple(re.compile(pattern) for pattern in data["split"]),
        re.compile(rf"^(?:{data['minus']}) |^-"),
        data["one"],
        re.compile(rf"^(?:{data['article']})(?: |(?<=')) *"),
        joined,
        re.compile(rf"^(?:{data['of']})(?: |(?<='))"),
        re.compile(rf"[$£€¥₹]|\b(?:{data['currency']})(?!\w)"),
    )


def _around(data: dict[str, Any]) -> Around:
    nothing = data["nothing"]
    return Around(
        re.compile(rf"^(?:(?:{'|'.join(data['carrier'])})(?:(?<=')|(?!\w))[\s,:¿¡]*)+|^[\s¿¡]+"),
        re.compile(rf"(?:[\s,]*(?<!\w)(?:{'|'.join(data['end'])})|[?.=\s])+$"),
        re.compile(nothing if isinstance(nothing, str) else "|".join(map(re.escape, nothing))),
    )


def _rules(pairs: list[list[str]], whole: bool = False) -> Rules:
    filled = ((pattern.replace("{n}", _NUMBER), replacement) for pattern, replacement in pairs)
    return tuple((re.compile(rf"^(?:{pattern})$" if whole else pattern), made) for pattern, made in filled)


def applied(rules: Rules, text: str) -> str:
    """`text` with every rule applied, in order."""
    for pattern, replacement in rules:
        text = pattern.sub(replacement, text)
    return text
