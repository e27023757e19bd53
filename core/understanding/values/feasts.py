"""When the feasts fall that people say for a date: by rule, and those that differ by country from the library `holidays`."""

from datetime import date, timedelta
from functools import lru_cache

_FIXED = {
    "christmas": (12, 25), "christmas_eve": (12, 24), "boxing_day": (12, 26), "new_year": (1, 1), "new_years_eve": (12, 31),
    "halloween": (10, 31), "valentine": (2, 14), "labour": (5, 1), "epiphany": (1, 6), "assumption": (8, 15),
    "all_saints": (11, 1), "nicholas": (12, 6), "bastille": (7, 14),
}  # fmt: skip
_FROM_EASTER = {"easter": 0, "easter_monday": 1, "good_friday": -2, "pentecost": 49, "ascension": 39}
_MOVING = {"thanksgiving": "Thanksgiving"}  # names in the library


def feast(name: str, year: int, region: str) -> date | None:
    """The day of a feast of the language files in a year; None where it is not kept in that region."""
    if name in _FIXED:
        return date(year, *_FIXED[name])
    if name in _FROM_EASTER:
        return _easter(year) + timedelta(_FROM_EASTER[name])
    if name == "mothers":
        return _nth_sunday(year, 5, 2)
    return _kept(_MOVING[name], year, region)


def _nth_sunday(year: int, month: int, count: int) -> date:
    first = date(year, month, 1)
    return first + timedelta((6 - first.weekday()) % 7 + 7 * (count - 1))


@lru_cache(maxsize=64)
def _easter(year: int) -> date:
    from dateutil.easter import easter  # type: ignore[import-untyped]

    day: date = easter(year)
    return day


@lru_cache(maxsize=256)
def _kept(part_of_name: str, year: int, region: str) -> date | None:
    """The first day in a year that the calendar of the region, else of the United States, calls so."""
    import holidays

    for country in (region, "US"):
        try:
            calendar = holidays.country_holidays(country, years=year, language="en_US")
        except NotImplementedError:
            continue
        found = [day for day, name in sorted(calendar.items()) if part_of_name in name]
        if found:
            return found[0]
    return None
