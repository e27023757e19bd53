"""When something was said, the way people speak of it."""

import re
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime

_YEAR = re.compile(r",? ?y+")


def said_when(at: float, now: float, timezone: str, locale: str) -> str:
    """`at` seen from `now` (both Unix seconds): "today at 3 PM", "on Monday at 15:05", "on March 4 at 9:30 AM"."""
    zone = ZoneInfo(timezone)
    then, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(now, zone)
    english = _english(locale)
    return f"{_day(then, today, english)} at {_time(then, english)}"


def _day(then: datetime, today: datetime, locale: Locale) -> str:
    days = (today.date() - then.date()).days
    if days == 0:
        return "today"
    if days == 1:
        return "yesterday"
    if 1 < days < 7:
        return "on " + format_datetime(then, "EEEE", locale=locale)
    pattern = locale.date_formats["long"].pattern
    return "on " + format_datetime(then, _YEAR.sub("", pattern) if then.year == today.year else pattern, locale=locale)


def _time(then: datetime, locale: Locale) -> str:
    pattern = locale.time_formats["short"].pattern.replace("\u202f", " ")
    if "a" in pattern and then.minute == 0:
        pattern = "h a"
    return format_datetime(then, pattern, locale=locale)


@lru_cache(maxsize=64)
def _english(locale: str) -> Locale:
    """English as it is written where `locale` is spoken; American English where that is not known."""
    territory = locale.replace("_", "-").partition("-")[2].upper()
    try:
        return Locale("en", territory or "US")
    except UnknownLocaleError:
        return Locale("en", "US")
