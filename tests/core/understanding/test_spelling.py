"""Misspelt words are mended, known ones are left, and every stretch finds its place in what was typed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.understanding.spelling import LONGEST, General, Mended, Speller, general_words, said

SAID = said(["set an alarm for seven in the kitchen", "play some music", "weather tomorrow", "set the alarm"])
GENERAL = {"the": 10, "fork": 3_000, "music": 2_500, "harbour": 9_000, "bread": 4_000}


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller(SAID, lambda: General(GENERAL))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("alram", "alarm"),  # two letters swapped
        ("alrm", "alarm"),  # one left out
        ("alarmm", "alarm"),  # one too many
        ("akarm", "alarm"),  # one replaced
        ("wheather", "weather"),
        ("tomorow", "tomorrow"),
        ("tommorow", "tomorrow"),  # two edits in a long word
        ("kitchne", "kitchen"),
        ("Alram", "alarm"),
        ("harbuor", "harbour"),  # known of the language only
    ],
)
def test_what_is_near_a_known_word_is_that_word(typed: str, meant: str, speller: Speller) -> None:
    assert speller.mended(f"the {typed}").text == f"the {meant}"


@pytest.mark.parametrize(
    "text",
    [
        "alarm",
        "fork",
        "set the alarm",
        "",
        "...",
        "xyzzy",
        "aq",
        "42",
        "b17",
        "ALARM!",
        "ä" * (LONGEST + 1),
        "привет",
        "a_b",
    ],
)
def test_what_is_known_or_near_nothing_stays(text: str, speller: Speller) -> None:
    assert speller.mended(text) == Mended(text)


def test_words_that_are_said_here_come_before_others() -> None:
    assert Speller({"mug": 5}, lambda: General({"bug": 100})).mended("mugg").text == "mug"
    assert Speller({"mug": 1, "bug": 50}, General).mended("zug").text == "bug"


def test_a_stretch_is_found_where_it_was_typed(speller: Speller) -> None:
    typed = "plese, set teh alram for sevenn now"
    mended = speller.mended(typed)
    assert mended.text == "plese, set the alarm for seven now"
    for word, was in (
        ("alarm", "alram"),
        ("seven", "sevenn"),
        ("now", "now"),
        ("set", "set"),
        ("alarm for seven", "alram for sevenn"),
    ):
        start = mended.text.index(word)
        first, last = mended.original(start, start + len(word))
        assert typed[first:last] == was


@settings(max_examples=300, deadline=None)
@given(words=st.lists(st.sampled_from(["alram", "set", "sevenn", "tomorow", "xyz", "the", "?", "muisc"]), max_size=8))
def test_every_word_finds_its_place(words: list[str], speller: Speller) -> None:
    typed = " ".join(words)
    mended = speller.mended(typed)
    end = 0
    for word, was in zip(mended.text.split(), typed.split(), strict=True):
        start = mended.text.index(word, end)
        end = start + len(word)
        first, last = mended.original(start, end)
        assert typed[first:last] == was


def test_english_words_are_the_encoders() -> None:
    vocabulary = [("the", 1), ("##ing", 2), ("a", 3), ("[CLS]", 4), ("über", 5), ("house", 6)]
    english = general_words(vocabulary, "en")
    assert english.usual == {"the": 1, "house": 6}
    assert "über" not in english


@pytest.mark.parametrize(
    ("language", "usual", "rare"),
    [("de", "ich", "wetter"), ("es", "tiempo", "aguacate"), ("fr", "vous", "courgette"), ("it", "casa", "zucchina")],
)
def test_words_of_other_languages_are_known(language: str, usual: str, rare: str) -> None:
    known = general_words([], language)
    assert usual in known.usual
    assert rare in known
    assert "qwxyz" not in known
    assert Speller({"werter": 9, usual: 1}, lambda: known).mended(rare).text == rare


def test_of_some_languages_no_words_are_known() -> None:
    assert "bom" not in general_words([], "xx")
