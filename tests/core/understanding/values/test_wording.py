"""How values are said back."""

from typing import Any

import pytest

from core.understanding.values import TYPES, Context, resolve, wordings

MOMENT = {"at": "2026-12-24T15:00:00+01:00", "said": "datetime"}


@pytest.mark.parametrize(
    ("type_", "value", "english", "german", "french"),
    [
        ("number", 1234.5, "1,234.5", "1.234,5", "1 234,5"),
        ("ordinal", 1, "1st", "1.", "1er"),
        ("ordinal", 12, "12th", "12.", "12e"),
        ("ordinal", -1, "last", "letzte", "dernier"),
        ("percentage", 12.5, "12.5%", "12,5 %", "12,5 %"),
        (
            "date",
            "2026-12-24",
            "Thursday, December 24, 2026",
            "Donnerstag, 24. Dezember 2026",
            "jeudi 24 décembre 2026",
        ),
        ("time", "15:00", "3:00 PM", "15:00", "15:00"),
        (
            "datetime",
            MOMENT,
            "Thursday, December 24, 2026, 3:00 PM",
            "Donnerstag, 24. Dezember 2026, 15:00",
            "jeudi 24 décembre 2026, 15:00",
        ),
        ("datetime", {**MOMENT, "said": "time"}, "3:00 PM", "15:00", "15:00"),
        (
            "duration",
            {"seconds": 5400, "iso": "PT1H30M"},
            "1 hour and 30 minutes",
            "1 Stunde und 30 Minuten",
            "1 heure et 30 minutes",
        ),
        ("duration", {"seconds": 0, "iso": "PT0S"}, "0 seconds", "0 Sekunden", "0 seconde"),
        ("money", {"amount": "12.50", "currency": "EUR"}, "€12.50", "12,50 €", "12,50 €"),
        ("quantity", {"amount": 2, "unit": "kilogram"}, "2 kilograms", "2 Kilogramm", "2 kilogrammes"),
        ("quantity", {"amount": 2, "unit": "smoot"}, "2 smoot", "2 smoot", "2 smoot"),
        ("phone", "+4930901820", "011 49 30 901820", "030 901820", "00 49 30 901820"),
        ("place", {"name": "Paris", "country": "FR"}, "Paris, France", "Paris, Frankreich", "Paris"),
        ("place", {"name": "Germany", "country": "DE"}, "Germany", "Deutschland", "Allemagne"),
        ("boolean", True, "yes", "ja", "oui"),
        ("boolean", False, "no", "nein", "non"),
        ("text", "call mum", "call mum", "call mum", "call mum"),
    ],
)
def test_a_value_in_words(type_: str, value: Any, english: str, german: str, french: str) -> None:
    said = [
        wordings(value, type_, locale).replace("\xa0", " ").replace("\u202f", " ")
        for locale in ("en-US", "de-DE", "fr-FR")
    ]
    assert said == [english, german, french]


@pytest.mark.parametrize("locale", ["en-US", "de-DE", "es-ES", "fr-FR", "it-IT"])
@pytest.mark.parametrize(
    ("type_", "value"), [("date", "2026-12-24"), ("time", "15:00"), ("number", 1234.5), ("boolean", True)]
)
def test_what_is_said_back_is_understood(locale: str, type_: str, value: Any) -> None:
    found = resolve(type_, wordings(value, type_, locale), Context(locale))
    assert found is not None
    assert found.value == value


def test_every_type_says_what_its_values_are() -> None:
    assert {"number", "date", "choice", "text"} <= set(TYPES)
    assert all(kind.meaning and kind.name == name for name, kind in TYPES.items())
