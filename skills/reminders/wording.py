"""How moments, days and what repeats are said in the person's language."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.lists import format_list

from shared.skill import TurnContext
from skills.reminders.kept import Reminder, Repeat, zone_of

QUOTED = 80  # characters of one task
_NEAR = ("yesterday", "today", "tomorrow", "day_after")


def when(turn: TurnContext, at: float) -> str:
    """ "tomorrow at 9 AM", "Friday at 9 AM", "December 24 at 9 AM": a moment in the person's time zone."""
    then = datetime.fromtimestamp(at, zone_of(turn.timezone))
    return turn.say("at", day=day(turn, then.date()), hour=hour(turn, then.time()))


def day(turn: TurnContext, at: date) -> str:
    """ "tomorrow", "Friday", "December 24", "January 3, 2028"."""
    today = datetime.fromtimestamp(turn.clock.now(), zone_of(turn.timezone)).date()
    ahead, locale = (at - today).days, _locale(turn.locale)
    if -1 <= ahead <= 2:
        return turn.say(_NEAR[ahead + 1])
    if 2 < ahead < 7:
        return turn.say("weekday", weekday=format_date(at, "EEEE", locale=locale))
    return turn.say(_article(at), date=_date(at, locale, with_year=at.year != today.year))


def _article(at: date) -> str:
    """The key of the wording for a date; Italian says "l'8"."""
    return "date_vowel" if at.day in (8, 11) else "date"


def _date(at: date, locale: Locale, with_year: bool) -> str:
    pattern = locale.date_formats["long"].pattern
    if not with_year:
        pattern = re.sub(r"[ ,]*(?:'de'|'del')? ?y+", "", pattern)
    said = str(format_date(at, pattern, locale=locale))
    return re.sub(r"^1 ", "1er ", said) if locale.language == "fr" else said


def hour(turn: TurnContext, at: time) -> str:
    """ "at 9 AM", "um 9 Uhr", "a la 1:30": a time of day with what leads to it."""
    locale = _locale(turn.locale)
    pattern = locale.time_formats["short"].pattern
    if "a" in pattern:
        pattern = re.sub(r":mm", "", pattern) if at.minute == 0 else pattern
        said, number = str(format_time(at, pattern, locale=locale)).replace("\u202f", " "), at.hour % 12
    else:
        key = "clock_full" if at.minute == 0 else "clock"
        said, number = turn.say(key, hour=at.hour, minute=f"{at.minute:02}"), at.hour
    return turn.say("hour_one" if number == 1 else "hour", clock=said)


def every(turn: TurnContext, repeat: Repeat) -> str:
    """ "every Monday at 9 AM"."""
    locale = _locale(turn.locale)
    return turn.say(
        f"every_{repeat.every}",
        hour=hour(turn, repeat.time),
        weekday=format_date(repeat.first, "EEEE", locale=locale),
        day=repeat.first.day,
        date=turn.say(_article(repeat.first), date=_date(repeat.first, locale, with_year=False)),
    )


def timing(turn: TurnContext, reminder: Reminder) -> str:
    """When a reminder is due, or how it repeats."""
    return every(turn, reminder.repeat) if reminder.repeat is not None else when(turn, reminder.at)


def item(turn: TurnContext, reminder: Reminder) -> str:
    """ "tomorrow at 9 AM: call Anna"."""
    return turn.say("item", when=timing(turn, reminder), task=cut(reminder.task))


def item_of_day(turn: TurnContext, reminder: Reminder) -> str:
    """ "at 9 AM, call Anna": where the day was said already."""
    local = datetime.fromtimestamp(reminder.at, zone_of(turn.timezone)).time()
    at = reminder.repeat.time if reminder.repeat is not None else local
    return turn.say("item_of_day", hour=hour(turn, at), task=cut(reminder.task))


def joined(turn: TurnContext, parts: Sequence[str]) -> str:
    """Parts of a list that have commas in them."""
    return turn.say("between").join(parts)


def either(turn: TurnContext, options: Sequence[str]) -> str:
    """ "call Anna, the dentist or the bins"."""
    return format_list(list(options), style="or", locale=_locale(turn.locale))


def cut(text: str, length: int = QUOTED) -> str:
    """At most so many characters."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def sentence(text: str) -> str:
    """With a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


@lru_cache(maxsize=64)
def _locale(name: str) -> Locale:
    for attempt in (name.replace("_", "-"), name.replace("_", "-").partition("-")[0]):
        try:
            return Locale.parse(attempt, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en", "US")
