"""Units: what people call them, and what pint calls them.

Amounts convert exactly, as fractions; pint knows the definitions. It is loaded at first use, being slow and large.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from shared.locales import language_of
from skills.calculator.wording import locale_of
from skills.calculator.words import words_of

if TYPE_CHECKING:
    from pint import UnitRegistry

# What a word means in Britain, where the same word measures something else.
_BRITISH = {
    "gallon": "imperial_gallon",
    "quart": "imperial_quart",
    "pint": "imperial_pint",
    "fluid_ounce": "imperial_fluid_ounce",
    "cup": "metric_cup",
    "ton": "long_ton",
    "mile/gallon": "mile/imperial_gallon",
}
_VOLUMES = frozenset(
    {"liter", "milliliter", "centiliter", "deciliter", "gallon", "quart", "pint", "cup", "tablespoon", "teaspoon"}
)
_TEMPERATURES = frozenset({"degC", "degF", "kelvin"})
_FAHRENHEIT = ("-US", "-LR", "-BS", "-KY")
_BRITISH_TERRITORIES = ("-GB", "-IE")
_ALSO_SPELLED = {"en": ("en-GB",)}  # other locales whose spelling is understood


class Unit(Struct, frozen=True):
    """A unit; `name` is pint's expression for it."""

    name: str


class UnitsDiffer(Exception):
    """The two units measure different things."""


def unit(said: str, locale: str) -> Unit | None:
    """The unit that people call `said`, in plain small letters; None where there is none by that name."""
    found = _names(language_of(locale)).get(_key(said))
    if found is None:
        return None
    is_british = locale.upper().endswith(_BRITISH_TERRITORIES) and not said.strip().startswith("us ")
    return Unit(_BRITISH.get(found, found) if is_british else found)


def fitting(unit_: Unit, other: Unit, locale: str) -> Unit:
    """`unit_` as it is meant beside another: an ounce beside a volume is a fluid one, a degree beside a temperature one of it."""
    if unit_.name == "ounce" and other.name.removeprefix("imperial_").removeprefix("metric_") in _VOLUMES:
        return Unit(_BRITISH["fluid_ounce"] if locale.upper().endswith(_BRITISH_TERRITORIES) else "fluid_ounce")
    if unit_.name == "degree" and other.name in _TEMPERATURES:
        home = "degF" if locale.upper().endswith(_FAHRENHEIT) else "degC"
        return Unit(home if home != other.name else "degC" if home == "degF" else "degF")
    return unit_


def convert(amount: Fraction, source: Unit, target: Unit) -> Fraction:
    """`amount` of `source` in `target`, exactly. Raises UnitsDiffer; ZeroDivisionError for nothing per something turned over."""
    registry = _registry()
    quantity = registry.Quantity(amount, source.name)
    wanted = registry.Unit(target.name)
    if quantity.check(wanted.dimensionality):
        return Fraction(quantity.to(wanted).magnitude)
    turned_over: Any = 1 / wanted
    if quantity.check(turned_over.dimensionality):  # miles per gallon and litres per 100 kilometres
        return 1 / Fraction(quantity.to(turned_over).magnitude)
    raise UnitsDiffer


def named(unit_: Unit, count: Fraction, number: str, locale: str) -> str:
    """`number` with the unit's name, one or several as `count` wants it: "2 litres"."""
    own = words_of(locale).names.get(unit_.name)
    if own is not None:
        return f"{number} {own[count != 1]}"
    patterns = _patterns(cldr_names()[unit_.name], locale)
    plural = locale_of(locale).plural_form(float(count)) if abs(count) < 10**15 else "other"
    pattern = patterns.get(plural) or patterns.get("other") or "{0} " + unit_.name
    return pattern.replace("{0}", number).replace("\u00a0", " ")


def name_of(unit_: Unit, locale: str) -> str:
    """What several of it are called."""
    return named(unit_, Fraction(2), "", locale).strip()


@cache
def cldr_names() -> dict[str, str]:
    """Every unit, and what CLDR calls it."""
    return tomllib.loads(Path(__file__).with_name("units.toml").read_text("utf-8"))


def _patterns(cldr: str, locale: str) -> dict[str, str]:
    """CLDR's patterns for so many of a unit, by plural form."""
    table: dict[str, Any] = locale_of(locale)._data["unit_patterns"].get(cldr, {})
    return {**table.get("short", {}), **table.get("long", {})}


@cache
def _names(language: str) -> dict[str, str]:
    """Every way of writing a unit, without accents, spaces and hyphens; the language's own table counts before CLDR."""
    names: dict[str, str] = {}
    for unit_, said in words_of(language).units.items():
        for name in said:
            names.setdefault(_key(name), unit_)
    for unit_, own in words_of(language).names.items():
        for name in own:
            names.setdefault(_key(name), unit_)
    for unit_, cldr in cldr_names().items():
        for name in _of_cldr(cldr, language):
            names.setdefault(_key(name), unit_)
    return names


def _of_cldr(cldr: str, language: str) -> Iterator[str]:
    for locale in (language, *_ALSO_SPELLED.get(language, ())):
        table: dict[str, Any] = locale_of(locale)._data["unit_patterns"].get(cldr, {})
        for length in ("long", "short"):
            for form, pattern in dict(table.get(length, {})).items():
                if form != "per" and isinstance(pattern, str) and (name := pattern.replace("{0}", "").strip()):
                    yield name
                    if language == "de" and not name.endswith(("n", "s")):
                        yield f"{name}n"  # the dative: "in Metern"


def _key(said: str) -> str:
    """Small letters without accents, spaces, hyphens and dots."""
    bare = unicodedata.normalize("NFKD", said.lower().replace("ß", "ss"))
    return re.sub(r"[ \u00a0\u202f_.-]", "", "".join(each for each in bare if not unicodedata.combining(each)))


@cache
def _registry() -> "UnitRegistry[Fraction]":
    from pint import UnitRegistry

    registry: UnitRegistry[Fraction] = UnitRegistry(non_int_type=Fraction)  # pyright: ignore[reportArgumentType] (pint takes any number)
    registry.define("liter_per_100_kilometers = liter / (100 * kilometer)")
    registry.define("metric_cup = 250 * milliliter")
    registry.define("metric_pound = 500 * gram")
    registry.define("international_acre = 4840 * yard ** 2")  # pint's own acre is the older survey acre
    return registry
