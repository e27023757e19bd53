"""A conversion in words, taken apart: "how many cups in two litres" is 2 litres into cups."""

import re
from fractions import Fraction

from msgspec import Struct

from skills.calculator.exact import CannotCompute
from skills.calculator.expression import NotAnExpression, evaluate
from skills.calculator.numbers import plain
from skills.calculator.units import Unit, fitting, unit

LONGEST = 200  # characters

_CARRIER = re.compile(
    r"^(?:(?:please|hey|ok|okay|so|nexus|can you|could you|would you|will you|i need to|i want to|do you know|tell me|"
    r"convert|change|turn|express|translate|switch|put|calculate|work out|"
    r"(?:what|how much)(?:'s| is| are| would)|whats|"
    r"how (?:tall|heavy|hot|cold|far|long|fast|big|warm|high|deep|wide) (?:is|are))\b[\s,:]*)+"
)
_END = re.compile(r"(?:[\s,]*(?:for me|please|thanks|equals?|is that|be|\?))+$|[?.\s]+$")
_HOW_MANY = re.compile(
    r"^(?:and )?how (?:many|much) (.+?) (?:are there in|are there to|are in|is in|there are in|go into|fit into|"
    r"make up|does|do|are|is|in|to|make|equal|per) (.+)$"
)
_IS_HOW_MANY = re.compile(r"^(.+?) (?:is|are|equals?|makes?) how (?:many|much) (.+)$")
_INTO = re.compile(r"^(.+) (?:into|in to|to|in|as) (.+)$")
_NUMBER = r"-?(?:\([\d+/. ]+\)|\d+(?:\.\d+)?(?:\s?/\s?\d+)?|\.\d+)"
_AMOUNT = re.compile(rf"^(?:(?:minus|negative) )?({_NUMBER}|an?|one)?\s*([^\d(]*)")
_MINUS = re.compile(r"^(?:minus|negative) |^-")
_CURRENCY = re.compile(
    r"[$£€¥₹]|\b(?:dollars?|euros?|yen|rupees?|francs?|pesos?|yuan|renminbi|won|kron[ae]r?|zlotys?|roubles?|rubles?|lira|bitcoins?|"
    r"usd|eur|gbp|jpy|chf|cad|aud|inr|cny|sterling|currency|exchange rate|quid|bucks)\b"
)
_SMALLER = {
    "foot": "inch",
    "stone": "pound",
    "pound": "ounce",
    "hour": "minute",
    "minute": "second",
    "meter": "centimeter",
}
_NOTHING = re.compile(r"^(?:some |a |these )?(?:units?|measurements?|something|a measurement)?$")


class Part(Struct, frozen=True):
    """So much of one unit; `count` None where no number was said ("pounds to kilograms")."""

    count: Fraction | None
    unit: Unit


class UnknownUnit(Exception):
    """There is no unit of that name. `said` is what the person called it."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


def is_currency(text: str) -> bool:
    """Whether money is meant."""
    return _CURRENCY.search(text.casefold()) is not None


def split(text: str) -> tuple[str, str]:
    """What to convert and into what, each in the person's words; "" where it is not said."""
    text = _END.sub("", _CARRIER.sub("", text[:LONGEST].strip().casefold().replace("’", "'"))).strip()
    if match := _HOW_MANY.match(text):
        return _END.sub("", match[2]), match[1]
    for pattern in (_IS_HOW_MANY, _INTO):
        if match := pattern.match(text):
            return match[1], match[2]
    return ("", "") if _NOTHING.match(text) else (text, "")


def target(said: str, locale: str) -> tuple[Unit, ...]:
    """The unit wanted, or two: "feet and inches". Raises UnknownUnit."""
    single = unit(_without_article(said), locale)
    if single is not None:
        return (single,)
    first, joint, second = said.partition(" and ")
    if not joint:
        raise UnknownUnit(said)
    return (_known(first, locale), _known(second, locale))


def amount(said: str, locale: str, beside: Unit | None = None) -> tuple[Part, ...]:
    """`said` as parts: "5 foot 11" is 5 feet and 11 inches. An ounce beside a volume is a fluid ounce. Raises UnknownUnit."""
    rest = _MINUS.sub("-", plain(said[:LONGEST]).strip())
    parts: list[Part] = []
    while rest:
        match = _AMOUNT.match(rest)
        if match is None or not match[0]:
            raise UnknownUnit(said)
        parts.append(_part(match, parts, locale, beside))
        rest = rest[match.end() :].strip()
    if not parts:
        raise UnknownUnit(said)
    return tuple(parts)


def _part(match: re.Match[str], before: list[Part], locale: str, beside: Unit | None) -> Part:
    name = match[2].strip().removesuffix(" and").removesuffix(",").removeprefix("of ").strip()
    count = _count(match[1])
    if not name and before and before[-1].unit.name in _SMALLER:
        return Part(count, _known(_SMALLER[before[-1].unit.name], locale))
    found = _known(name, locale)
    return Part(count, fitting(found, beside, locale) if beside else found)


def _count(said: str | None) -> Fraction | None:
    if said is None:
        return None
    if said in ("a", "an", "one"):
        return Fraction(1)
    try:
        return evaluate(said).value
    except (NotAnExpression, CannotCompute):
        raise UnknownUnit(said) from None


def _known(said: str, locale: str) -> Unit:
    found = unit(_without_article(said), locale)
    if found is None:
        raise UnknownUnit(said)
    return found


def _without_article(said: str) -> str:
    return re.sub(r"^(?:an?|the) ", "", said.strip())
