"""Named days: Christmas, Easter, Thanksgiving. Where countries differ (Mother's Day), the person's own country counts."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from msgspec import Struct

from skills.clock.index import fold

_FIXED = {
    "new year": ("New Year's Day", 1, 1),
    "new years": ("New Year's Day", 1, 1),
    "new years eve": ("New Year's Eve", 12, 31),
    "valentines": ("Valentine's Day", 2, 14),
    "saint patricks": ("St Patrick's Day", 3, 17),
    "april fools": ("April Fools' Day", 4, 1),
    "halloween": ("Halloween", 10, 31),
    "guy fawkes": ("Bonfire Night", 11, 5),
    "bonfire night": ("Bonfire Night", 11, 5),
    "christmas eve": ("Christmas Eve", 12, 24),
    "christmas": ("Christmas Day", 12, 25),
    "boxing": ("Boxing Day", 12, 26),
    "xmas": ("Christmas Day", 12, 25),
}
# Days counted from Easter Sunday.
_FROM_EASTER = {
    "shrove tuesday": ("Shrove Tuesday", -47),
    "pancake": ("Pancake Day", -47),
    "ash wednesday": ("Ash Wednesday", -46),
    "palm sunday": ("Palm Sunday", -7),
    "good friday": ("Good Friday", -2),
    "easter": ("Easter Sunday", 0),
    "easter sunday": ("Easter Sunday", 0),
    "easter monday": ("Easter Monday", 1),
    "ascension": ("Ascension Day", 39),
    "pentecost": ("Pentecost", 49),
    "whit sunday": ("Pentecost", 49),
}
_MOTHERING = ("mothers", "mothering sunday")  # in Britain and Ireland the fourth Sunday of Lent
# Days that belong to one country's calendar in `holidays`, whoever asks.
_ELSEWHERE = {
    "thanksgiving": "US",
    "diwali": "IN",
    "deepavali": "IN",
    "holi": "IN",
    "chinese new year": "SG",
    "lunar new year": "SG",
    "canada": "CA",
    "australia": "AU",
    "anzac": "AU",
    "bastille": "FR",
}
_SAME = {
    "chinese new year": "chinese new year",
    "lunar new year": "chinese new year",
    "deepavali": "diwali",
    "bastille": "national",
}
_OTHER_NAMES = {
    "fourth of july": "independence",
    "4th of july": "independence",
    "presidents": "washingtons birthday",
    "mlk": "martin luther king",
}
_FALLBACK = "US"
_DAY = re.compile(r"\b(?:the|day|days|public holiday|bank holiday)\b")


class NamedDay(Struct, frozen=True):
    """A day with its name."""

    name: str
    day: date


def named_day(said: str, years: range, country: str) -> list[NamedDay]:
    """The days of that name in `years`, in order; empty where the name is not known."""
    key = _key(said)
    if not key:
        return []
    known = [_computed(key, year, country) for year in years]
    found = [day for day in known if day is not None]
    return found or _from_calendar(key, years, country)


def _key(said: str) -> str:
    key = " ".join(_DAY.sub(" ", fold(said)).split())
    return _OTHER_NAMES.get(key, key)


def _computed(key: str, year: int, country: str) -> NamedDay | None:
    if key in _FIXED:
        name, month, day = _FIXED[key]
        return NamedDay(name, date(year, month, day))
    if key in _FROM_EASTER:
        name, days = _FROM_EASTER[key]
        return NamedDay(name, _easter(year) + timedelta(days))
    if key in _MOTHERING and country in ("GB", "IE"):
        return NamedDay("Mother's Day", _easter(year) - timedelta(21))
    return None


def _easter(year: int) -> date:
    from dateutil.easter import easter  # type: ignore[import-untyped]

    found: date = easter(year)
    return found


def _from_calendar(key: str, years: range, country: str) -> list[NamedDay]:
    wanted = _SAME.get(key, key)
    for calendar in dict.fromkeys((country, _ELSEWHERE.get(key, country), _FALLBACK)):
        found = [day for day in _calendar(calendar, years.start, years.stop) if _fits(wanted, day.name)]
        if found:
            return _labelled(found, abroad=calendar != country and key not in _ELSEWHERE, country=calendar)
    return []


def _fits(wanted: str, name: str) -> bool:
    """Whether a calendar's name is the one wanted, give or take "Day" and what stands behind it."""
    key = _key(name)
    return key == wanted or (key.startswith(wanted + " ") and len(wanted) >= 5)


def _labelled(found: list[NamedDay], abroad: bool, country: str) -> list[NamedDay]:
    if not abroad or country != _FALLBACK:
        return found
    return [NamedDay(f"{day.name} in the United States", day.day) for day in found]


@lru_cache(maxsize=16)
def _calendar(country: str, first: int, last: int) -> tuple[NamedDay, ...]:
    """All named days of a country in the years from `first` to before `last`; empty for a country without a calendar."""
    import holidays

    if country not in holidays.list_supported_countries():
        return ()
    options: dict[str, Any] = {"subdiv": "ENG"} if country == "GB" else {}
    supported = set(holidays.country_holidays(country).supported_categories)
    days = holidays.country_holidays(
        country,
        years=range(first, last),
        observed=False,
        language="en_US",
        categories=supported & {"public", "unofficial", "optional"},
        **options,
    )
    return tuple(day for at, names in sorted(days.items()) for day in _split(at, names))


def _split(at: date, names: str) -> Iterator[NamedDay]:
    for name in names.split("; "):
        yield NamedDay(name.replace(" (estimated)", ""), at)
