"""Answers about clocks: the time, today's date, and how far two places are apart."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.skill import TurnContext
from shared.turn import Reply
from skills.clock import asked, places, turns, wording
from skills.clock.places import Place

ZERO = timedelta(0)


def time_(turn: TurnContext) -> Reply:
    """The time here or in a place."""
    name, place = _place(turn)
    here = turns.now(turn)
    if place is None:
        return _unknown(name) if name else Reply(text=f"It's {wording.hour(here, turn.locale)}.")
    there = here.astimezone(ZoneInfo(place.zone))
    day = "" if there.date() == here.date() else f" on {wording.weekday(there.date())}"
    if place.is_clock:
        return Reply(text=f"It's {wording.hour(there, turn.locale)} {place.name}{day}.")
    return Reply(text=f"{_where(place, there)} it's {wording.hour(there, turn.locale)}{day}.")


def date_(turn: TurnContext) -> Reply:
    """Today's date, here or in a place."""
    name, place = _place(turn)
    here = turns.now(turn)
    if place is None:
        return _unknown(name) if name else Reply(text=f"Today is {wording.day(here.date(), turn.locale)}.")
    there = here.astimezone(ZoneInfo(place.zone))
    return Reply(text=f"{_where(place, there)} it's {wording.day(there.date(), turn.locale)}.")


def difference(turn: TurnContext) -> Reply:
    """How far two places are apart on the clock now; with one place, how far it is from here."""
    first, second = turns.said(turn, "place"), turns.said(turn, "other")
    if turn.understanding.source == "dialogue" and not second:
        first, second = _two(first)
    if not second:
        first, second = _pair(first, turn.locale)
    found = [places.find(name, turn.locale) for name in (first, second) if name]
    for name, place in zip((first, second), found, strict=False):
        if place is None:
            return _unknown(name)
    known = [place for place in found if place is not None]
    return _apart(turns.now(turn), known[0], known[1] if len(known) > 1 else None, turn.timezone)


def _pair(said: str, locale: str) -> tuple[str, str]:
    """ "Tokyo Sydney" as two places, unless it is one."""
    words = said.split()[:6]
    if len(words) > 1 and places.find(said, locale) is None:
        for cut in range(1, len(words)):
            first, second = " ".join(words[:cut]), " ".join(words[cut:])
            if places.find(first, locale) and places.find(second, locale):
                return first, second
    return said, ""


def _two(said: str) -> tuple[str, str]:
    """Two places in the answer to a question: "London and New York"."""
    first, second = asked.places(said)
    if first:
        return first, second
    first, _, second = said.partition(" and ")
    return first.strip(), second.strip()


def _apart(now: datetime, first: Place, second: Place | None, timezone: str) -> Reply:
    ahead = _offset(now, first.zone) - _offset(now, second.zone if second else timezone)
    name, other = first.name, second.name if second else "you"
    hedge = _hedge(now, *[place for place in (first, second) if place])
    if ahead == ZERO:
        same = f"{name} and {other} have the same time" if second else f"{name} has the same time as you"
        return Reply(text=f"{_capital(same)} right now.{hedge}")
    direction = "ahead of" if ahead > ZERO else "behind"
    apart = wording.offset(abs(int(ahead.total_seconds())) // 60)
    return Reply(text=f"{_capital(name)} is {apart} {direction} {other} right now.{hedge}")


def _hedge(now: datetime, *compared: Place) -> str:
    """Says whose time was taken for a region that has several."""
    several = [place for place in compared if _has_several(place, now)]
    return "".join(
        f" For {place.name} I took the time in {place.city}; it has several time zones." for place in several
    )


def _offset(now: datetime, zone: str) -> timedelta:
    return now.astimezone(ZoneInfo(zone)).utcoffset() or ZERO


def _place(turn: TurnContext) -> tuple[str, Place | None]:
    """The place named, and what it is; ("", None) where none is named."""
    name = turns.said(turn, "place")
    if name:
        return name, places.find(name, turn.locale)
    perhaps = asked.perhaps_place(turn.text)
    found = places.find(perhaps, turn.locale) if perhaps else None
    return (perhaps, found) if found else ("", None)


def _unknown(name: str) -> Reply:
    return Reply(text=f"I don't know a place called {turns.quoted(name)}. Try a larger city nearby, or its country.")


def _where(place: Place, there: datetime) -> str:
    """The start of the sentence: where it is, and for a region with several time zones, in which of its cities."""
    if _has_several(place, there):
        return f"{_capital(place.name)} has several time zones. In {place.city}"
    return f"In {place.name}"


def _has_several(place: Place, now: datetime) -> bool:
    return len({_offset(now, zone) for zone in place.zones}) > 1


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
