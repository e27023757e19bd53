"""Locales, and which one a browser asks for."""

import pytest

from shared.locales import in_language, language_of, preferred


def test_locales() -> None:
    assert language_of("de_AT") == language_of("de-AT") == "de"
    assert language_of("x") == language_of("") == "en"
    assert in_language("de-AT", "de") == "de-AT"
    assert in_language("de-AT", "fr") == "fr-FR"
    assert in_language("en-US", "pt") == "pt"


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de-AT"),
        ("de,en-US;q=0.7", "de-DE"),
        ("nl,fr-CA;q=0.8,en;q=0.5", "fr-CA"),
        ("nl-BE, pt-BR;q=0.5", "nl-BE"),
        ("pt", "pt"),
        ("*", "en-US"),
        ("", "en-US"),
        ("x" * 500, "en-US"),
        ("de_AT;DROP", "en-US"),
    ],
)
def test_what_a_browser_asks_for(header: str, locale: str) -> None:
    assert preferred(header) == locale
