"""How long it is until a day or an hour, or since, in the unit that was asked for."""

import calendar
from datetime import date, datetime, time

from shared.skill import TurnContext
from shared.turn import Reply
from skills.clock import turns, wording
from skills.clock.calendars import unknown_day
from skills.clock.turns import Day

MANY_DAYS = 90  # from here on a span is also told in years and months


def until(turn: TurnContext) -> Reply:
    """How long it is until, or since, a day or an hour."""
    found, now = turns.day(turn, "moment"), turns.now(turn)
    if found is None:
        return unknown_day(turn, "moment")
    return Reply(text=_until_hour(turn, found, now) if found.has_hour else _until_day(turn, found, now))


def _unit(turn: TurnContext) -> str:
    """The unit asked for; empty where none was."""
    return str(turn.slots.get("unit", ""))


def _until_hour(turn: TurnContext, found: Day, now: datetime) -> str:
    minutes = _minutes(now, found.at)
    past = "past" if minutes < 0 else ""
    span, hour = _told(turn, abs(minutes)), _hour(turn, found.at)
    return turns.say(turn, "until.hour", past, span=span, hour=hour, day=_on(turn, found.at, now.date()))


def _minutes(now: datetime, at: datetime) -> int:
    """Minutes from `now` on; started ones count."""
    return -int((now.timestamp() - at.timestamp()) // 60)


def _hour(turn: TurnContext, at: datetime) -> str:
    named = {(0, 0): "midnight", (12, 0): "noon"}.get((at.hour, at.minute), "")
    one = "one" if wording.is_one(at, turn.locale) else ""
    return turns.part(turn, "hour", named, one, time=wording.hour(at, turn.locale))


def _on(turn: TurnContext, at: datetime, today: date) -> str:
    """The day of an hour, where it is not today; midnight belongs to no day in particular."""
    days = (at.date() - today).days
    if days == 0 or (days == 1 and at.time() == time(0)):
        return ""
    return turns.part(turn, "until.on", {1: "tomorrow", -1: "yesterday"}.get(days, ""), date=_full(turn, at, today))


def _full(turn: TurnContext, at: date, today: date) -> str:
    return wording.day(at, turn.locale, today)


def _until_day(turn: TurnContext, found: Day, now: datetime) -> str:
    today, at = now.date(), found.at.date()
    distance = (at - today).days
    full, feast = _full(turn, at, today), turns.feast(turn, found, "moment")
    name = feast or turns.part(turn, "day", date=full)
    past = "past" if distance < 0 else ""
    on = turns.part(turn, "until.at", past, date=full) if feast else ""
    if distance == 0:
        return turns.say(turn, "until.today", name=name)
    if distance < 0:
        return turns.say(turn, "until.ago", name=name, span=_span(turn, at, today), at=on)
    if _unit(turn) in ("hour", "minute"):
        start = datetime.combine(at, time(), now.tzinfo)
        return turns.say(turn, "until.starts", name=name, span=_told(turn, _minutes(now, start)))
    if distance == 1 and _unit(turn) in ("", "day", "night"):
        return turns.say(turn, "until.tomorrow", name=name, at=on)
    return turns.say(turn, "until.in", name=name, span=_span(turn, today, at), at=on)


def _told(turn: TurnContext, minutes: int) -> str:
    """Minutes or hours where they were asked for; else days, hours and minutes."""
    unit = _unit(turn)
    if unit == "minute":
        return wording.count(minutes, "minute", turn.locale)
    if unit == "hour" or minutes < 48 * 60:
        return wording.span(minutes, turn.locale)
    parts = [(minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute")]
    return wording.counts(parts, turn.locale)


def _span(turn: TurnContext, first: date, last: date) -> str:
    """From `first` to `last` in the unit that was asked for, else in days, with years and months where that helps."""
    total, unit = (last - first).days, _unit(turn)
    if unit == "week":
        return wording.counts([(total // 7, "week"), (total % 7, "day")], turn.locale)
    parts = _years_months_days(first, last)
    if unit in ("month", "year"):
        return wording.counts(parts, turn.locale)
    if unit == "night":
        return turns.part(turn, "nights", "one" if total == 1 else "", count=total)
    told = wording.count(total, "day", turn.locale)
    return told if unit == "day" or total < MANY_DAYS else f"{wording.counts(parts, turn.locale)} ({told})"


def _years_months_days(first: date, last: date) -> list[tuple[int, str]]:
    months = (last.year - first.year) * 12 + last.month - first.month
    if _months_later(first, months) > last:
        months -= 1
    return [(months // 12, "year"), (months % 12, "month"), ((last - _months_later(first, months)).days, "day")]


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
