"""The names of units are pint's own."""

from typing import Any

import pint
import pytest

from core.understanding.values.language import language
from core.understanding.values.quantities import units

PINT: Any = pint.UnitRegistry()


@pytest.mark.parametrize("name", sorted(set(units().values())))
def test_a_unit_is_called_as_pint_does(name: str) -> None:
    assert str(PINT.parse_units(name)) == name


@pytest.mark.parametrize("locale", ["en-US", "de-DE", "es-ES", "fr-FR", "it-IT"])
def test_so_are_those_with_words_of_ours(locale: str) -> None:
    for name in language(locale).data["quantity"]:
        unit = name.removeprefix("0.5 ")
        assert str(PINT.parse_units(unit)) == unit
