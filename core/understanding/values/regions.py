"""What a language calls countries, parts of countries ("Schottland"), and clocks that are no place ("Pacific time").

Names of countries are CLDR's; all others stand in `regions.toml`. A clock is where a city is that goes by it.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from core.understanding.values.gazetteer import Named, Place, gazetteer, key
from core.understanding.values.language import Language

_FILE = Path(__file__).with_name("regions.toml")


@lru_cache(maxsize=64)
def regions(tongue: Language) -> dict[str, Named]:
    """What these places are called in a language, made plain and without the article -> the place, as it is called there."""
    articles = without_article(tongue)
    found: dict[str, Named] = {}
    for place, label, said in _places(str(tongue.locale), tongue.code):
        words = key(said).split()
        bare = " ".join(words[1:] if len(words) > 1 and words[0] in articles else words)
        found[bare] = Named(place, True, label)
    return found


@lru_cache(maxsize=64)
def nowhere(tongue: Language) -> frozenset[str]:
    """Names that no place of ours has: continents and the like."""
    return frozenset(key(name) for code, name in _territories(str(tongue.locale)).items() if code.isdigit())


@lru_cache(maxsize=64)
def without_article(tongue: Language) -> frozenset[str]:
    """Articles that names of places have in a language."""
    return frozenset(map(key, tongue.data["place"]["articles"]))


def _places(locale: str, code: str) -> Iterator[tuple[Place, str, str]]:
    """Each place, how it is called, and another name of it; later ones count where two are called the same."""
    known, file = gazetteer(), _regions()
    for country, name in _territories(locale).items():
        if country in known.countries:
            names = _called(file["countries"].get(country, {}), code)
            yield known.countries[country], names[0] if names else name, name
    for section, places in (("countries", known.countries), ("parts", known.parts)):
        for identifier, data in file[section].items():
            for said in _called(data, code):
                place = places[identifier]
                part = replace(place, name=_called(data, "en")[0].removeprefix("the "))
                yield (place if section == "countries" else part), _called(data, code)[0], said
    for zone, data in file["clocks"].items():
        for said in _called(data, code):
            yield _clock(zone, data["at"], _called(data, code)[0]), _called(data, code)[0], said


def _called(data: dict[str, Any], code: str) -> list[str]:
    return [*data.get(code, ()), *data.get("any", ())]


def _clock(zone: str, at: str, name: str) -> Place:
    city, _, country = at.rpartition(" ")
    there = next(each.place for each in gazetteer().named[key(city)] if each.place.country == country)
    return replace(there, name=name, timezone=zone, kind="clock")


def _territories(locale: str) -> dict[str, str]:
    from babel import Locale

    return {str(code): str(name) for code, name in Locale.parse(locale).territories.items()}


@lru_cache(maxsize=1)
def _regions() -> dict[str, Any]:
    import tomllib  # here because this package should load fast

    return tomllib.loads(_FILE.read_text("utf-8"))
