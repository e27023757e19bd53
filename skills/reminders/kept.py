"""The reminders of a person, as they are kept in the document `reminders`.

    {"version": 1, "next": 3, "reminders": [
        {"id": 1, "task": "call Anna", "at": 1795539600.0, "timezone": "Europe/Berlin"},
        {"id": 2, "task": "take the pills", "at": 1795593600.0, "timezone": "Europe/Berlin",
         "repeat": {"every": "day", "first": "2026-11-25", "time": "09:00:00"}}
    ]}

`id` is never used twice for one person; `next` is the next one. `at` is when it is due next, in Unix seconds. What repeats goes
by the clock on the wall in `timezone` (IANA): nine o'clock stays nine o'clock when clocks change. `first` is the day it began,
which also says the day of the week, of the month or of the year that is meant; a month without that day has it on its last.
`every` is day, weekdays (Monday to Friday), weekend, week, fortnight, month or year.

Whoever delivers asks `due`, tells, and keeps what `settled` gives: what repeats lies ahead again, the rest is gone. Until then
what is due stays due. All functions are pure.
"""

import calendar
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from shared.moments import wall

DOCUMENT = "reminders"
VERSION = 1
_FAR = 400  # days within which everything comes again

Every = Literal["day", "weekdays", "weekend", "week", "fortnight", "month", "year"]


class Repeat(Struct, frozen=True):
    """How something comes again. See the module."""

    every: Every
    first: date
    time: time

    def falls_on(self, day: date) -> bool:
        """Whether it is due on a day."""
        if day < self.first:
            return False
        match self.every:
            case "day":
                return True
            case "weekdays":
                return day.weekday() < 5
            case "weekend":
                return day.weekday() >= 5
            case "week":
                return day.weekday() == self.first.weekday()
            case "fortnight":
                return (day - self.first).days % 14 == 0
        last = calendar.monthrange(day.year, day.month)[1]
        return day.day == min(self.first.day, last) and (self.every == "month" or day.month == self.first.month)

    def after(self, now: float, zone: tzinfo) -> float:
        """The next time after `now`, both in Unix seconds. Raises OverflowError at the end of the calendar."""
        start = max(self.first, datetime.fromtimestamp(now, zone).date() - timedelta(1))
        times = (self._at(start + timedelta(step), zone) for step in range(_FAR))
        return next(at for at in times if at is not None and at > now)

    def before(self, now: float, zone: tzinfo) -> float | None:
        """The last time until `now`; None where it was not due yet."""
        today = datetime.fromtimestamp(now, zone).date()
        times = (self._at(today - timedelta(step), zone) for step in range(_FAR))
        return next((at for at in times if at is not None and at <= now), None)

    def _at(self, day: date, zone: tzinfo) -> float | None:
        return wall(day, self.time, zone).timestamp() if self.falls_on(day) else None


class Reminder(Struct, frozen=True, omit_defaults=True):
    """One reminder. See the module."""

    id: int
    task: str
    at: float
    timezone: str
    repeat: Repeat | None = None

    @property
    def zone(self) -> tzinfo:
        """The time zone that it goes by."""
        return zone_of(self.timezone)

    def falls_on(self, day: date) -> bool:
        """Whether it is due on a day from `at` on."""
        first = datetime.fromtimestamp(self.at, self.zone).date()
        return day == first or (self.repeat is not None and day > first and self.repeat.falls_on(day))


class Reminders(Struct, frozen=True):
    """All reminders of a person."""

    reminders: tuple[Reminder, ...] = ()
    next: int = 1
    version: int = VERSION

    def put(self, reminder: Reminder) -> "Reminders":
        """With one more, or one in place of another that has its id."""
        others = tuple(one for one in self.reminders if one.id != reminder.id)
        return replace(self, reminders=(*others, reminder), next=max(self.next, reminder.id + 1))

    def without(self, gone: Iterable[Reminder]) -> "Reminders":
        """Without some."""
        ids = {reminder.id for reminder in gone}
        return replace(self, reminders=tuple(one for one in self.reminders if one.id not in ids))

    def in_order(self) -> tuple[Reminder, ...]:
        """By when they are due."""
        return tuple(sorted(self.reminders, key=lambda one: (one.at, one.id)))


def zone_of(name: str) -> ZoneInfo:
    """A time zone by its name; UTC where that is not known."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return ZoneInfo("UTC")


def read(document: dict[str, Any] | None) -> Reminders:
    """The reminders in a document; none where there is no document, or one of another version or shape."""
    if not document or document.get("version") != VERSION:
        return Reminders()
    try:
        return msgspec.convert(document, Reminders)
    except msgspec.ValidationError:
        return Reminders()


def stored(reminders: Reminders) -> dict[str, Any]:
    """The document of some reminders; ids stay counted when none is left."""
    content: dict[str, Any] = msgspec.to_builtins(reminders)
    return content


def due(document: dict[str, Any] | None, now: float) -> tuple[Reminder, ...]:
    """The reminders that are due by `now` (Unix seconds), the first one first."""
    return tuple(one for one in read(document).in_order() if one.at <= now)


def settled(document: dict[str, Any] | None, told: Iterable[Reminder], now: float) -> dict[str, Any]:
    """The document once somebody was told of these: what repeats is due again after `now`, the rest is gone."""
    reminders = read(document)
    for one in told:
        if one.repeat is None:
            reminders = reminders.without([one])
        else:
            reminders = reminders.put(replace(one, at=one.repeat.after(now, one.zone)))
    return stored(reminders)


def next_due(document: dict[str, Any] | None) -> float | None:
    """When the next reminder is due, in Unix seconds; None where there is none."""
    return min((one.at for one in read(document).reminders), default=None)
