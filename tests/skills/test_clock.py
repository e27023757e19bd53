"""Places, days and hours as people say them, through values to the answers; never guessed."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dateutil.easter import easter  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from core.understanding.values import Context, resolve
from skills import clock
from tests.skills.talk import NOW, Talk

FOLDER = Path(clock.__path__[0])
NEW_YORK = "America/New_York"
TODAY = date(2026, 11, 23)
DATES = st.dates(date(1900, 1, 1), date(2100, 12, 31))


def day(text: str, today: date = TODAY, locale: str = "en-US") -> date | None:
    """The day that the clock is given for `text`."""
    noon = datetime(today.year, today.month, today.day, 12, tzinfo=ZoneInfo(NEW_YORK)).timestamp()
    found = resolve("datetime", text, Context(locale, NEW_YORK, noon))
    return datetime.fromisoformat(found.value["at"]).date() if found and found.value["said"] == "date" else None


def hour(text: str) -> str | None:
    found = resolve("time", text, Context("en-US", NEW_YORK, NOW))
    return found.value if found else None


def zone(text: str, locale: str = "en-US") -> str:
    found = resolve("place", text, Context(locale))
    return found.value["timezone"] if found else ""


def spoken(at: date, form: str) -> str:
    """`at` as people write it; the day without a leading zero."""
    return at.strftime(form).replace("DAY", str(at.day))


@settings(deadline=None)
@given(DATES, st.sampled_from(["%B DAY, %Y", "DAY %B %Y", "the DAY of %B %Y", "%b DAY %Y", "%Y-%m-%d"]))
def test_dates_written_out(at: date, form: str) -> None:
    assert day(spoken(at, form)) == at


@settings(deadline=None)
@given(DATES)
def test_figures_go_by_the_locale(at: date) -> None:
    assert day(at.strftime("%m/%d/%Y"), locale="en-US") == at
    assert day(at.strftime("%d/%m/%Y"), locale="en-GB") == at


@settings(deadline=None)
@given(st.integers(0, 5000), DATES)
def test_days_are_counted(count: int, today: date) -> None:
    assert day(f"in {count} days", today) == today + timedelta(count)
    assert day(f"{count} days ago", today) == today - timedelta(count)
    assert day(f"{count} weeks from now", today) == today + timedelta(7 * count)


@settings(deadline=None)
@given(DATES, st.sampled_from(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]))
def test_weekdays_lie_ahead(today: date, name: str) -> None:
    coming, last = day(name, today), day(f"last {name}", today)
    assert coming is not None
    assert last is not None
    assert coming.strftime("%A").casefold() == last.strftime("%A").casefold() == name
    assert timedelta(0) < coming - today <= timedelta(7)
    assert timedelta(0) < today - last <= timedelta(7)


@settings(deadline=None)
@given(st.integers(1950, 2090))
def test_easter(year: int) -> None:
    assert day(f"easter {year}") == easter(year)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Christmas", date(2026, 12, 25)),
        ("thanksgiving", date(2026, 11, 26)),
        ("the fourth of july", date(2027, 7, 4)),
        ("july the fourth", date(2027, 7, 4)),
        ("Mother's Day", date(2027, 5, 9)),
        ("a week from tuesday", date(2026, 12, 1)),
        ("two weeks after easter", date(2027, 4, 11)),
        ("the end of the month", date(2026, 11, 30)),
        ("february 29", date(2028, 2, 29)),
        ("the 31st", date(2026, 12, 31)),
        ("today", TODAY),
        ("november 23", TODAY),
        ("halloween", date(2027, 10, 31)),
        ("good friday next year", date(2027, 3, 26)),
        ("labor day", date(2027, 9, 6)),
    ],
)
def test_days_in_words(text: str, expected: date) -> None:
    assert day(text) == expected


@pytest.mark.parametrize(
    "text", ["banana", "", "february 30", "my birthday", "12", "99999999999 days", "month 13", "🎄", "easter 3000"]
)
def test_unknown_days_are_not_guessed(text: str) -> None:
    assert day(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5 pm", "17:00"),
        ("17:30", "17:30"),
        ("half past six", "18:30"),
        ("quarter to nine", "20:45"),
        ("six in the evening", "18:00"),
        ("noon", "12:00"),
        ("midnight", "00:00"),
        ("12 am", "00:00"),
        ("12 pm", "12:00"),
        ("five thirty", "17:30"),
        ("25:00", None),
        ("", None),
        ("banana", None),
        ("12:75", None),
        ("half past 40", None),
    ],
)
def test_hours(text: str, expected: str | None) -> None:
    assert hour(text) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Tokyo", "Asia/Tokyo"),
        ("new york", "America/New_York"),
        ("NYC", "America/New_York"),
        ("Paris", "Europe/Paris"),
        ("Paris, Texas", "America/Chicago"),
        ("paris texas", "America/Chicago"),
        ("London, Ontario", "America/Toronto"),
        ("Cambridge in England", "Europe/London"),
        ("Portland, OR", "America/Los_Angeles"),
        ("England", "Europe/London"),
        ("the UK", "Europe/London"),
        ("Japan", "Asia/Tokyo"),
        ("Australia", "Australia/Sydney"),
        ("Québec", "America/Toronto"),
        ("zürich", "Europe/Zurich"),
        ("St. Louis", "America/Chicago"),
        ("Bombay", "Asia/Kolkata"),
        ("Calcutta", "Asia/Kolkata"),
        ("Washington", "America/New_York"),
        ("washington state", "America/Los_Angeles"),
        ("Hawaii", "Pacific/Honolulu"),
        ("UTC", "UTC"),
        ("pacific time", "America/Los_Angeles"),
        ("Goa", "Asia/Kolkata"),
    ],
)
def test_places(said: str, expected: str) -> None:
    summer = datetime(2026, 7, 1, tzinfo=UTC)
    found = zone(said)
    assert found
    assert summer.astimezone(ZoneInfo(found)).utcoffset() == summer.astimezone(ZoneInfo(expected)).utcoffset()


@pytest.mark.parametrize(
    "said", ["Narnia", "Hogwarts", "Africa", "my house", "", "🦄", "x" * 9000, "Paris, Narnia", "a", "the", "moon"]
)
def test_unknown_places_are_not_guessed(said: str) -> None:
    assert not zone(said)


def test_georgia_is_near_the_person() -> None:
    assert (zone("Georgia"), zone("Georgia", "en-GB")) == ("America/New_York", "Asia/Tbilisi")


@settings(deadline=None)
@given(
    st.integers(946_684_800, 2_114_380_800),
    st.sampled_from(["Asia/Tokyo", "Europe/London", "America/St_Johns"]),
)
def test_the_time_is_that_of_the_zone(at: int, timezone: str) -> None:
    now = datetime.fromtimestamp(at, UTC)
    reply = Talk(FOLDER, now=now.timestamp(), timezone=timezone, locale="en-GB").say("clock.time", "what time is it")
    assert reply.text == f"It's {now.astimezone(ZoneInfo(timezone)):%H:%M}."


@settings(deadline=None)
@given(st.integers(1, 366), st.sampled_from(["America/New_York", "Europe/London", "Pacific/Apia"]))
def test_days_until_a_date_match_the_calendar(ahead: int, timezone: str) -> None:
    target = TODAY + timedelta(ahead)
    now = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo(timezone)).timestamp()
    reply = Talk(FOLDER, now=now, timezone=timezone).say(
        "clock.until", f"how many days until {spoken(target, '%B DAY %Y')}"
    )
    assert (f"in {ahead} days" in reply.text) or (ahead == 1 and "tomorrow" in reply.text)


def test_an_hour_lost_to_summer_time_is_not_counted() -> None:
    evening = datetime(2027, 3, 13, 22, tzinfo=ZoneInfo("America/New_York")).timestamp()
    reply = Talk(FOLDER, now=evening).say("clock.until", "how long until 6 am")
    assert reply.text == "It's 7 hours until 6 AM tomorrow."


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en-US", "It's 1:05 AM."),
        ("en-GB", "It's 01:05."),
        ("de-DE", "Es ist 01:05 Uhr."),
        ("es-ES", "Es la 1:05."),
        ("es-MX", "Es la 1:05 a.m."),
        ("fr-FR", "Il est 01:05."),
        ("fr-CA", "Il est 01 h 05."),
        ("it-IT", "È l'01:05."),
    ],
)
def test_one_o_clock_in_every_language(locale: str, text: str) -> None:
    night = datetime(2026, 11, 24, 1, 5, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
    reply = Talk(FOLDER, now=night, timezone="Europe/Berlin", locale=locale).say("clock.time", "?")
    assert reply.text == text
