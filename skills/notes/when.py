"""When something was said, the way people speak of it."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time

from shared.locales import LANGUAGES, in_language, language_of

_ONE = re.compile(r"0?1\b")

Say = Callable[..., str]
"""`TurnContext.say`."""


def said_when(at: float, now: float, timezone: str, locale: str, say: Say) -> str:
    """`at` seen from `now` (both Unix seconds): "today at 3 PM", "am Montag um 15:05 Uhr", "le 4 mars à 09:30"."""
    zone = ZoneInfo(timezone)
    then, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(now, zone)
    known = babel_locale(locale)
    time = _time(then, known)
    at_time = say("at_one" if _ONE.match(time) else "at", time=time)
    days = (today.date() - then.date()).days
    if days in (0, 1):
        return say(("today", "yesterday")[days], at=at_time)
    if 1 < days < 7:
        return say("weekday", weekday=format_date(then, "EEEE", locale=known), at=at_time)
    same = then.year == today.year
    date = format_skeleton("MMMMd", then, locale=known) if same else format_date(then, "long", locale=known)
    return say("date", date=date, at=at_time)


def _time(then: datetime, locale: Locale) -> str:
    pattern = locale.time_formats["short"].pattern.replace("\u202f", " ")
    if "a" in pattern and then.minute == 0:
        pattern = pattern.replace(":mm", "")
    return format_time(then, pattern, locale=locale)


@lru_cache(maxsize=64)
def babel_locale(name: str) -> Locale:
    """What babel knows of a locale, else of its language; American English where the skill speaks English for want of another."""
    if language_of(name) in LANGUAGES:
        with suppress(UnknownLocaleError, ValueError):
            return Locale.parse(name.replace("_", "-"), sep="-")
        with suppress(UnknownLocaleError, ValueError):
            return Locale.parse(in_language("", language_of(name)), sep="-")
    return Locale("en", "US")
