"""Stands in for the forecast service: answers `/v1/forecast` in the shape of https://open-meteo.com/en/docs.

For developers: `python -m tests.openmeteo 8090`, and `nexus skills configure weather url=http://127.0.0.1:8090`.
"""

import json
import sys
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.standin import Answer, Came, serving

DAYS = 16
CODES = (3, 61, 0, 80, 2, 71, 95, 1, 45, 63, 51, 0, 75, 3, 66, 2)
UNITS = {"temperature": "°C", "apparent": "°C", "wind_speed": "km/h", "wind_gusts": "km/h", "wind_direction": "°"}


def forecast(
    latitude: float, longitude: float, zone: str, now: datetime, codes: Sequence[int] = CODES
) -> dict[str, Any]:
    """A forecast that begins on the day of `now`; the farther from the equator, the colder."""
    first, warm = now.date(), 28.0 - abs(latitude) / 2.5
    days = [first + timedelta(days=number) for number in range(DAYS)]
    wet = [code >= 51 for code in codes]
    daily = {
        "time": [day.isoformat() for day in days],
        "weather_code": list(codes),
        "temperature_2m_max": [round(warm + number % 4, 1) for number in range(DAYS)],
        "temperature_2m_min": [round(warm - 7 + number % 3, 1) for number in range(DAYS)],
        "precipitation_sum": [4.2 if one else 0.0 for one in wet],
        "precipitation_probability_max": [30 + 10 * (number % 7) if one else 5 for number, one in enumerate(wet)],
        "wind_speed_10m_max": [round(8.0 + 4 * number, 1) for number in range(DAYS)],
        "wind_gusts_10m_max": [round(15.0 + 7 * number, 1) for number in range(DAYS)],
        "wind_direction_10m_dominant": [(225 + 45 * number) % 360 for number in range(DAYS)],
        "sunrise": [f"{day.isoformat()}T07:{number:02}" for number, day in enumerate(days)],
        "sunset": [f"{day.isoformat()}T16:{45 - number:02}" for number, day in enumerate(days)],
    }
    current = {
        "time": now.strftime("%Y-%m-%dT%H:00"),
        "interval": 900,
        "temperature_2m": round(warm - 1.4, 1),
        "apparent_temperature": round(warm - 4.2, 1),
        "weather_code": codes[0],
        "wind_speed_10m": 9.7,
        "wind_direction_10m": 230,
    }
    offset = now.utcoffset() or timedelta()
    return {
        "latitude": round(latitude, 2),
        "longitude": round(longitude, 2),
        "generationtime_ms": 0.21,
        "utc_offset_seconds": int(offset.total_seconds()),
        "timezone": zone,
        "timezone_abbreviation": now.tzname(),
        "elevation": 38.0,
        "current_units": {"time": "iso8601", "interval": "seconds", **_units(current)},
        "current": current,
        "daily_units": {"time": "iso8601", **_units(daily)},
        "daily": daily,
    }


def _units(values: dict[str, Any]) -> dict[str, str]:
    return {name: unit for name in values for start, unit in UNITS.items() if name.startswith(start)}


def answer(came: Came, now: datetime | None = None) -> Answer:
    """What the service says: a forecast, or what is wrong with the question."""
    if came.path != "/v1/forecast":
        return _said(404, {"error": True, "reason": "Not Found"})
    try:
        latitude, longitude = float(came.query["latitude"]), float(came.query["longitude"])
        zone = came.query.get("timezone", "GMT")
        at = (now or datetime.now(ZoneInfo("UTC"))).astimezone(ZoneInfo("Europe/Berlin" if zone == "auto" else zone))
    except (KeyError, ValueError) as error:
        return _said(400, {"error": True, "reason": f"Data corrupted at path ''. {error}."})
    if not -90 <= latitude <= 90:
        return _said(400, {"error": True, "reason": "Latitude must be in range of -90 to 90°."})
    return _said(200, forecast(latitude, longitude, str(at.tzinfo), at))


def _said(status: int, body: dict[str, Any]) -> Answer:
    return Answer(
        json.dumps(body, ensure_ascii=False).encode(), status, {"content-type": "application/json; charset=utf-8"}
    )


def recorded(latitude: float, longitude: float, zone: str, at: str) -> str:
    """An answer as it lies in skills/weather/samples."""
    now = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(zone))
    return json.dumps(forecast(latitude, longitude, zone, now), ensure_ascii=False, indent=1) + "\n"


def main(port: int) -> None:
    """Answer until interrupted."""
    with serving(answer, port) as service:
        print(f"nexus skills configure weather url={service.url}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8090)
