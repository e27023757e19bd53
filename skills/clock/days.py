"""Days in people's words, seen from a given today: "next Friday", "90 days from now", "the 4th of July", "Easter 2027"."""

import calendar
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from msgspec import Struct

from skills.clock.named import named_day

LONGEST = 80  # characters
_WEEKDAYS = {name.casefold(): index for index, name in enumerate(calendar.day_name)}
_WEEKDAYS |= {"mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4, "sat": 5, "sun": 6}
_MONTHS = {name.casefold(): index for index, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.casefold(): index for index, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}

_UNIT = r"(day|night|week|fortnight|month|year|decade)s?"
_OFFSET = re.compile(rf"^(?:in )?(\d+|an?) {_UNIT}(?:'s)?(?: time)?(?: (?:from|after) (?:now|today))?$")
_AGO = re.compile(rf"^(\d+|an?) {_UNIT} (?:ago|before today)$")
_FROM = re.compile(rf"^(\d+|an?) {_UNIT} (from|after|before|until) (.+)$")
_WEEKDAY = re.compile(
    rf"^(?:on )?(this coming|coming|upcoming|this|next|last|past)? ?({'|'.join(_WEEKDAYS)})(?: (next|last) week)?$"
)
_OF_MONTH = re.compile(r"^(\d{1,2})(?:st|nd|rd|th)?(?: (this|next|last) month)?$")
_END = re.compile(r"^(end|last day|start|beginning|1st day) (?:this |next )?(year|month|week)$")
_NEXT = re.compile(r"^(this|next|last) (week|month|year|weekend)$")
_NAMED_YEAR = re.compile(r"^(.+?),? (?:in )?(?:(\d{4})|(this|next|last) year)$")
_MONTH_YEAR = re.compile(rf"^({'|'.join(_MONTHS)})(?: (\d{{4}}))?$")
_WRITTEN = re.compile(rf"(?:{'|'.join(_MONTHS)})|\d+[-/.]\d+")
_YEAR = re.compile(r"\b\d{4}\b")
_SPLIT_YEAR = re.compile(r"\b(1[5-9]|20) (\d\d)\b(?!:)")
_NOISE = re.compile(r"\b(?:the|of|on|date|day of week|exactly|please)\b|[?!]|,(?= )")
_ORDINAL = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)\b")


class Day(Struct, frozen=True):
    """A day; `name` is what it is called ("Easter Sunday"), and `other` the day that might be meant as well ("next Friday")."""

    at: date
    name: str = ""
    other: date | None = None


def plain(text: str) -> str:
    """`text` in small letters, numbers as digits, without articles and the like."""
    from text_to_num import alpha2digit  # type: ignore[import-untyped]  # here because it is slow to load

    text = text[:LONGEST].casefold().replace("’", "'").replace("-", " " if not any(c.isdigit() for c in text) else "-")
    text = str(alpha2digit(text, "en", 0.0))
    text = _NOISE.sub(" ", _SPLIT_YEAR.sub(r"\1\2", text))
    return " ".join(text.split()).strip(" .")


def day_in(text: str, today: date, locale: str, past: bool = False) -> Day | None:
    """The day that `text` (as `plain` gives it) means, or None. A day without a year is the next one, or the last if `past`."""
    if not text:
        return None
    for read in _READERS:
        found = read(text, today)
        if found is not None:
            return found if isinstance(found, Day) else Day(found)
    return (
        _named(text, today, locale, past) or _counted_from(text, today, locale) or _written(text, today, locale, past)
    )


def _simple(text: str, today: date) -> date | None:
    days = {
        "today": 0,
        "now": 0,
        "tomorrow": 1,
        "yesterday": -1,
        "day after tomorrow": 2,
        "day before yesterday": -2,
        "tonight": 0,
    }
    return _moved(today, days[text], "day") if text in days else None


def _offset(text: str, today: date) -> date | None:
    match, ago = _OFFSET.match(text), _AGO.match(text)
    found = match or ago
    return _moved(today, _number(found[1]) * (-1 if ago else 1), found[2]) if found else None


def _weekday(text: str, today: date) -> Day | None:
    match = _WEEKDAY.match(text)
    if match is None:
        return None
    which, ahead = match[1] or match[3] or "", (_WEEKDAYS[match[2]] - today.weekday()) % 7
    if which in ("last", "past"):
        return Day(today - timedelta((today.weekday() - _WEEKDAYS[match[2]]) % 7 or 7))
    coming = today + timedelta(ahead or (0 if which == "this" else 7))
    if which != "next":
        return Day(coming)
    of_next_week = today + timedelta(7 - today.weekday() + _WEEKDAYS[match[2]])
    return Day(of_next_week, other=coming if coming != of_next_week else None)


def _day_of_month(text: str, today: date) -> date | None:
    match = _OF_MONTH.match(text)
    if match is None or (match[2] is None and text.isdigit()):
        return None
    wanted, first = int(match[1]), today.replace(day=1)
    ahead = {"this": (0,), "next": (1,), "last": (-1,)}.get(match[2], (0, 1, 2) if wanted >= today.day else (1, 2))
    for months in ahead:
        month = _moved(first, months, "month")
        if month and 1 <= wanted <= calendar.monthrange(month.year, month.month)[1]:
            return month.replace(day=wanted)
    return None


def _edge(text: str, today: date) -> date | None:
    """The end or start of a week, month or year; the coming one."""
    match = _END.match(text) or _NEXT.match("this weekend" if text == "weekend" else text)
    if match is None:
        return None
    if match[2] == "weekend":
        return today + timedelta((5 - today.weekday()) % 7 + (7 if match[1] == "next" else 0))
    if match[1] in ("this", "next", "last"):
        return _moved(today, {"this": 0, "next": 1, "last": -1}[match[1]], match[2])
    first = {
        "week": today - timedelta(today.weekday()),
        "month": today.replace(day=1),
        "year": today.replace(month=1, day=1),
    }[match[2]]
    following = _moved(first, 1, match[2])
    starts = match[1] in ("start", "beginning", "1st day")
    if "next" in text or following is None:
        return following
    return first if starts else following - timedelta(1)


def _month(text: str, today: date) -> date | None:
    """The first of a month: the coming one, or that of a year."""
    match = _MONTH_YEAR.match(text)
    if match is None:
        return None
    month = _MONTHS[match[1]]
    year = int(match[2]) if match[2] else today.year + (month < today.month)
    return date(year, month, 1) if year >= 1 else None


def _named(text: str, today: date, locale: str, past: bool) -> Day | None:
    country = locale.replace("_", "-").partition("-")[2].upper() or "US"
    match = _NAMED_YEAR.match(text)
    if match:
        year = int(match[2]) if match[2] else today.year + {"this": 0, "next": 1, "last": -1}[match[3]]
        days = named_day(match[1], range(year, year + 1), country) if 1900 <= year <= 2100 else []
        return Day(days[0].day, days[0].name) if days else None
    last, coming = text.startswith("last "), text.startswith("next ")
    name = text.removeprefix("last ").removeprefix("next ").removeprefix("this ")
    days = named_day(name, range(today.year - 1, today.year + 3), country)
    if past or last:
        days = [day for day in reversed(days) if day.day <= today]
    else:
        days = [day for day in days if day.day > today or (day.day == today and not coming)]
    return Day(days[0].day, days[0].name) if days else None


def _counted_from(text: str, today: date, locale: str) -> Day | None:
    """ "Two weeks after Easter", "a week from Tuesday"."""
    match = _FROM.match(text)
    base = day_in(match[4], today, locale) if match else None
    if match is None or base is None:
        return None
    sign = -1 if match[3] in ("before", "until") else 1
    at = _moved(base.at, sign * _number(match[1]), match[2])
    return Day(at) if at else None


def _written(text: str, today: date, locale: str, past: bool) -> Day | None:
    """A date written out: day and month at least; the order of figures is the locale's."""
    if not _WRITTEN.search(text):
        return None
    import dateparser  # type: ignore[import-untyped]  # here because it is slow to load

    settings: dict[str, Any] = {
        "RELATIVE_BASE": datetime.combine(today, time(12)),
        "PREFER_DATES_FROM": "past" if past else "future",
        "DATE_ORDER": "MDY" if locale.endswith("-US") else "DMY",
        "REQUIRE_PARTS": ["day", "month"],
        "PARSERS": ["absolute-time"],
    }
    found = dateparser.parse(_ORDINAL.sub(r"\1", text), languages=["en"], settings=settings)
    if found is None:
        return None
    if not past and not _YEAR.search(text) and (found.month, found.day) == (today.month, today.day):
        return Day(today)
    return Day(found.date())


def _moved(day: date, count: int, unit: str) -> date | None:
    """`day` moved by so many units; None beyond the calendar's years."""
    try:
        if unit in ("day", "night", "week", "fortnight"):
            return day + timedelta(count * {"week": 7, "fortnight": 14}.get(unit, 1))
        months = day.year * 12 + day.month - 1 + count * {"month": 1, "year": 12, "decade": 120}[unit]
        year, month = divmod(months, 12)
        return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
    except (OverflowError, ValueError):
        return None


def _number(said: str) -> int:
    return int(said) if said.isdigit() else 1


_READERS: tuple[Callable[[str, date], Day | date | None], ...] = (
    _simple,
    _offset,
    _weekday,
    _day_of_month,
    _edge,
    _month,
)
