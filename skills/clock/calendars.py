"""Answers from the calendar: on which day something falls, how long it is until then, weeks and leap years."""

import calendar
import re
from datetime import date, datetime, time, timedelta

from shared.skill import TurnContext
from shared.turn import Reply
from skills.clock import asked, days, hours, turns, wording
from skills.clock.days import Day
from skills.clock.hours import Hour

MANY_DAYS = 90  # from here on a span is also told in years and months

_ASKED_UNIT = re.compile(
    r"\bhow many (hour|minute|week|month|year|day|night|sleep)s?\b|\b(hour|minute|week|month|day)s (?:until|till|left|to|since)\b"
)
_ASKED_WEEKDAY = re.compile(
    r"^(?:is|was|will)\b.*\b(?:a|an|the) (weekend|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b"
)
_PAST = re.compile(r"\b(?:was|were|since|ago|did|last|passed)\b")
_LEFT_OF = re.compile(r"^(?:this|the) (year|month|week)$", re.IGNORECASE)  # "how many days are left this year"
_AT = re.compile(r"^(.*?)\s*\b(?:at )?((?:\d|noon|midnight|midday|half|quarter).*)$")
_YEAR = re.compile(r"^\d{1,9}$")


def when(turn: TurnContext) -> Reply:
    """On which date or weekday a day falls."""
    said = turns.said(turn, "date")
    today = turns.now(turn).date()
    found = _day(said, today, turn)
    if found is None:
        return _unknown_day(said)
    return Reply(text=_yes_or_no(found.at, turn.text) + _falls(found, said, today, turn.locale))


def _falls(found: Day, said: str, today: date, locale: str) -> str:
    verb = "was" if found.at < today else "is"
    full = wording.day(found.at, locale, today)
    if found.name:
        return f"{found.name} {verb} on {full}." if found.at != today else f"{found.name} is today, {full}."
    if _names_a_date(said):
        plain = wording.day_without_weekday(found.at, locale, today)
        return f"{plain} {verb} a {wording.weekday(found.at)}."
    other = (
        f" If you mean the coming one, that's {wording.day_without_weekday(found.other, locale, today)}."
        if found.other
        else ""
    )
    return f"That {'was' if found.at < today else 'is'} {full}.{other}"


def _names_a_date(said: str) -> bool:
    """Whether day and month were said, so that the weekday is the news."""
    return re.search(r"\d|first|second|third|th\b|teen|twent", said.casefold()) is not None and not re.search(
        r"\b(?:days?|weeks?|months?|years?|fortnight)\b", said.casefold()
    )


def _yes_or_no(at: date, text: str) -> str:
    match = _ASKED_WEEKDAY.search(text.casefold())
    if match is None:
        return ""
    name = wording.weekday(at).casefold()
    return "Yes. " if (name in ("saturday", "sunday") if match[1] == "weekend" else name == match[1]) else "No. "


def until(turn: TurnContext) -> Reply:
    """How long it is until, or since, a day or an hour."""
    said = turns.said(turn, "moment")
    now = turns.now(turn)
    said = _LEFT_OF.sub(r"the end of the \1", said)
    plain = days.plain(said)
    hour = hours.hour_in(plain)
    if hour is not None:
        return _until_hour(now, hour, None, turn)
    found = _day(said, now.date(), turn)
    if found is not None:
        return _until_day(now, found, turn)
    match = _AT.match(plain)
    hour = hours.hour_in(match[2]) if match else None
    found = _day(match[1], now.date(), turn) if match else None
    return _until_hour(now, hour, found.at, turn) if hour and found else _unknown_day(said)


def _until_hour(now: datetime, hour: Hour, on: date | None, turn: TurnContext) -> Reply:
    """Until the next time it is that hour, or until that hour of a day."""
    dates = [on] if on else [now.date(), now.date() + timedelta(1)]
    moments = [datetime.combine(at, clock, now.tzinfo) for at in dates for clock in hour.candidates()]
    coming = sorted(moment for moment in moments if moment.timestamp() > now.timestamp())
    if not coming:
        return Reply(text=f"{wording.hour(hour.at, turn.locale)} that day is over already.")
    minutes = -int((now.timestamp() - coming[0].timestamp()) // 60)  # started minutes count
    told = _told(minutes, turn.text)
    day = (
        ""
        if (coming[0].time() == time(0) and not on) or coming[0].date() == now.date()
        else f" {_on(coming[0].date(), now.date(), turn.locale)}"
    )
    return Reply(text=f"It's {told} until {_hour(coming[0], turn.locale)}{day}.")


def _hour(at: datetime, locale: str) -> str:
    return {(0, 0): "midnight", (12, 0): "noon"}.get((at.hour, at.minute)) or wording.hour(at, locale)


def _on(at: date, today: date, locale: str) -> str:
    return "tomorrow" if (at - today).days == 1 else f"on {wording.day(at, locale, today)}"


def _until_day(now: datetime, found: Day, turn: TurnContext) -> Reply:
    today, locale = now.date(), turn.locale
    distance = (found.at - today).days
    full = wording.day(found.at, locale, today)
    name, at = (found.name, f", on {full}") if found.name else (full, "")
    if distance == 0:
        return Reply(text=f"{name} is today.")
    if distance < 0:
        return Reply(text=f"{name} was {_span(found.at, today, turn.text)} ago{at}.")
    if _unit(turn.text) in ("hour", "minute"):
        return _in_hours(now, found, name, turn)
    if distance == 1 and _unit(turn.text) in ("", "day", "night", "sleep"):
        return Reply(text=f"{name} is tomorrow{at}.")
    return Reply(text=f"{name} is in {_span(today, found.at, turn.text)}{at}.")


def _in_hours(now: datetime, found: Day, name: str, turn: TurnContext) -> Reply:
    start = datetime.combine(found.at, datetime.min.time(), now.tzinfo)
    minutes = -int((now.timestamp() - start.timestamp()) // 60)
    return Reply(text=f"{name} starts in {_told(minutes, turn.text)}.")


def _told(minutes: int, text: str) -> str:
    """Minutes or hours where they were asked for; else days, hours and minutes."""
    unit = _unit(text)
    if unit == "minute":
        return wording.count(minutes, "minute")
    if unit == "hour" or minutes < 48 * 60:
        return wording.span(minutes)
    return _joined([(minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute")])


def _span(first: date, last: date, text: str) -> str:
    """From `first` to `last` in the unit that was asked for, else in days, with years and months where that helps."""
    total = (last - first).days
    unit = _unit(text)
    if unit == "week":
        return _joined([(total // 7, "week"), (total % 7, "day")])
    parts = _years_months_days(first, last)
    if unit in ("month", "year"):
        return _joined(parts)
    if unit in ("night", "sleep"):
        return wording.count(total, unit)
    told = wording.count(total, "day")
    return told if unit == "day" or total < MANY_DAYS else f"{_joined(parts)} ({told})"


def _years_months_days(first: date, last: date) -> list[tuple[int, str]]:
    months = (last.year - first.year) * 12 + last.month - first.month
    if _months_later(first, months) > last:
        months -= 1
    return [(months // 12, "year"), (months % 12, "month"), ((last - _months_later(first, months)).days, "day")]


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _joined(parts: list[tuple[int, str]]) -> str:
    told = [wording.count(amount, unit) for amount, unit in parts if amount]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"


def _unit(text: str) -> str:
    match = _ASKED_UNIT.search(text.casefold())
    return (match[1] or match[2]) if match else ""


def week(turn: TurnContext) -> Reply:
    """The number of a week after ISO 8601, and from when to when it goes."""
    today = turns.now(turn).date()
    said = turns.said(turn, "date")
    found = _day(said, today, turn) if said else Day(today)
    if found is None:
        return _unknown_day(said)
    number = found.at.isocalendar().week
    monday = found.at - timedelta(found.at.weekday())
    first, last = (wording.day_without_weekday(at, turn.locale, found.at) for at in (monday, monday + timedelta(6)))
    reach = f"from Monday, {first}, to Sunday, {last}"
    if not said:
        return Reply(text=f"It's week {number}, {reach}.")
    return Reply(text=f"{wording.day_without_weekday(found.at, turn.locale, today)} is in week {number}, {reach}.")


def leap_year(turn: TurnContext) -> Reply:
    """Whether a year is a leap year, or when the next or last one is."""
    text = days.plain(turn.text)
    this = turns.now(turn).year
    said = days.plain(turns.said(turn, "year")) or asked.year(text)
    if not said and re.search(r"\b(?:next|coming|last|previous) leap year\b|\bnext one\b", text):
        if re.search(r"\b(?:last|previous) leap\b", text):
            return Reply(text=f"The last leap year was {_leap_year_from(this - 1, -1)}.")
        return Reply(text=f"The next leap year is {_leap_year_from(this + 1, 1)}.")
    relative = {"next year": 1, "last year": -1}
    year = int(said) if _YEAR.match(said) else this + next((n for words, n in relative.items() if words in text), 0)
    if not 1 <= year <= 9999:
        return Reply(text="I know the years from 1 to 9999.")
    if "february" in text:
        return Reply(text=f"February {year} has {calendar.monthrange(year, 2)[1]} days.")
    if "how many days" in text:
        return Reply(text=f"{year} has {365 + calendar.isleap(year)} days.")
    return Reply(text=_leap_verdict(year, this))


def _leap_year_from(year: int, step: int) -> int:
    while not calendar.isleap(year):
        year += step
    return year


def _leap_verdict(year: int, this: int) -> str:
    tense = "was" if year < this else "is"
    if calendar.isleap(year):
        return f"Yes, {year} {tense} a leap year, with 366 days."
    return (
        f"No, {year} {tense} not a leap year; it has 365 days." if year >= this else f"No, {year} was not a leap year."
    )


def _day(said: str, today: date, turn: TurnContext) -> Day | None:
    return days.day_in(days.plain(said), today, turn.locale, past=_PAST.search(turn.text.casefold()) is not None)


def _unknown_day(said: str) -> Reply:
    return Reply(
        text=f"I don't know which day {turns.quoted(said)} is. Try a date, such as “the 4th of July”, or a holiday."
    )
