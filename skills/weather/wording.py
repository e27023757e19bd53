"""Days, degrees, winds and skies the way a person's locale has them."""

import re
from datetime import date, datetime

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_percent
from babel.units import format_unit

from shared.skill import TurnContext

_FAHRENHEIT = frozenset({"US", "PR", "BS", "BZ", "KY", "LR", "PW", "FM", "MH"})
_MILES = frozenset({"US", "GB", "PR"})
_KM_A_MILE = 1.609344
_CODES = frozenset(
    {0, 1, 2, 3, 45, 48, 51, 53, 55, 56, 57, 61, 63, 65, 66, 67, 71, 73, 75, 77, 80, 81, 82, 85, 86, 95, 96, 99}
)
_SNOW = frozenset({71, 73, 75, 77, 85, 86})
_WET = _CODES - _SNOW - {0, 1, 2, 3, 45, 48}
_YEAR = re.compile(r"(?: 'de')?,? ?y+")
_WINDS = ("n", "ne", "e", "se", "s", "sw", "w", "nw")


def locale_of(turn: TurnContext) -> Locale:
    """The person's locale, or their language where the region is not known."""
    for name in (turn.locale, turn.locale.partition("-")[0], "en"):
        try:
            return Locale.parse(name, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")


def region_of(turn: TurnContext) -> str:
    """The country of the person's locale; "" where it names none."""
    return str(locale_of(turn).territory or "")


def degrees(turn: TurnContext, celsius: float) -> str:
    """ "12°C", "54°F"."""
    fahrenheit = region_of(turn) in _FAHRENHEIT
    value = round(celsius * 9 / 5 + 32) if fahrenheit else round(celsius)
    unit = "temperature-fahrenheit" if fahrenheit else "temperature-celsius"
    return format_unit(value, unit, "short", locale=locale_of(turn))


def speed(turn: TurnContext, kmh: float) -> str:
    """ "20 km/h", "12 mph"."""
    miles = region_of(turn) in _MILES
    value, unit = (kmh / _KM_A_MILE, "speed-mile-per-hour") if miles else (kmh, "speed-kilometer-per-hour")
    return format_unit(round(value), unit, "short", locale=locale_of(turn))


def percent(turn: TurnContext, value: float) -> str:
    """ "60%", "60 %"."""
    return format_percent(round(value) / 100, locale=locale_of(turn))


def hour(turn: TurnContext, at: datetime) -> str:
    """ "4:32 PM", "16:32"."""
    return format_time(at.replace(tzinfo=None), "short", locale=locale_of(turn)).replace("\u202f", " ")


def day(turn: TurnContext, at: date, today: date) -> str:
    """ "today", "tomorrow", "Friday", "Thursday, December 3"."""
    ahead = (at - today).days
    if ahead in (0, 1):
        return turn.say("today" if ahead == 0 else "tomorrow")
    if 1 < ahead < 7:
        return format_date(at, "EEEE", locale=locale_of(turn))
    pattern = locale_of(turn).date_formats["full"].pattern
    return format_date(at, _YEAR.sub("", pattern) if at.year == today.year else pattern, locale=locale_of(turn))


def sky(turn: TurnContext, code: int | None) -> str:
    """What WMO's code 4677 stands for."""
    return turn.say(f"wmo_{code}" if code in _CODES else "wmo_other")


def wind_from(turn: TurnContext, direction: float) -> str:
    """One of eight winds."""
    return turn.say(f"from_{_WINDS[round(direction / 45) % 8]}")


def is_snow(code: int | None) -> bool:
    """Whether a code means snow."""
    return code in _SNOW


def is_wet(code: int | None) -> bool:
    """Whether a code means rain of any kind."""
    return code in _WET
