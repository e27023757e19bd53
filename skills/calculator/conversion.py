"""A conversion in words, taken apart: "how many cups in two litres" is 2 litres into cups."""

import re
from fractions import Fraction

from msgspec import Struct

from skills.calculator.exact import CannotCompute
from skills.calculator.expression import NotAnExpression, evaluate
from skills.calculator.numbers import plain
from skills.calculator.units import Unit, fitting, unit
from skills.calculator.words import words_of

LONGEST = 200  # characters

_NUMBER = r"-?(?:\([\d+/. ]+\)|\d+(?:\.\d+)?(?:\s?/\s?\d+)?|\.\d+)"
_SMALLER = {
    "foot": "inch",
    "stone": "pound",
    "pound": "ounce",
    "hour": "minute",
    "minute": "second",
    "meter": "centimeter",
}


class Part(Struct, frozen=True):
    """So much of one unit; `count` None where no number was said ("pounds to kilograms")."""

    count: Fraction | None
    unit: Unit


class UnknownUnit(Exception):
    """There is no unit of that name. `said` is what the person called it."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


def is_currency(text: str, locale: str) -> bool:
    """Whether money is meant."""
    return words_of(locale).conversion.currency.search(text.lower()) is not None


def split(text: str, locale: str) -> tuple[str, str]:
    """What to convert and into what, each in the person's words; "" where it is not said."""
    words = words_of(locale).conversion
    text = words.around.within(text[:LONGEST].strip().lower().replace("’", "'"))
    for pattern in words.split:
        if match := pattern.fullmatch(text):
            return words.around.end.sub("", match["amount"]), match["unit"]
    return text, ""


def target(said: str, locale: str) -> tuple[Unit, ...]:
    """The unit wanted, or two: "feet and inches". Raises UnknownUnit."""
    single = unit(_without_article(said, locale), locale)
    if single is not None:
        return (single,)
    first, *rest = re.split(rf" (?:{words_of(locale).conversion.joined}) ", said, maxsplit=1)
    if not rest:
        raise UnknownUnit(said)
    return (_known(first, locale), _known(rest[0], locale))


def amount(said: str, locale: str, beside: Unit | None = None) -> tuple[Part, ...]:
    """`said` as parts: "5 foot 11" is 5 feet and 11 inches. An ounce beside a volume is a fluid ounce. Raises UnknownUnit."""
    words = words_of(locale).conversion
    rest = words.minus.sub("-", plain(said[:LONGEST], locale).strip())
    pattern = re.compile(rf"({_NUMBER}|(?:{words.one})(?:'|(?=\s)))?\s*([^\d(]*(?:(?<=/)\d+ ?[^\d(]*|\b100 ?[^\d(]+)?)")
    parts: list[Part] = []
    while rest:
        match = pattern.match(rest)
        if match is None or not match[0]:
            raise UnknownUnit(said)
        part = _part(match, parts, locale, beside)
        if parts and part.unit == parts[-1].unit:  # "an hour and a half" is one and a half
            one = parts.pop()
            part = Part((Fraction(1) if one.count is None else one.count) + (part.count or 0), part.unit)
        parts.append(part)
        rest = rest[match.end() :].strip()
    if not parts:
        raise UnknownUnit(said)
    return tuple(parts)


def _part(match: re.Match[str], before: list[Part], locale: str, beside: Unit | None) -> Part:
    words = words_of(locale).conversion
    name = re.sub(rf" (?:{words.joined})$|,$", "", match[2].strip())
    name, count = words.of.sub("", name).strip(), _count(match[1])
    if not name and before and count and count < 1:  # "an hour and a half"
        return Part(count, before[-1].unit)
    if not name and before and before[-1].unit.name in _SMALLER:
        return Part(count, Unit(_SMALLER[before[-1].unit.name]))
    found = _known(name, locale)
    return Part(count, fitting(found, beside, locale) if beside else found)


def _count(said: str | None) -> Fraction | None:
    if said is None:
        return None
    if not re.search(r"\d", said):  # "a", "una"
        return Fraction(1)
    try:
        return evaluate(said).value
    except (NotAnExpression, CannotCompute):
        raise UnknownUnit(said) from None


def _known(said: str, locale: str) -> Unit:
    found = unit(_without_article(said, locale), locale)
    if found is None:
        raise UnknownUnit(said)
    return found


def _without_article(said: str, locale: str) -> str:
    return words_of(locale).conversion.article.sub("", said.strip())
