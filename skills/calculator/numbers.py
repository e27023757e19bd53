"""Numbers as people say them, turned into digits: "twenty-six point two" is 26.2, "zweieinhalb" is (2+1/2)."""

import re
import unicodedata
from functools import lru_cache

from skills.calculator.wording import locale_of
from skills.calculator.words import applied, words_of

_SIGNS = {
    "×": "*", "·": "*", "⋅": "*", "÷": "/", "−": "-", "–": "-", "’": "'", "″": '"', "′": "'", "“": '"', "”": '"',
    "²": " ^ 2 ", "³": " ^ 3 ", "√": " sqrt ", "∛": " cbrt ", "π": " pi ",
    "½": " 1/2 ", "¼": " 1/4 ", "¾": " 3/4 ", "⅓": " 1/3 ", "⅔": " 2/3 ",
}  # fmt: skip
_TABLE = str.maketrans(_SIGNS)
_GAP = re.compile(r"(?<=\d)[\u00a0\u202f'’](?=\d{3}(?!\d))")  # between thousands
_SPACED = re.compile(r"(?<![\d.,])\d{1,3}(?: \d{3})+(?!\d)")
_GROUPED = {
    ".": re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?!\d)"),
    ",": re.compile(r"(?<![\d.,])\d{1,3}(?:\.\d{3})+(?!\d)"),
}
_COMMA = re.compile(r"(?<=\d),(?=\d)")
_MIXED_DIGITS = re.compile(r"(?<![\d./])(\d+) (\d+)/(\d+)(?![\d./])")


def plain(text: str, locale: str) -> str:
    """`text` in small letters and ASCII signs, numbers as digits with a decimal point, fractions in brackets."""
    from text_to_num import alpha2digit  # type: ignore[import-untyped]  # here because it is slow to load

    numerals = words_of(locale).numerals
    text = unicodedata.normalize("NFKC", _GAP.sub("", text.lower()).translate(_TABLE))
    text = numerals.percent.sub("%", _figures(text, locale))
    text = applied(numerals.before, text)
    for pattern, part in numerals.fractions:
        text = pattern.sub(f"§{part}", text)
    text = str(alpha2digit(text, numerals.language, 0.0))
    if numerals.language != "en":
        text = _COMMA.sub(".", text)  # as these languages say it, wherever they are spoken
    text = _fractions(text, numerals.joined, numerals.article)
    return _MIXED_DIGITS.sub(r"(\1+\2/\3)", applied(numerals.after, text))


def _figures(text: str, locale: str) -> str:
    """Figures as the locale writes them, without signs between thousands and with a decimal point."""
    decimal, spaced = _format(locale)
    text = _GROUPED[decimal].sub(lambda match: re.sub(r"[.,]", "", match[0]), text)
    if spaced:
        text = _SPACED.sub(lambda match: match[0].replace(" ", ""), text)
    return _COMMA.sub(".", text) if decimal == "," else text


@lru_cache(maxsize=64)
def _format(locale: str) -> tuple[str, bool]:
    symbols = locale_of(locale).number_symbols["latn"]
    return ("," if symbols["decimal"] == "," else "."), str(symbols["group"]).isspace()


@lru_cache(maxsize=8)
def _fraction_rules(joined: str, article: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    one = rf"(?:(?:{article}|1) )"
    after = rf"(?: (?:{article})(?= ))?"  # "half an hour"
    return (
        (re.compile(rf"\b(\d+) (?:{joined}) {one}?§(\d+)"), r"(\1+1/\2)"),
        (re.compile(rf"\b(\d+) (?:{joined}) (\d+) §(\d+)"), r"(\1+\2/\3)"),
        (re.compile(rf"\b1 §(\d+){after}"), r"(1/\1)"),
        (re.compile(r"\b(\d+) §(\d+)"), r"(\1/\2)"),
        (re.compile(rf"{one}?§(\d+){after}"), r"(1/\1)"),
    )


def _fractions(text: str, joined: str, article: str) -> str:
    return applied(_fraction_rules(joined, article), text)
