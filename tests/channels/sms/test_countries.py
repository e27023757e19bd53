"""Which locale a telephone number suggests."""

import pytest

from channels.sms.countries import locale_of


@pytest.mark.parametrize(
    ("number", "locale"),
    [
        ("+15550100", "en-US"),
        ("+447700900123", "en-GB"),
        ("+4915112345678", "de-DE"),
        ("+436641234567", "de-AT"),
        ("+41791234567", "de-CH"),
        ("+34612345678", "es-ES"),
        ("+525512345678", "es-MX"),
        ("+33612345678", "fr-FR"),
        ("+32470123456", "fr-BE"),
        ("+393331234567", "it-IT"),
        ("+919812345678", "en-IN"),
        ("+8613812345678", "en-US"),
        ("+999123", "en-US"),
        ("+", "en-US"),
        ("+٤٩", "en-US"),
        ("NEXUS", "en-US"),
        ("88888", "en-US"),
    ],
)
def test_locale(number: str, locale: str) -> None:
    assert locale_of(number) == locale
