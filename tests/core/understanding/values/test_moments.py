"""What tables do not show of days and times: clock changes, looking back, regions, the hour now, and other languages."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from core.understanding.values import Context, find, resolve
from core.understanding.values.language import language

BERLIN = "Europe/Berlin"


def at(text: str, zone: str = BERLIN) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def value(type_: str, text: str, context: Context) -> object:
    found = resolve(type_, text, context)
    return found.value if found else None


def moment(text: str, now: str, locale: str = "en-US", prefer: str = "future") -> object:
    found = value("datetime", text, Context(locale, BERLIN, at(now), prefer="past" if prefer == "past" else "future"))
    return found["at"] if isinstance(found, dict) else None


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-30T10:00", "2026-11-30T15:00:00+01:00"),  # the next three o'clock
        ("2026-11-30T16:00", "2026-12-01T15:00:00+01:00"),  # nobody means three at night
        ("2026-11-30T23:00", "2026-12-01T03:00:00+01:00"),  # but who is still up
        ("2026-11-30T01:30", "2026-11-30T03:00:00+01:00"),
    ],
)
def test_an_hour_without_half_of_the_day_is_the_next_that_is_meant(now: str, expected: str) -> None:
    assert moment("at three", now) == expected


def test_looking_back_everything_lies_behind() -> None:
    assert moment("at three", "2026-11-30T10:00", prefer="past") == "2026-11-30T03:00:00+01:00"
    past = Context("en-US", BERLIN, at("2026-11-30T10:00"), prefer="past")
    assert value("date", "Friday", past) == "2026-11-27"
    assert value("date", "May 3", past) == "2026-05-03"
    assert value("date", "in March", past) == "2026-03-01"
    assert value("date", "christmas", past) == "2025-12-25"
    assert value("date", "February 29", past) == "2024-02-29"


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        ("tomorrow at 2:30 am", "2026-03-28T12:00", "2026-03-29T03:30:00+02:00"),  # the hour that is skipped
        ("tomorrow at 2:30 am", "2026-10-24T12:00", "2026-10-25T02:30:00+02:00"),  # the first of both
        ("in 24 hours", "2026-03-28T12:00", "2026-03-29T13:00:00+02:00"),  # hours are hours
        ("in one day", "2026-03-28T12:00", "2026-03-29T00:00:00+01:00"),  # days are days
        ("tomorrow at noon", "2026-03-28T12:00", "2026-03-29T12:00:00+02:00"),
        ("in two hours", "2026-10-25T01:30", "2026-10-25T02:30:00+01:00"),
    ],
)
def test_clock_changes(text: str, now: str, expected: str) -> None:
    assert moment(text, now) == expected


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        ("in a year", "2028-02-29T10:00", "2029-02-28"),
        ("in one month", "2027-01-31T10:00", "2027-02-28"),
        ("tomorrow", "2028-02-28T23:59", "2028-02-29"),
        ("the 31st", "2026-11-30T10:00", "2026-12-31"),
        ("end of the month", "2028-02-10T10:00", "2028-02-29"),
        ("this weekend", "2026-12-06T10:00", "2026-12-06"),
        ("end of february", "2027-06-01T10:00", "2028-02-29"),
        ("today", "2026-12-31T23:59", "2026-12-31"),
    ],
)
def test_edges_of_the_calendar(text: str, now: str, expected: str) -> None:
    assert value("date", text, Context("en-US", BERLIN, at(now))) == expected


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en-US", "2027-03-04"),
        ("en-GB", "2027-04-03"),
        ("de", "2027-04-03"),
        ("en", "2027-03-04"),
    ],
)
def test_the_region_decides_the_order_of_figures(locale: str, expected: str) -> None:
    assert value("date", "3/4", Context(locale, BERLIN, at("2026-11-30T10:00"))) == expected


@pytest.mark.parametrize(("locale", "expected"), [("en-US", "2026-12-06"), ("en-GB", "2026-12-07")])
def test_the_region_decides_when_a_week_begins(locale: str, expected: str) -> None:
    assert value("date", "next week", Context(locale, BERLIN, at("2026-11-30T10:00"))) == expected


def test_a_time_beside_a_day_is_read_with_it() -> None:
    evening = Context("en-US", BERLIN, at("2026-11-30T22:00"))
    assert [span.value for span in find("time", "tomorrow at three", evening)] == ["15:00"]
    assert value("time", "three", evening) == "03:00"


@pytest.mark.parametrize(
    ("locale", "text", "expected"),
    [
        ("pt-BR", "amanhã", "2026-12-01"),
        ("pt-BR", "3 de maio", "2027-05-03"),
        ("nl-NL", "3 mei 2027", "2027-05-03"),
        ("sv-SE", "3 maj 2027", "2027-05-03"),
        ("pl-PL", "3 maja 2027", "2027-05-03"),
        ("ja-JP", "tomorrow", "2026-12-01"),
        ("xx", "tomorrow", "2026-12-01"),
        ("", "tomorrow", "2026-12-01"),
    ],
)
def test_other_languages_have_what_the_libraries_know_then_english(locale: str, text: str, expected: str) -> None:
    assert value("date", text, Context(locale, BERLIN, at("2026-11-30T10:00"))) == expected


def test_one_language_is_made_once_however_its_locale_is_written() -> None:
    assert language("de-DE") is language("de_DE") is language("DE-de")
    assert language("nonsense-XX") is language("en-US")


def test_an_unknown_time_zone_counts_as_utc() -> None:
    assert value("datetime", "in an hour", Context("en-US", "Mars/Olympus", 0.0)) == {
        "at": "1970-01-01T01:00:00+00:00",
        "said": "datetime",
    }


@pytest.mark.parametrize(
    "text", ["in 99999999999 years", "in 999999999999999999 hours", "9999-12-31", "31/31/2026", "in 5000000 days"]
)
def test_days_beyond_the_calendar_are_none_or_real(text: str) -> None:
    found = value("date", text, Context("en-US", BERLIN, at("2026-11-30T10:00")))
    assert found is None or found == "9999-12-31"


@pytest.mark.parametrize(
    ("locale", "text", "expected"),
    [
        ("en-US", "mondays at 9", "2026-12-07T09:00:00+01:00"),
        ("en-US", "the first of every month", "2026-12-01T00:00:00+01:00"),
        ("de-DE", "am ersten jeden Monats", "2026-12-01T00:00:00+01:00"),
        ("es-ES", "sábados a las 10", "2026-12-05T10:00:00+01:00"),
        ("es-ES", "el 15 a las 9", "2026-12-15T09:00:00+01:00"),
        ("fr-FR", "lundis à 9 heures", "2026-12-07T09:00:00+01:00"),
        ("it-IT", "domeniche alle 10", "2026-12-06T10:00:00+01:00"),
        ("it-IT", "il 15 di ogni mese alle 9", "2026-12-15T09:00:00+01:00"),
    ],
)
def test_what_comes_again_is_its_next_time(locale: str, text: str, expected: str) -> None:
    assert moment(text, "2026-11-30T10:00", locale) == expected


@pytest.mark.parametrize(
    ("locale", "text", "hour"),
    [
        ("de-DE", "jeden Morgen um acht", "08:00"),
        ("es-ES", "cada mañana a las ocho", "08:00"),
        ("es-ES", "todas las noches a las diez", "22:00"),
        ("fr-FR", "tous les soirs à 21 h", "21:00"),
        ("it-IT", "tutte le sere alle nove", "21:00"),
        ("es-ES", "a las siete sacar la basura", "07:00"),  # "s" is no second here
        ("de-DE", "um sieben heimfahren", "07:00"),  # nor "h" an hour
        ("en-US", "at 7 see the dentist", "07:00"),
    ],
)
def test_hours_in_their_sentence(locale: str, text: str, hour: str) -> None:
    found = find("time", text, Context(locale, BERLIN, at("2026-11-30T05:00")))
    assert [one.value for one in found] == [hour]


def test_an_open_hour_says_so() -> None:
    context = Context("en-US", BERLIN, at("2026-11-30T10:00"))
    for text, is_open in (("at six", True), ("at 6 pm", False), ("tomorrow at six", False), ("at 18:00", False)):
        assert ("open" in find("datetime", text, context)[0].value) is is_open
