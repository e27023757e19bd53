"""Places, days and hours are found where they are, and never guessed."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dateutil.easter import easter  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from skills import clock
from skills.clock.days import day_in, plain
from skills.clock.hours import hour_in
from skills.clock.index import cities_named, fold
from skills.clock.places import find
from tests.skills.talk import Talk

FOLDER = Path(clock.__path__[0])
TODAY = date(2026, 11, 23)
DATES = st.dates(date(1900, 1, 1), date(2100, 12, 31))


def day(text: str, today: date = TODAY, locale: str = "en-US") -> date | None:
    found = day_in(plain(text), today, locale)
    return found.at if found else None


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


@settings(deadline=None)
@given(st.text(max_size=60), DATES)
def test_any_text_is_a_day_or_none(text: str, today: date) -> None:
    found = day_in(plain(text), today, "en-GB")
    assert found is None or isinstance(found.at, date)


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
        ("5 pm", [time(17)]),
        ("17:30", [time(17, 30)]),
        ("half past six", [time(6, 30), time(18, 30)]),
        ("quarter to nine", [time(8, 45), time(20, 45)]),
        ("six in the evening", [time(18)]),
        ("noon", [time(12)]),
        ("midnight", [time(0)]),
        ("12 am", [time(0)]),
        ("12 pm", [time(12)]),
        ("five thirty", [time(5, 30), time(17, 30)]),
    ],
)
def test_hours(text: str, expected: list[time]) -> None:
    found = hour_in(plain(text))
    assert found is not None
    assert sorted(found.candidates()) == expected


@pytest.mark.parametrize("text", ["25:00", "13 pm", "5", "", "banana", "12:75", "half past 40"])
def test_no_hours(text: str) -> None:
    assert hour_in(plain(text)) is None


@pytest.mark.parametrize(
    ("said", "zone"),
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
def test_places(said: str, zone: str) -> None:
    found = find(said)
    assert found is not None
    summer = datetime(2026, 7, 1, tzinfo=UTC)
    assert summer.astimezone(ZoneInfo(found.zone)).utcoffset() == summer.astimezone(ZoneInfo(zone)).utcoffset()


@pytest.mark.parametrize(
    "said", ["Narnia", "Hogwarts", "Africa", "my house", "", "🦄", "x" * 9000, "Paris, Narnia", "a", "the", "moon"]
)
def test_unknown_places_are_not_guessed(said: str) -> None:
    assert find(said) is None


def test_georgia_is_near_the_person() -> None:
    american, british = find("Georgia", "en-US"), find("Georgia", "en-GB")
    assert american is not None
    assert british is not None
    assert (american.zone, british.zone) == ("America/New_York", "Asia/Tbilisi")


def test_the_largest_city_of_a_name_comes_first() -> None:
    people = [city.population for city in cities_named("Springfield")]
    assert len(people) > 3
    assert people == sorted(people, reverse=True)


@settings(deadline=None)
@given(st.text(max_size=40))
def test_folding_settles(text: str) -> None:
    assert fold(fold(text)) == fold(text)


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
