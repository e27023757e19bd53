"""What the region decides: which dollar, whose telephone numbers, which degree, which decimal sign, which of two places."""

import pytest

from core.understanding.values import Context, resolve


@pytest.mark.parametrize(
    ("locale", "type_", "text", "expected"),
    [
        ("en-US", "money", "$5", {"amount": "5.00", "currency": "USD"}),
        ("en-CA", "money", "$5", {"amount": "5.00", "currency": "CAD"}),
        ("en-AU", "money", "5 dollars", {"amount": "5.00", "currency": "AUD"}),
        ("es-MX", "money", "$5", {"amount": "5.00", "currency": "MXN"}),
        ("es-MX", "money", "5 dólares", {"amount": "5.00", "currency": "USD"}),
        ("es-AR", "money", "5 pesos", {"amount": "5.00", "currency": "ARS"}),
        ("en-CA", "money", "US$5", {"amount": "5.00", "currency": "USD"}),
        ("en-US", "money", "1,234.56 €", {"amount": "1234.56", "currency": "EUR"}),
        ("de-DE", "money", "1,234.56 €", {"amount": "1234.56", "currency": "EUR"}),
        ("de-CH", "money", "1’234.50 Franken", {"amount": "1234.50", "currency": "CHF"}),
        ("zh-CN", "money", "¥5", {"amount": "5.00", "currency": "CNY"}),
        ("ja-JP", "money", "¥500", {"amount": "500", "currency": "JPY"}),
        ("en-GB", "money", "50 pence", {"amount": "0.50", "currency": "GBP"}),
        ("en-GB", "phone", "020 7946 0018", "+442079460018"),
        ("de-AT", "phone", "01 58858", "+43158858"),
        ("en-US", "quantity", "20 degrees", {"amount": 20, "unit": "degree_Fahrenheit"}),
        ("en-GB", "quantity", "20 degrees", {"amount": 20, "unit": "degree_Celsius"}),
        ("en-US", "number", "1.234", 1.234),
        ("de-DE", "number", "1.234", 1234),
        ("es-MX", "number", "1,234", 1234),
        ("es-ES", "number", "1,234", 1.234),
        ("de-DE", "number", "1.234.567", 1234567),
        ("fr-FR", "number", "1\u202f234,5", 1234.5),
    ],
)
def test_the_region_decides(locale: str, type_: str, text: str, expected: object) -> None:
    found = resolve(type_, text, Context(locale))
    assert found is not None
    assert found.value == expected


@pytest.mark.parametrize(("locale", "country"), [("en-US", "US"), ("en-GB", "GB")])
def test_of_two_places_the_one_at_home(locale: str, country: str) -> None:
    found = resolve("place", "Birmingham", Context(locale))
    assert found is not None
    assert found.value["country"] == country


def test_a_place_has_what_clocks_and_weather_need() -> None:
    found = resolve("place", "Tokyo", Context("en-US"))
    assert found is not None
    assert found.value["timezone"] == "Asia/Tokyo"
    assert round(found.value["lat"]), round(found.value["lon"]) == (36, 140)


@pytest.mark.parametrize(
    ("locale", "region"), [("de", "DE"), ("en", "US"), ("pt", "BR"), ("de-AT", "AT"), ("", "US"), ("en_GB", "GB")]
)
def test_the_region_of_a_locale(locale: str, region: str) -> None:
    assert Context(locale).region == region
