"""Times, dates and spans the way a locale writes them and people say them."""

import re
from datetime import date, datetime, time
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time

_YEAR = re.compile(r",? ?y+")


def hour(at: time | datetime, locale: str) -> str:
    """ "3:05 PM", "3 PM", "15:05"."""
    english = english_of(locale)
    pattern = english.time_formats["short"].pattern.replace("\u202f", " ")
    if "a" in pattern and at.minute == 0:
        pattern = "h a"
    return format_time(at.time() if isinstance(at, datetime) else at, pattern, locale=english)


def day(at: date, locale: str, today: date | None = None) -> str:
    """ "Friday, December 25, 2026"; without the year when it is that of `today`."""
    return _dated(at, "full", locale, today)


def day_without_weekday(at: date, locale: str, today: date | None = None) -> str:
    """ "December 25, 2026"; without the year when it is that of `today`."""
    return _dated(at, "long", locale, today)


def weekday(at: date) -> str:
    """ "Friday"."""
    return format_date(at, "EEEE", locale="en")


def _dated(at: date, length: str, locale: str, today: date | None) -> str:
    english = english_of(locale)
    pattern = english.date_formats[length].pattern
    return format_date(at, _YEAR.sub("", pattern) if today and at.year == today.year else pattern, locale=english)


def count(amount: int, unit: str) -> str:
    """ "1 day", "2,024 days"."""
    return f"{amount:,} {unit}{'' if amount == 1 else 's'}"


def span(minutes: int) -> str:
    """So many minutes in hours and minutes: "3 hours and 20 minutes"."""
    hours, rest = divmod(minutes, 60)
    parts = [count(hours, "hour")] if hours else []
    if rest or not hours:
        parts.append(count(rest, "minute"))
    return " and ".join(parts)


def offset(minutes: int) -> str:
    """A difference between clocks: "5 hours", "5 and a half hours", "45 minutes"."""
    hours, rest = divmod(minutes, 60)
    if rest == 30 and hours:
        return f"{hours} and a half hours"
    return span(minutes)


@lru_cache(maxsize=64)
def english_of(locale: str) -> Locale:
    """English as it is written where `locale` is spoken; American English where that is not known."""
    territory = locale.replace("_", "-").partition("-")[2].upper()
    try:
        return Locale("en", territory or "US")
    except UnknownLocaleError:
        return Locale("en", "US")
