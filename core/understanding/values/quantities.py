"""Amounts of a unit: "2 kilos", "20 °C", "eineinhalb Liter", "60 mph". Names of units from CLDR in every language, and ours."""

import re
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.understanding.values import words
from core.understanding.values.context import Context, Span
from core.understanding.values.language import Language, language, value_of
from core.understanding.values.numerals import plain_number
from core.understanding.values.patterns import START, alternatives

if TYPE_CHECKING:
    from babel import Locale

_FAHRENHEIT = frozenset(["US", "BS", "BZ", "KY", "PW", "FM", "MH", "LR"])  # regions where a degree is one of Fahrenheit
_UNITS = Path(__file__).with_name("units.toml")
_WORDS = frozenset(("in", "st", "pm", "k", "d", "a", "c", "y"))  # symbols that are words or endings as well
_AFTER_FIGURES = frozenset(("bar", "m", "g", "l", "h", "s", "w", "b", "t"))
_FACTOR = re.compile(r"([0-9.]+) (.+)")


def find_quantities(text: str, context: Context) -> list[Span]:
    """`{"amount": number, "unit": the unit as pint writes it}`: {"amount": 20, "unit": "degree_Celsius"}."""
    tongue = language(context.locale)
    said = tongue.plain(text)
    names = _names(tongue)
    found = [match for match in _expression(tongue).finditer(said.text) if not _is_word(match)]
    return [Span(*said.place(*match.span()), _value(match, tongue, names)) for match in found]


def _is_word(match: re.Match[str]) -> bool:
    """Whether what looks like a unit is hardly one: "401k", "7 in the morning", "8 pm", "a bar", "1st"."""
    return match["unit"] in _WORDS or (match["unit"] in _AFTER_FIGURES and not match["n"][-1].isdigit())


def read_quantity(text: str, context: Context) -> Any:
    """A quantity in a unit that only pint knows ("3 furlongs per fortnight"), or None."""
    tongue = language(context.locale)
    match = re.fullmatch(rf"({tongue.numerals.amount}) ([a-z][a-z /]{{2,40}})", tongue.plain(text).text)
    unit = _by_pint(match[2].replace(" per ", " / ").replace(" ", "_").replace("_/_", " / ")) if match else ""
    if match is None or not unit:
        return None
    return {"amount": plain_number(tongue.numerals.value(match[1])), "unit": unit}


def _value(match: re.Match[str], tongue: Language, names: dict[str, str]) -> dict[str, Any]:
    unit = str(value_of(match["unit"], names))
    amount = tongue.numerals.value(match["n"])
    if factor := _FACTOR.fullmatch(unit):
        amount, unit = amount * Decimal(factor[1]), factor[2]
    if match["unit"] in ("degree", "degrees", "°"):
        unit = "degree_Fahrenheit" if tongue.region in _FAHRENHEIT else "degree_Celsius"
    return {"amount": plain_number(amount), "unit": unit}


def _by_pint(said: str) -> str:
    """The unit as pint writes it; empty where it knows none."""
    import pint

    try:
        return str(_registry().parse_units(said))
    except (pint.PintError, ValueError, TypeError, AttributeError, ArithmeticError, SyntaxError):
        return ""


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    return pint.UnitRegistry()


@lru_cache(maxsize=64)
def _names(tongue: Language) -> dict[str, str]:
    """What units are called, as expressions -> pint's name; ours before CLDR's."""
    ours = {words.spelled(said): unit for unit, said in tongue.data["quantity"].items()}
    return (
        ours
        | {name: unit for name, unit in _library_names(tongue.locale).items() if name not in ours}
        | {"°": "degree"}
    )


def _library_names(locale: "Locale") -> dict[str, str]:
    found: dict[str, str] = {}
    table = locale._data["unit_patterns"]
    for width in ("long", "short"):
        for unit, ours in units().items():
            for pattern in dict(table.get(unit, {}).get(width, {})).values():
                name = words.folded(str(pattern)).replace("{0}", "").strip() if isinstance(pattern, str) else ""
                if name:
                    found.setdefault(re.escape(name).replace(r"\ ", " "), ours)
    return found


@lru_cache(maxsize=1)
def units() -> dict[str, str]:
    """CLDR's name of a unit -> pint's."""
    import tomllib  # here because this package should load fast

    return tomllib.loads(_UNITS.read_text("utf-8"))


@lru_cache(maxsize=64)
def _expression(tongue: Language) -> re.Pattern[str]:
    unit = alternatives(_names(tongue))
    return re.compile(rf"{START}(?P<n>{tongue.numerals.amount})[ -]?(?:(?:de|di|d') ?)?(?P<unit>{unit})(?![\w°])")
