"""Moments as the type `datetime` has them, where one is said beside another: "no, at six", "move it to ten".

    {"at": ISO 8601 with offset, "said": "date" | "time" | "datetime", "open": true}

`said` tells what of it was said; the rest was filled in. `open` is there where an hour may be twelve hours later or earlier
as well ("at six").
"""

from datetime import UTC, date, datetime, time, tzinfo

_MORNING, _NOON, _DAY = 7 * 60, 12 * 60, 24 * 60  # in minutes
_NEAR = 4 * 60


def wall(day: date, hour: time, zone: tzinfo) -> datetime:
    """The moment when clocks show `hour`; one that a clock change skips is moved on, of two the first is meant."""
    return datetime.combine(day, hour, zone).astimezone(UTC).astimezone(zone)


def likely(hour: time, before: time | None = None) -> time:
    """The half of the day that an open hour is in: the one near to the hour `before`, else 7:00 to 18:59."""
    half = (hour.hour * 60 + hour.minute) % _NOON
    usual = half if half >= _MORNING else half + _NOON
    if before is None:
        return _in_half(hour, usual)
    was = before.hour * 60 + before.minute
    awake = [at for at in (half, half + _NOON) if at >= _MORNING or was < _MORNING]
    near = min(awake, key=lambda at: _apart(at, was), default=usual)
    return _in_half(hour, near if _apart(near, was) <= _NEAR else usual)


def _apart(one: int, other: int) -> int:
    return min((one - other) % _DAY, (other - one) % _DAY)


def _in_half(hour: time, minutes: int) -> time:
    return hour.replace(hour=minutes // 60, minute=minutes % 60)
