"""What the answers need from a turn: the person's own now, the places and days they said, and wordings in their language."""

from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from shared.skill import TurnContext
from skills.clock import wording

SHOWN = 60  # characters of the person's words in an answer


class Place(Struct, frozen=True):
    """A place: what it is called, what it is ("city", "country", "part" of one, "clock"), and its time zone.

    `zones` are all that it has where there are several; `seat` is then the city that goes by `zone`.
    """

    name: str
    kind: str
    zone: ZoneInfo
    zones: tuple[ZoneInfo, ...] = ()
    seat: str = ""


class Day(Struct, frozen=True):
    """A moment that was said: only its day where `has_hour` is False. `feast` names it, and it may be the day `other` as well."""

    at: datetime
    has_hour: bool
    has_day: bool
    feast: str = ""
    other: date | None = None


def now(turn: TurnContext) -> datetime:
    """The person's own date and time."""
    return datetime.fromtimestamp(turn.clock.now(), ZoneInfo(turn.timezone))


def said(turn: TurnContext, slot: str) -> str:
    """What was said for a slot; empty where nothing was."""
    value = turn.slot(slot)
    return value.text.strip() if value else ""


def quoted(text: str) -> str:
    """The person's words, cut where they are long."""
    text = " ".join(text.split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1].rstrip() + "…"


def place(turn: TurnContext, slot: str) -> Place | None:
    """The place of a slot; None where none was said, or none that is known."""
    value = turn.slots.get(slot)
    if not isinstance(value, dict):
        return None
    try:
        zones = tuple(ZoneInfo(zone) for zone in value.get("zones", ()))
        seat = wording.city(value.get("seat", ""), value["timezone"], turn.locale)
        return Place(
            str(value.get("label", value["name"])), value.get("kind", "city"), ZoneInfo(value["timezone"]), zones, seat
        )
    except (KeyError, ValueError, TypeError, ZoneInfoNotFoundError):  # a value that a platform made
        return None


def day(turn: TurnContext, slot: str) -> Day | None:
    """The moment of a slot, in the person's time zone; None where none was said, or none that can be read."""
    value = turn.slots.get(slot)
    try:
        if isinstance(value, str):  # a platform's own
            return Day(_here(datetime.fromisoformat(value), turn), "T" in value, True)
        if not isinstance(value, dict):
            return None
        other = value.get("or")
        kind = value.get("said", "datetime")
        return Day(
            _here(datetime.fromisoformat(value["at"]), turn), kind != "date", kind != "time", value.get("feast", ""),
            date.fromisoformat(other) if other else None,
        )  # fmt: skip
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def _here(at: datetime, turn: TurnContext) -> datetime:
    zone = ZoneInfo(turn.timezone)
    return at.astimezone(zone) if at.tzinfo else at.replace(tzinfo=zone)


def feast(turn: TurnContext, found: Day, slot: str) -> str:
    """What a feast is called; empty for other days."""
    if not found.feast:
        return ""
    key = f"feast.{found.feast}"
    return turn.say(key) if key in turn.answers else said(turn, slot)


def say(turn: TurnContext, key: str, *variants: str, **values: object) -> str:
    """A wording, as `key.variant` where a language has it: of several variants the first that it has. Begins with a capital."""
    chosen = next((name for v in variants if v and (name := f"{key}.{v}") in turn.answers), key)
    text = capital(turn.say(chosen, **values))
    return text[:-1] if text.endswith("..") else text  # after "p.m."


def part(turn: TurnContext, key: str, *variants: str, **values: object) -> str:
    """As `say`, for a piece of a sentence."""
    chosen = next((name for v in variants if v and (name := f"{key}.{v}") in turn.answers), key)
    return turn.say(chosen, **values)


def capital(text: str) -> str:
    """`text` with a capital first."""
    return text[:1].upper() + text[1:]
