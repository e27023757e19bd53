"""Timers as they are kept, named and chosen."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.understanding.values import Context, find
from infra.plugins import load_skill
from shared.locales import LANGUAGES, in_language
from shared.manifest import PLACEHOLDER
from skills import timers
from skills.timers.choosing import Asked, chosen
from skills.timers.kept import Timer, Timers, due, next_due, read, stored, without
from skills.timers.words import is_of_timer, means_all, name_in
from tests.skills.talk import Talk

FOLDER = Path(timers.__path__[0])
NOW = 1_795_464_300.0


def kept(*lengths: int) -> Timers:
    """Timers without names, set one second after another."""
    found = Timers()
    for step, seconds in enumerate(lengths):
        found = found.set("", seconds, NOW + step)
    return found


def test_due_gives_what_ran_out_and_was_not_told() -> None:
    document = stored(kept(600, 60, 300).put([Timer(3, 300, left=120.0)]))
    assert due(document, NOW + 60) == ()
    assert [timer.id for timer in due(document, NOW + 61)] == [2]
    assert [timer.id for timer in due(document, NOW + 10_000)] == [2, 1]  # the paused one is not over
    told = without(document, due(document, NOW + 61))
    assert [timer.id for timer in due(told, NOW + 10_000)] == [1]


def test_next_due_is_of_those_that_run() -> None:
    assert next_due(stored(kept(600, 60))) == NOW + 61
    assert next_due(stored(Timers().set("", 60, NOW).put([Timer(1, 60, left=60.0)]))) is None
    assert next_due(None) is None


def test_ids_are_never_used_twice() -> None:
    one = Timers().set("tea", 60, NOW)
    assert read(stored(one.without(one.timers))).set("tea", 60, NOW).timers[0].id == 2


@pytest.mark.parametrize("document", [None, {}, {"version": 9}, {"version": 1, "timers": "x"}, {"odd": [1]}])
def test_what_is_no_document_of_timers_holds_none(document: dict[str, object] | None) -> None:
    assert read(document) == Timers()
    assert due(document, NOW) == ()


@given(st.integers(1, 86_400), st.floats(0, 86_400), st.floats(0, 10_000))
def test_a_pause_takes_no_time_off(seconds: int, until: float, pause: float) -> None:
    timer = Timer(1, seconds, due=NOW + seconds)
    left = timer.remaining(NOW + until)
    again = timer.paused(NOW + until).running(NOW + until + pause)
    assert again.remaining(NOW + until + pause) == pytest.approx(left, abs=1e-5)
    assert timer.paused(NOW).extended(30).remaining(NOW) == timer.extended(30).remaining(NOW) == seconds + 30


@pytest.mark.parametrize(
    ("said", "language", "name"),
    [
        ("the pasta timer", "en", "pasta"),
        ("my timer", "en", ""),
        ("leg of lamb", "en", "leg of lamb"),
        ("Nudel-Timer", "de", "Nudel"),
        ("nudeltimer", "de", "nudel"),
        ("die Eier", "de", "Eier"),
        ("los huevos", "es", "huevos"),
        ("el temporizador de la pasta", "es", "pasta"),
        ("des pâtes", "fr", "pâtes"),
        ("l'œuf", "fr", "œuf"),
        ("della pasta", "it", "pasta"),
        ("the ten minute timer", "en", ""),
    ],
)
def test_names(said: str, language: str, name: str) -> None:
    assert name_in(said, language, "ten minute") == name


def test_the_timers_own_length() -> None:
    assert is_of_timer("10-Minuten", "verlängere den 10-Minuten-Timer um 5 Minuten")
    assert not is_of_timer("5 Minuten", "verlängere den 10-Minuten-Timer um 5 Minuten")
    assert is_of_timer("dix minutes", "ajoute cinq minutes au minuteur de dix minutes")


def test_choosing() -> None:
    pasta, eggs = Timer(1, 600, "pasta", due=NOW), Timer(2, 300, "œufs durs", due=NOW)
    both = [pasta, eggs]
    assert chosen(Asked(), both) == both
    assert chosen(Asked(name="Pasta"), both) == [pasta]
    assert chosen(Asked(name="œufs"), both) == [eggs]
    assert chosen(Asked(name="pastas"), both) == [pasta]
    assert chosen(Asked(name="rice"), both) == []
    assert chosen(Asked(seconds=600), both) == [pasta]
    assert chosen(Asked(place=-1), both) == [eggs]
    assert chosen(Asked(place=1, listed=(2, 1)), both) == [eggs]
    assert chosen(Asked(place=9), both) == []
    assert chosen(Asked(all=True, name="pasta"), both) == both


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_who_says_all_means_all(language: str) -> None:
    """Nothing that is only nearly "all timers" counts: of several timers all would go."""
    loaded = load_skill(FOLDER)
    words = loaded.locale(language)
    said = {name.casefold() for entry in words.types["scope"].items() for name in (entry[0], *entry[1])}
    context = Context(in_language("en-US", language), choices=words.types)
    for intent in ("timers.pause", "timers.resume", "timers.cancel"):
        for template in words.utterances[intent]:
            text = PLACEHOLDER.sub("x", template)
            found = [text[one.start : one.end].casefold() for one in find("scope", text, context)]
            assert all(one in said or not means_all(one) for one in found), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_words(language: str) -> None:
    english, other = (tomllib.loads((FOLDER / f"locales/{one}.toml").read_text("utf-8")) for one in ("en", language))
    assert set(other["answers"]) == set(english["answers"])
    for key, wordings in english["answers"].items():
        assert {*PLACEHOLDER.findall(wordings[0])} >= {*PLACEHOLDER.findall(other["answers"][key][0])}, key
    assert len(other["answers"]["ordinals"][0].split("|")) == 5


def test_no_more_than_twenty_five() -> None:
    talk = Talk(FOLDER)
    for _ in range(25):
        assert talk.say("timers.set", "set a timer for an hour").effects
    full = talk.say("timers.set", "set a timer for an hour")
    assert full.text == "You have 25 timers, and I can't keep more. Cancel one first."
    assert not full.effects
    assert len(talk.say("timers.left", "what timers do I have").text) < 600
    talk.clock.move(3_601)
    told = talk.say("timers.left", "what timers do I have").text
    assert told.endswith("22 more ended before that.")
