"""Times, dates and spans the way a locale writes them."""

import re
from datetime import date, datetime, time
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_timezone_location
from babel.lists import format_list
from babel.units import format_unit

_YEAR = re.compile(r",? ?(?:'\w+' )?y+")
_FIGURES = re.compile(r"\d[./-]\d")
_WORD = re.compile(r"[^\W\d_]+")


def hour(at: time | datetime, locale: str) -> str:
    """ "3:05 PM", "3 PM", "15:05"."""
    spoken = locale_of(locale)
    pattern = str(spoken.time_formats["short"].pattern).replace("\u202f", " ").replace("\u00a0", " ")
    if "a" in pattern and at.minute == 0:
        pattern = "h a"
    at = at.timetz() if isinstance(at, datetime) else at
    return format_time(at.replace(tzinfo=None), pattern, locale=spoken).replace("\u00a0", " ")


def is_one(at: time | datetime, locale: str) -> bool:
    """Whether the hour that is said is one, as in "es la 1:05"."""
    return re.match(r"0?1\D", hour(at, locale)) is not None


def day(at: date, locale: str, today: date | None = None) -> str:
    """ "Friday, December 25, 2026"; without the year when it is that of `today`."""
    return _dated(at, "full", locale, today)


def day_without_weekday(at: date, locale: str, today: date | None = None) -> str:
    """ "December 25, 2026"; without the year when it is that of `today`."""
    return _dated(at, "long", locale, today)


def weekday(at: date, locale: str) -> str:
    """ "Friday"."""
    return format_date(at, "EEEE", locale=locale_of(locale))


def _dated(at: date, length: str, locale: str, today: date | None) -> str:
    spoken = locale_of(locale)
    pattern = str(spoken.date_formats[length].pattern)
    text = format_date(at, _YEAR.sub("", pattern) if today and at.year == today.year else pattern, locale=spoken)
    return re.sub(r"\b1 ", "1er ", text, count=1) if spoken.language == "fr" else text  # the one ordinal of dates


def names_weekday(text: str, at: date, locale: str) -> bool | None:
    """Whether a text names the weekday of `at` (True) or another (False); None where it names none."""
    names = {str(name).casefold(): number for number, name in locale_of(locale).days["format"]["wide"].items()}
    named = [names[word] for word in map(str.casefold, _WORD.findall(text)) if word in names]
    return at.weekday() in named if named else None


def names_date(text: str, locale: str) -> bool:
    """Whether a text names day and month, in words or figures."""
    months = {str(name).casefold() for name in locale_of(locale).months["format"]["wide"].values()}
    short = {str(name).casefold().rstrip(".") for name in locale_of(locale).months["format"]["abbreviated"].values()}
    said = {word.casefold() for word in _WORD.findall(text)}
    return bool(said & (months | short)) or _FIGURES.search(text) is not None


def count(amount: int, unit: str, locale: str) -> str:
    """ "1 day", "2,024 days"."""
    name, spoken = f"duration-{unit}", locale_of(locale)
    long, short = (format_unit(amount, name, length, locale=spoken) for length in ("long", "short"))
    return (short if name in long else long).replace("\u00a0", " ")  # where both are alike CLDR has the short one only


def counts(parts: list[tuple[int, str]], locale: str) -> str:
    """ "3 hours and 20 minutes"; what there is none of is left out."""
    said = [count(amount, unit, locale) for amount, unit in parts if amount]
    return format_list(said, locale=locale_of(locale)) if said else count(*parts[-1], locale)


def span(minutes: int, locale: str) -> str:
    """So many minutes in hours and minutes."""
    return counts([(minutes // 60, "hour"), (minutes % 60, "minute")], locale)


def city(name: str, zone: str, locale: str) -> str:
    """A city in the language of `locale`, where its time zone bears its name."""
    if not name or get_timezone_location(zone, locale="en", return_city=True) != name:
        return name
    return get_timezone_location(zone, locale=locale_of(locale), return_city=True)


@lru_cache(maxsize=64)
def locale_of(locale: str) -> Locale:
    """The locale as CLDR has it; its language, else American English where that is not known."""
    for name in (locale.replace("_", "-"), locale.replace("_", "-").partition("-")[0]):
        try:
            return Locale.parse(name, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en", "US")
