"""What the forecast service is asked, and what it answers: https://open-meteo.com/en/docs"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import Struct

from shared.outside import Fetched, Web

DAYS = 16  # that the service knows, today among them
FRESH_S = 900.0
STALE_S = 6 * 3600.0  # older than that a forecast is worth nothing
_CURRENT = ("temperature_2m", "apparent_temperature", "weather_code", "wind_speed_10m", "wind_direction_10m")
_DAILY = (
    "weather_code",
    "temperature_2m_max",
    "temperature_2m_min",
    "precipitation_sum",
    "precipitation_probability_max",
    "wind_speed_10m_max",
    "wind_gusts_10m_max",
    "wind_direction_10m_dominant",
    "sunrise",
    "sunset",
)


class Place(Struct, frozen=True):
    """Where: a name as people say it, degrees, and an IANA time zone ("auto": the service knows)."""

    name: str
    lat: float
    lon: float
    timezone: str = "auto"


class Now(Struct, frozen=True):
    """How it is now: degrees Celsius, WMO 4677 code, kilometres an hour, degrees from north."""

    temperature_2m: float
    weather_code: int
    wind_speed_10m: float = 0.0
    wind_direction_10m: float | None = None
    apparent_temperature: float | None = None


class _Daily(Struct, frozen=True):
    time: list[date]
    weather_code: list[int | None]
    temperature_2m_max: list[float | None]
    temperature_2m_min: list[float | None]
    sunrise: list[str | None]
    sunset: list[str | None]
    precipitation_sum: list[float | None] = []
    precipitation_probability_max: list[float | None] = []
    wind_speed_10m_max: list[float | None] = []
    wind_gusts_10m_max: list[float | None] = []
    wind_direction_10m_dominant: list[float | None] = []


class _Answer(Struct, frozen=True):
    timezone: str
    daily: _Daily
    current: Now | None = None


class Day(Struct, frozen=True):
    """One day of a forecast; None where the service does not say."""

    at: date
    code: int | None
    high: float | None
    low: float | None
    rain_mm: float | None
    chance: float | None
    wind: float | None
    gusts: float | None
    direction: float | None
    sunrise: datetime | None
    sunset: datetime | None


class Forecast(Struct, frozen=True):
    """The days that are known, in order, and how it is now. `asked_at` is when the service said so (Unix seconds)."""

    timezone: str
    days: tuple[Day, ...]
    now: Now | None
    asked_at: float
    stale: bool

    def day(self, at: date) -> Day | None:
        """One day, if it is known."""
        return next((one for one in self.days if one.at == at and one.code is not None), None)


class Unreadable(Exception):
    """The service answered something else than a forecast."""


async def forecast(web: Web, config: Mapping[str, str], place: Place) -> Forecast:
    """The forecast for a place. Raises WebFailed, or Unreadable."""
    params = {
        "latitude": f"{place.lat:.2f}",  # a kilometre; nobody's house
        "longitude": f"{place.lon:.2f}",
        "timezone": place.timezone,
        "forecast_days": str(DAYS),
        "current": ",".join(_CURRENT),
        "daily": ",".join(_DAILY),
    }
    if config.get("key"):
        params["apikey"] = config["key"]
    return _read(await web.get(_url(config["url"]), params=params, ttl_s=FRESH_S, stale_s=STALE_S))


def _url(base: str) -> str:
    base = base.rstrip("/")
    return base if base.endswith("/forecast") else f"{base}/v1/forecast"


def _read(fetched: Fetched) -> Forecast:
    if fetched.status != 200:
        raise Unreadable(f"the service answered {fetched.status}")
    try:
        answer = msgspec.json.decode(fetched.body, type=_Answer, strict=False)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise Unreadable("the service answered no forecast") from None
    days = tuple(_day(answer.daily, number) for number in range(len(answer.daily.time)))
    return Forecast(answer.timezone, days, answer.current, fetched.at, fetched.stale)


def _day(daily: _Daily, number: int) -> Day:
    def of(values: list[Any]) -> Any:
        return values[number] if number < len(values) else None

    return Day(
        daily.time[number],
        of(daily.weather_code),
        of(daily.temperature_2m_max),
        of(daily.temperature_2m_min),
        of(daily.precipitation_sum),
        of(daily.precipitation_probability_max),
        of(daily.wind_speed_10m_max),
        of(daily.wind_gusts_10m_max),
        of(daily.wind_direction_10m_dominant),
        _moment(of(daily.sunrise)),
        _moment(of(daily.sunset)),
    )


def _moment(text: str | None) -> datetime | None:
    """The service writes no seconds: "2026-11-23T07:05"."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
