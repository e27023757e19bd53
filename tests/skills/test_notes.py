"""Notes: what is kept and looked for is what the person said, word for word, in every language."""

import tomllib
from pathlib import Path

import pytest

from shared.locales import LANGUAGES
from shared.skill import TurnContext
from shared.testing.skill_contract import SkillContract
from shared.turn import SlotValue
from skills.notes.skill import Notes, remember
from skills.notes.when import said_when
from skills.notes.words import words_of

CASES = tomllib.loads(Path(__file__).with_name("notes.toml").read_text("utf-8"))
NOW = 1_795_464_300.0  # Monday, 23 November 2026, 20:05 UTC
HOUR = 3600.0
FIND = {"remember": "note_in", "recall": "topic_of_question", "forget": "topic_to_forget"}


@pytest.mark.parametrize(
    ("language", "kind", "text"), [(one, kind, text) for one in CASES for kind in FIND for text in CASES[one][kind]]
)
def test_what_carries_the_words_is_left_out(language: str, kind: str, text: str) -> None:
    assert getattr(words_of(language), FIND[kind])(text) == CASES[language][kind][text]


def test_nothing_is_found_that_was_not_said() -> None:
    for language in CASES:
        for kind in FIND:
            assert all(found in text for text, found in CASES[language][kind].items())


class InGerman(SkillContract):
    """Makes turns."""

    package, language = "skills.notes", "de"


@pytest.fixture
def german() -> InGerman:
    return InGerman()


def told(german: InGerman, text: str, found: str) -> TurnContext:
    """A turn in which the tagger found `found`."""
    return german.turn("notes.remember", text, slots={"note": SlotValue(found, found)})


@pytest.mark.parametrize(
    ("text", "found", "kept"),
    [
        ("sei so gut und vergiss mir nicht dass Lena keine Pilze mag", "dass Lena keine", "dass Lena keine Pilze mag"),
        ("wärst du so nett und notierst Gleis neun, bitte", "Gleis", "Gleis neun"),
        ("Anna mag Tulpen, merk dir das", "Anna mag", "Anna mag Tulpen"),
    ],
)
def test_a_note_that_the_tagger_cut_short_is_kept_whole(german: InGerman, text: str, found: str, kept: str) -> None:
    assert Notes().slots("notes.remember", text, "de-DE") in ({}, {"note": SlotValue(kept, kept)})
    [effect] = remember(told(german, text, found)).effects
    assert effect.text == kept  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("locale", "hours", "when"),
    [
        ("en-US", 1, "today at 2:05 PM"),
        ("en-US", 2 + 5 / 60, "today at 1 PM"),
        ("en-GB", 30, "yesterday at 09:05"),
        ("en-IN", 9000, "on 13 November 2025 at 3:05 pm"),
        ("de-AT", 30, "gestern um 09:05 Uhr"),
        ("de-DE", 100, "am Donnerstag um 11:05 Uhr"),
        ("es-ES", 2, "hoy a las 13:05"),
        ("es-ES", 14, "hoy a la 1:05"),
        ("es-MX", 2, "hoy a la 1:05 p.m."),
        ("fr-FR", 6000, "le 18 mars à 16:05"),
        ("it-IT", 14, "oggi all'01:05"),
        ("it-CH", 9000, "il 13 novembre 2025 alle 15:05"),
        ("xx-ZZ", 1, "today at 2:05 PM"),
    ],
)
def test_when_it_was_said(locale: str, hours: float, when: str) -> None:
    contract = InGerman()
    contract.language = locale[:2] if locale[:2] in LANGUAGES else "en"  # type: ignore[misc]
    say = contract.turn("notes.list", "").say
    assert said_when(NOW - hours * HOUR, NOW, "America/New_York", locale, say).replace("\xa0", " ") == when


def test_every_language_has_its_patterns() -> None:
    assert set(CASES) == set(LANGUAGES)
    assert len({id(words_of(language)) for language in LANGUAGES}) == len(LANGUAGES)
    assert words_of("pt-BR") is words_of("en")
