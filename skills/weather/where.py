"""Where a question about the weather is about: the place that was said, the person's own, or the operator's."""

import re

from shared.skill import TurnContext
from skills.weather.homes import home_of
from skills.weather.service import Place

DOCUMENT = "weather"
_NAME = r"([A-ZÀ-ÖØ-Þ][\w'’-]+(?: [A-ZÀ-ÖØ-Þ][\w'’-]+)*)"


def said(turn: TurnContext) -> Place | None:
    """The place that was named, called as the person calls it."""
    slot = turn.slot("place")
    value = slot.value if slot else None
    return (
        None
        if slot is None or not isinstance(value, dict)
        else _place({**value, "name": _called(turn, slot.text, value)})
    )


async def home(turn: TurnContext) -> Place | None:
    """Where the person said they live, else what the operator set."""
    kept = await turn.documents.get(DOCUMENT) or {}
    own = kept.get("home")
    return (_place(own) if isinstance(own, dict) else None) or home_of(turn.config.get("home", ""))


def kept(place: Place) -> dict[str, object]:
    """The document that holds a home."""
    return {"home": {"name": place.name, "lat": place.lat, "lon": place.lon, "timezone": place.timezone}}


def unknown(turn: TurnContext) -> str:
    """The name that was said for a place and is none that we know; "" where there is no such."""
    slot, day = turn.slot("place"), turn.slot("day")
    if slot is not None:
        here = {word.casefold() for word in turn.answers["here_words"]}
        named = not isinstance(slot.value, dict) and slot.text.strip().casefold() not in here
        return " ".join(slot.text.split())[:60] if named else ""
    words = "|".join(re.escape(word) for word in turn.answers["before_place"])
    found = re.search(rf"\b(?:{words}) {_NAME}", turn.text)
    return found[1] if found and not (day and found[1] in day.text) else ""


def _place(value: dict[str, object]) -> Place | None:
    lat, lon = value.get("lat"), value.get("lon")
    if not isinstance(lat, int | float) or not isinstance(lon, int | float):
        return None
    return Place(str(value.get("name", "")), float(lat), float(lon), str(value.get("timezone") or "auto"))


def _called(turn: TurnContext, text: str, value: dict[str, object]) -> str:
    """GeoNames calls places in English; other languages have their own names, which the person just said."""
    known = str(value.get("name") or text)
    if turn.locale.startswith("en") and text.casefold() not in known.casefold():  # mistyped, or with its country
        return known
    before = {word.casefold() for word in turn.answers["before_place"]}
    words = text.split()
    while len(words) > 1 and words[0].casefold() in before:
        words = words[1:]
    name = " ".join(words)
    return name.title() if name.islower() or name.isupper() else name
