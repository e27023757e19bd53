"""Hours that may be in either half of the day, and hours that a clock change skips."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from shared.moments import likely, wall


@pytest.mark.parametrize(
    ("hour", "before", "expected"),
    [
        ("06:00", None, "18:00"),
        ("18:00", None, "18:00"),
        ("08:00", None, "08:00"),
        ("20:00", None, "08:00"),
        ("00:30", None, "12:30"),
        ("10:00", "09:00", "10:00"),  # moved to ten: in the same morning
        ("09:00", "20:00", "21:00"),
        ("06:00", "09:00", "18:00"),  # nobody goes back to six in the morning unless they say so
        ("05:30", "05:00", "05:30"),
        ("01:00", "12:00", "13:00"),
    ],
)
def test_the_likely_half_of_the_day(hour: str, before: str | None, expected: str) -> None:
    was = time.fromisoformat(before) if before else None
    assert likely(time.fromisoformat(hour), was) == time.fromisoformat(expected)


def test_the_clock_on_the_wall() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert wall(date(2027, 3, 28), time(2, 30), berlin) == datetime(2027, 3, 28, 3, 30, tzinfo=berlin)
    assert wall(date(2027, 7, 1), time(9), berlin).isoformat() == "2027-07-01T09:00:00+02:00"
