"""Amounts in figures and words, the way a locale writes them: "1.234,56", "two and a half", "minus 3", "a dozen"."""

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from core.understanding.values import words
from core.understanding.values.patterns import alternatives

if TYPE_CHECKING:
    from babel import Locale

LONGEST = 30  # figures of a number
_MANY = "1000(?:000){0,3}"  # a thousand, a million … after figures: "1.5 million"
_FRACTIONS = {"½": Decimal("0.5"), "¼": Decimal("0.25"), "¾": Decimal("0.75")}


class Numerals(Struct, frozen=True):
    """How a locale writes amounts.

    `amount` is an expression for one (no groups); `decimal` the decimal sign; `figures` the expression for bare figures; `minus`
    and `half` expressions for these words, `special` values of phrases ("a dozen"); `ordinals` those of words that text2num
    leaves alone ("last" -> -1); `suffix` what follows figures in an ordinal.
    """

    decimal: str
    figures: str
    minus: str
    half: str
    special: dict[str, Decimal]
    ordinals: dict[str, int]
    suffix: str

    @classmethod
    def of(cls, locale: "Locale", data: dict[str, Any]) -> "Numerals":
        """Of a locale, with the words of its language's file (section `numbers`)."""
        symbols = locale.number_symbols["latn"]
        blank = " " if str(symbols["group"]).isspace() or words.folded(symbols["group"]) == " " else ""
        group = rf"[.,'{blank}]"
        ordinals = dict(data["ordinals"])
        suffix = words.spelled(ordinals.pop("suffix", "")) or "(?!)"
        return cls(
            decimal=str(symbols["decimal"]),
            figures=rf"(?:[0-9]{{1,3}}(?:{group}[0-9]{{3}})+(?:[.,][0-9]{{1,12}})?(?![0-9])|[0-9]{{1,{LONGEST}}}(?:[.,][0-9]{{1,12}})?)",
            minus=words.spelled(data["minus"]),
            half=words.spelled(data["half"]),
            special={words.folded(said): Decimal(str(value)) for said, value in data["words"].items()},
            ordinals={words.folded(said): value for said, value in ordinals.items()},
            suffix=suffix,
        )

    @property
    def ordinal_words(self) -> str:
        """Expression for the ordinals that are words."""
        return alternatives(map(re.escape, self.ordinals)) or "(?!)"

    @property
    def amount(self) -> str:
        """Expression for an amount in figures or words."""
        sign = rf"(?:(?:{self.minus}) |(?<![0-9\w] )(?<![0-9\w])-)?"
        fraction = rf"(?: ?[½¼¾]| (?:{self.half})(?!\w)| [1-9]/[1-9][0-9]?(?![0-9/]))?"
        one = alternatives(re.escape(said) for said, value in self.special.items() if value == 1)
        figures = rf"{sign}(?:(?:(?:{one}) (?=100))?{self.figures}(?: {_MANY}\b)?{fraction}|[½¼¾])"
        special = alternatives(re.escape(said).replace("\\ ", "[ -]") for said in self.special)
        return rf"(?:{figures}|(?:{special})(?:(?<=')|(?!\w)))"

    def value(self, said: str) -> Decimal:
        """What an amount, as `amount` finds it, comes to."""
        said = said.strip()
        if (known := self.special.get(said.replace("-", " "))) is not None:
            return known
        sign = re.match(rf"(?:(?:{self.minus}) |-)", said)
        rest = said[sign.end() :] if sign else said
        return -self._positive(rest) if sign else self._positive(rest)

    def _positive(self, said: str) -> Decimal:
        said = re.sub(r"^[^\W\d]+'? (?=100)", "", said)  # "a hundred"
        figures = re.match(self.figures, said)
        rest = said[figures.end() :] if figures else said
        whole = self.exact(figures[0]) if figures else Decimal(0)
        if many := re.match(rf" ({_MANY})\b", rest):
            whole, rest = whole * int(many[1]), rest[many.end() :]
        return whole + self._fraction(rest.strip())

    def _fraction(self, said: str) -> Decimal:
        if said in _FRACTIONS:
            return _FRACTIONS[said]
        top, bar, bottom = said.partition("/")
        if bar:
            return Decimal(top) / Decimal(bottom)
        return Decimal("0.5") if said else Decimal(0)

    def exact(self, figures: str) -> Decimal:
        """Figures as a number. A sign that could be either is the locale's: "1.234" is 1234 in German, 1.234 in English."""
        signs = [each for each in figures if not each.isdigit()]
        if not signs:
            return Decimal(figures)
        last = signs[-1]
        head, _, tail = figures.rpartition(last)
        is_group = last in " '" or (signs.count(last) > 1) or (len(set(signs)) == 1 and self._groups(last, head, tail))
        bare = "".join(filter(str.isdigit, head))
        return Decimal(bare + tail) if is_group else Decimal(f"{bare}.{tail}")

    def _groups(self, sign: str, head: str, tail: str) -> bool:
        return sign != self.decimal and len(tail) == 3 and len(head) <= 3 and not head.startswith("0")


def plain_number(value: Decimal) -> int | float:
    """The number as JSON has it: whole ones as int."""
    return int(value) if value == value.to_integral_value() else float(value)
