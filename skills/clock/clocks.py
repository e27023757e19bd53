"""Answers about clocks: the time, today's date, and how far two places are apart."""

from datetime import datetime, timedelta, tzinfo

from shared.skill import TurnContext
from shared.turn import Reply
from skills.clock import turns, wording
from skills.clock.turns import Place

ZERO = timedelta(0)


def time_(turn: TurnContext) -> Reply:
    """The time here or in a place."""
    here, place = turns.now(turn), turns.place(turn, "place")
    if place is None:
        return _unknown(turn, "place") or Reply(text=_time(turn, "time", here))
    there = here.astimezone(place.zone)
    day = "" if there.date() == here.date() else turn.say("weekday", weekday=wording.weekday(there, turn.locale))
    key = "time.clock" if place.kind == "clock" else "time.there"
    text = _time(turn, key, there, where=_where(turn, place, there), place=place.name, day=day)
    return Reply(text=_several(turn, place, there) + text)


def _time(turn: TurnContext, key: str, at: datetime, **values: str) -> str:
    one = "one" if wording.is_one(at, turn.locale) else ""
    return turns.say(turn, key, one, time=wording.hour(at, turn.locale), **values)


def date_(turn: TurnContext) -> Reply:
    """Today's date, here or in a place."""
    here, place = turns.now(turn), turns.place(turn, "place")
    if place is None:
        return _unknown(turn, "place") or Reply(text=turn.say("date", date=wording.day(here, turn.locale)))
    there = here.astimezone(place.zone)
    text = turns.say(turn, "date.there", where=_where(turn, place, there), date=wording.day(there, turn.locale))
    return Reply(text=_several(turn, place, there) + text)


def difference(turn: TurnContext) -> Reply:
    """How far two places are apart on the clock now; with one place, how far it is from here."""
    first, second = turns.place(turn, "place"), turns.place(turn, "other")
    unknown = _unknown(turn, "place") or _unknown(turn, "other")
    if first is None or unknown:
        return unknown or Reply(text=turn.say("unknown.place", place="…"))
    now = turns.now(turn)
    ahead = _offset(now, first.zone) - _offset(now, second.zone if second else now.tzinfo)
    way = "same" if ahead == ZERO else "ahead" if ahead > ZERO else "behind"
    text = turns.say(
        turn, f"apart.{way}", "" if second else "you",
        place=first.name, other=second.name if second else "", hours=_hours(turn, ahead),
    )  # fmt: skip
    several = [place for place in (first, second) if place and _has_several(place, now)]
    hedges = (turn.say("apart.several", place=place.name, city=place.seat) for place in several)
    return Reply(text=" ".join((text, *hedges)))


def _hours(turn: TurnContext, apart: timedelta) -> str:
    """ "5 hours", "5 and a half hours", "45 minutes"."""
    minutes = abs(int(apart.total_seconds())) // 60
    hours, rest = divmod(minutes, 60)
    if rest == 30 and hours and "hours.half" in turn.answers:
        return turn.say("hours.half", hours=hours)
    return wording.span(minutes, turn.locale)


def _unknown(turn: TurnContext, slot: str) -> Reply | None:
    """The answer where a place was said that is not known."""
    name = turns.said(turn, slot)
    if not name or turns.place(turn, slot):
        return None
    return Reply(text=turn.say("unknown.place", place=turns.quoted(name)))


def _where(turn: TurnContext, place: Place, there: datetime) -> str:
    """ "In Paris" as the beginning of a sentence; a name with an article needs another one in most languages."""
    if _has_several(place, there):
        return turns.say(turn, "where", "city", place=place.seat)
    kind = "city" if place.kind == "city" else "region" if place.name[:1].islower() else "country"
    return turns.say(turn, "where", kind, place=place.name)


def _several(turn: TurnContext, place: Place, there: datetime) -> str:
    """Says that a region has several time zones, where it has."""
    return turns.say(turn, "several", place=place.name) + " " if _has_several(place, there) else ""


def _has_several(place: Place, now: datetime) -> bool:
    return len({_offset(now, zone) for zone in place.zones}) > 1


def _offset(now: datetime, zone: tzinfo | None) -> timedelta:
    return now.astimezone(zone).utcoffset() or ZERO
