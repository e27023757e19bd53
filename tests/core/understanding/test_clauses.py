"""Where a sentence may be cut, and where what follows a comma only goes on."""

import pytest

from core.understanding.clauses import clauses


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("erinnere mich morgen um neun daran, Anna anzurufen", "de"),
        ("erinnere mich daran, die Blumen zu gießen", "de"),
        ("erinnere mich daran, dass ich die Kinder abhole", "de"),
        ("remind me tomorrow, to call Anna", "en"),
        ("recuérdame mañana, que viene Ana", "es"),
        ("rappelle-moi demain, de payer le loyer", "fr"),
        ("ricordami domani, di chiamare Anna", "it"),
    ],
)
def test_what_goes_on_is_not_cut(text: str, language: str) -> None:
    assert clauses(text, language) == []


@pytest.mark.parametrize(
    ("text", "language", "parts"),
    [
        (
            "stell einen Timer auf zehn Minuten, wie spät ist es",
            "de",
            ["stell einen Timer auf zehn Minuten", "wie spät ist es"],
        ),
        ("set a timer, what time is it", "en", ["set a timer", "what time is it"]),
    ],
)
def test_two_things_are_cut(text: str, language: str, parts: list[str]) -> None:
    assert [text[start:end] for start, end in clauses(text, language)[0]] == parts
