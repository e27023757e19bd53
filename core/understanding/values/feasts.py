"""When the feasts fall that people say for a date: by rule, where countries differ by that of the region, else by `holidays`."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Any

_FIXED = {
    "christmas": (12, 25), "christmas_eve": (12, 24), "boxing_day": (12, 26), "new_year": (1, 1), "new_years_eve": (12, 31),
    "halloween": (10, 31), "valentine": (2, 14), "labour": (5, 1), "epiphany": (1, 6), "assumption": (8, 15),
    "all_saints": (11, 1), "all_souls": (11, 2), "nicholas": (12, 6), "bastille": (7, 14), "patrick": (3, 17),
    "april_fools": (4, 1), "guy_fawkes": (11, 5), "independence": (7, 4), "juneteenth": (6, 19), "veterans": (11, 11),
    "canada": (7, 1), "australia": (1, 26), "anzac": (4, 25), "german_unity": (10, 3), "reformation": (10, 31),
    "martin": (11, 11), "women": (3, 8), "candlemas": (2, 2), "victory_1945": (5, 8), "armistice": (11, 11),
    "music": (6, 21), "hispanic": (10, 12), "constitution": (12, 6), "immaculate": (12, 8), "innocents": (12, 28),
    "joseph": (3, 19), "john": (6, 24), "liberation": (4, 25), "republic": (6, 2), "stephen": (12, 26),
}  # fmt: skip
_FROM_EASTER = {
    "easter": 0, "easter_monday": 1, "good_friday": -2, "maundy_thursday": -3, "palm_sunday": -7, "ash_wednesday": -46,
    "shrove_tuesday": -47, "carnival_monday": -48, "ascension": 39, "pentecost": 49, "whit_monday": 50, "corpus_christi": 60,
}  # fmt: skip
_NTH = {  # month, weekday (Monday is 0), which of them
    "martin_luther_king": (1, 0, 3), "presidents": (2, 0, 3), "memorial": (5, 0, -1), "columbus": (10, 0, 2),
}  # fmt: skip
_NATIONAL = {
    "US": (7, 4), "CA": (7, 1), "AU": (1, 26), "IE": (3, 17), "FR": (7, 14), "DE": (10, 3), "AT": (10, 26), "CH": (8, 1),
    "IT": (6, 2), "ES": (10, 12), "MX": (9, 16), "AR": (7, 9), "CO": (7, 20), "CL": (9, 18), "BE": (7, 21), "LU": (6, 23),
}  # fmt: skip
_MOVING = {  # part of the name in the library, and the country whose calendar has it if the region's has not
    "thanksgiving": ("Thanksgiving", "US"), "diwali": ("Diwali", "IN"), "holi": ("Holi", "IN"),
    "lunar_new_year": ("Chinese New Year", "SG"), "hanukkah": ("Hanukkah", "IL"),
}  # fmt: skip
_SUNDAY = 6


def feast(name: str, year: int, region: str) -> date | None:
    """The day of a feast of the language files in a year; None where it is not kept in that region."""
    if name in _FIXED:
        return date(year, *_FIXED[name])
    if name in _FROM_EASTER:
        return _easter(year) + timedelta(_FROM_EASTER[name])
    if name in _NTH:
        return _nth(year, *_NTH[name])
    if name in _MOVING:
        return _kept(*_MOVING[name], year, region)
    return _of_region(name, year, region)


def _of_region(name: str, year: int, region: str) -> date | None:
    """Feasts on other days in other countries, and those of Advent."""
    match name:
        case "mothers":
            return _mothers(year, region)
        case "fathers":
            return _fathers(year, region)
        case "labor":
            return _nth(year, 9, 0, 1) if region in ("US", "CA") else date(year, 5, 1)
        case "national":
            return date(year, *_NATIONAL[region]) if region in _NATIONAL else None
        case "black_friday":
            return _nth(year, 11, 3, 4) + timedelta(1)
    advent = _nth(year, 12, _SUNDAY, 1) if date(year, 12, 3).weekday() == _SUNDAY else _first_advent(year)
    days = {"advent": 0, "advent_2": 7, "advent_3": 14, "advent_4": 21, "sunday_of_the_dead": -7, "repentance": -11}
    return advent + timedelta(days[name])


def _first_advent(year: int) -> date:
    fourth = date(year, 12, 24) - timedelta((date(year, 12, 24).weekday() + 1) % 7)
    return fourth - timedelta(21)


def _mothers(year: int, region: str) -> date:
    if region in ("GB", "IE"):
        return _easter(year) - timedelta(21)
    if region in ("ES", "PT"):
        return _nth(year, 5, _SUNDAY, 1)
    if region in ("MX", "GT", "SV"):
        return date(year, 5, 10)
    if region == "FR":
        last = _nth(year, 5, _SUNDAY, -1)
        return last + timedelta(7) if last == _easter(year) + timedelta(49) else last
    return _nth(year, 5, _SUNDAY, 2)


def _fathers(year: int, region: str) -> date:
    if region in ("ES", "IT", "PT"):
        return date(year, 3, 19)
    if region == "DE":
        return _easter(year) + timedelta(39)
    if region in ("AU", "NZ"):
        return _nth(year, 9, _SUNDAY, 1)
    return _nth(year, 6, _SUNDAY, 2 if region == "AT" else 3)


def _nth(year: int, month: int, weekday: int, count: int) -> date:
    """That weekday of a month: the first is 1, the last -1."""
    if count < 0:
        last = date(year + month // 12, month % 12 + 1, 1) - timedelta(1)
        return last - timedelta((last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta((weekday - first.weekday()) % 7 + 7 * (count - 1))


@lru_cache(maxsize=64)
def _easter(year: int) -> date:
    from dateutil.easter import easter  # type: ignore[import-untyped]

    day: date = easter(year)
    return day


@lru_cache(maxsize=256)
def _kept(part_of_name: str, home: str, year: int, region: str) -> date | None:
    """The first day in a year that the calendar of the region, else of `home`, calls so."""
    import holidays

    for country in (region, home):
        try:
            kinds = set(holidays.country_holidays(country).supported_categories) & {"public", "unofficial", "optional"}
            options: dict[str, Any] = {"categories": kinds, "observed": False, "language": "en_US"}
            calendar = holidays.country_holidays(country, years=year, **options)
        except NotImplementedError:
            continue
        found = [day for day, name in sorted(calendar.items()) if part_of_name in name]
        if found:
            return found[0]
    return None
