"""Units: what people call them, and what pint calls them.

Amounts convert exactly, as fractions; pint knows the definitions. It is loaded at first use, being slow and large.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

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
_BRITISH_TERRITORIES = ("-GB", "-IE")


class Unit(Struct, frozen=True):
    """`name` is pint's expression for it; `one` and `many` are what people say, in British spelling."""

    name: str
    one: str
    many: str


class UnitsDiffer(Exception):
    """The two units measure different things."""


def unit(said: str, locale: str) -> Unit | None:
    """The unit that people call `said`, in plain small letters; None where there is none by that name."""
    words = said.replace(".", "").strip()
    words = words.removeprefix("the ").removeprefix("degree ") if words.startswith("the ") else words
    found = _names().get(_key(words))
    if found is None:
        return None
    british = (
        _BRITISH.get(found.name)
        if locale.upper().endswith(_BRITISH_TERRITORIES) and not words.startswith("us ")
        else None
    )
    return _units()[british] if british else found


def fitting(unit_: Unit, other: Unit, locale: str) -> Unit:
    """`unit_`, or the fluid ounce where an ounce is set beside a volume."""
    if unit_.name == "ounce" and other.name.removeprefix("imperial_").removeprefix("metric_") in _VOLUMES:
        return unit("fluid ounce", locale) or unit_
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


def _table() -> Iterator[list[str]]:
    """The rows of units.txt: name, one, several, what else people write."""
    for line in Path(__file__).with_name("units.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            yield [part.strip() for part in line.split("|")]


@cache
def _units() -> dict[str, Unit]:
    found: dict[str, Unit] = {}
    for name, one, many, _ in _table():
        found[name] = Unit(name, one, many)
    return found


@cache
def _names() -> dict[str, Unit]:
    """Every way of writing a unit, without spaces and hyphens."""
    names: dict[str, Unit] = {}
    for name, one, many, others in _table():
        for said in (name, one, many, one.removeprefix("US "), many.removeprefix("US "), *others.split()):
            names.setdefault(_key(said), _units()[name])
    return names


def _key(said: str) -> str:
    """Small letters, American spelling, neither spaces nor hyphens."""
    key = said.casefold().replace("metre", "meter").replace("litre", "liter")
    return key.replace(" ", "").replace("-", "").replace("_", "")


@cache
def _registry() -> "UnitRegistry[Fraction]":
    from pint import UnitRegistry

    registry: UnitRegistry[Fraction] = UnitRegistry(non_int_type=Fraction)  # pyright: ignore[reportArgumentType] (pint takes any number)
    registry.define("liter_per_100_kilometers = liter / (100 * kilometer)")
    registry.define("metric_cup = 250 * milliliter")
    registry.define("international_acre = 4840 * yard ** 2")  # pint's own acre is the older survey acre
    return registry
