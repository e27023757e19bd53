"""Numbers, ordinals, percentages: "zweieinhalb", "the third", "20 Prozent"."""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

from core.understanding.values import patterns, words
from core.understanding.values.context import Context, Span, longest
from core.understanding.values.language import Language, language
from core.understanding.values.numerals import plain_number

_YEAR = re.compile(r"(?<![\w.,])(1[1-9]|2[01]) ([1-9][0-9])(?![\w.,])")


def find_numbers(text: str, context: Context) -> list[Span]:
    """int or float, in figures or words. An article is no number ("a", "un"), nor is part of a date, time or word ("5pm").

    Two English numbers in words can be a year: "twenty twenty eight".
    """
    tongue = language(context.locale)
    said = tongue.plain(text)
    found = [match for match in _amount(tongue).finditer(said.text) if match[0] not in tongue.weak]
    articles = _articles(tongue)
    plain = [
        Span(*said.place(*match.span()), plain_number(tongue.numerals.value(match[0])))
        for match in found
        if match[0] not in articles
    ]
    return longest([*_years(text, said, tongue), *plain])


def _years(text: str, said: words.Plain, tongue: Language) -> list[Span]:
    spans = [Span(*said.place(*match.span()), int(match[1] + match[2])) for match in _YEAR.finditer(said.text)]
    in_words = (span for span in spans if not any(map(str.isdigit, text[span.start : span.end])))
    return list(in_words) if tongue.spoken == "en" else []


def read_number(text: str, context: Context) -> Any:
    """The number that `text` is; an article by itself counts ("one", "uno")."""
    tongue = language(context.locale)
    plain = tongue.plain(text)
    said = plain.text.strip(" .!?")
    match = re.fullmatch(tongue.numerals.amount, said)
    if match is None:
        years = _years(text, plain, tongue) if _YEAR.fullmatch(said) else []
        ordinal = re.fullmatch(r"([0-9]{1,15})#", said)
        return years[0].value if years else int(ordinal[1]) if ordinal else None
    return plain_number(tongue.numerals.value(match[0]))


def find_ordinals(text: str, context: Context) -> list[Span]:
    """int from 1; the last is -1."""
    tongue = language(context.locale)
    said = tongue.plain(text)
    return [
        Span(*said.place(*match.span()), _ordinal(match, tongue)) for match in _ordinals(tongue).finditer(said.text)
    ]


def find_percentages(text: str, context: Context) -> list[Span]:
    """The number before "percent" or "%": 20 for 20 %."""
    tongue = language(context.locale)
    said = tongue.plain(text)
    if not re.search(_percent(tongue), said.text):
        return []
    pattern = _percentages(tongue)
    found = [
        Span(*said.place(*match.span()), plain_number(tongue.numerals.value(match["n"])))
        for match in pattern.finditer(said.text)
    ]
    return longest(found)


def _articles(tongue: Language) -> frozenset[str]:
    return frozenset(said for said, value in tongue.numerals.special.items() if value == 1)


def _ordinal(match: re.Match[str], tongue: Language) -> int:
    digits = match["digits"]
    return int(digits) if digits else tongue.numerals.ordinals[match["word"]]


def _percent(tongue: Language) -> str:
    return words.spelled(tongue.data["numbers"]["percent"])


@lru_cache(maxsize=64)
def _amount(tongue: Language) -> re.Pattern[str]:
    return re.compile(f"{patterns.START}{tongue.numerals.amount}(?!#){patterns.END}")


@lru_cache(maxsize=64)
def _ordinals(tongue: Language) -> re.Pattern[str]:
    numerals = tongue.numerals
    figures = rf"(?P<digits>[0-9]{{1,15}})(?:#|(?:{numerals.suffix})(?=\W|$))"
    return re.compile(f"{patterns.START}(?:{figures}|(?P<word>{numerals.ordinal_words})){patterns.END}")


@lru_cache(maxsize=64)
def _percentages(tongue: Language) -> re.Pattern[str]:
    return re.compile(rf"{patterns.START}(?P<n>{tongue.numerals.amount}) ?(?:{_percent(tongue)})(?!\w)")


def say_number(value: Any, tongue: Language) -> str:
    """ "1.234,5" """
    from babel.numbers import format_decimal

    return format_decimal(Decimal(str(value)), locale=tongue.locale)
