"""Answers from the calendar: on which date or weekday a day falls, and in which week."""

from datetime import date, timedelta

from shared.skill import TurnContext
from shared.turn import Reply
from skills.clock import turns, wording
from skills.clock.turns import Day


def when(turn: TurnContext) -> Reply:
    """On which date or weekday a day falls; with a yes or no first where a weekday was asked for."""
    found = turns.day(turn, "date")
    if found is None:
        return unknown_day(turn, "date")
    return Reply(text=_yes_or_no(turn, found.at.date()) + _falls(turn, found, turns.now(turn).date()))


def _falls(turn: TurnContext, found: Day, today: date) -> str:
    at = found.at.date()
    past = "past" if at < today else ""
    full = wording.day(at, turn.locale, today)
    if name := turns.feast(turn, found, "date"):
        return turns.say(turn, "when.feast", "today" if at == today else past, name=name, date=full)
    if wording.names_date(turns.said(turn, "date"), turn.locale):
        plain = wording.day_without_weekday(at, turn.locale, today)
        return turns.say(turn, "when.date", past, date=plain, weekday=wording.weekday(at, turn.locale))
    other = ""
    if found.other:
        other = " " + turn.say("when.other", date=wording.day_without_weekday(found.other, turn.locale, today))
    return turns.say(turn, "when.day", past, date=full) + other


def _yes_or_no(turn: TurnContext, at: date) -> str:
    """ "Yes. " where the sentence asks for the weekday that it is."""
    rest = turn.text.casefold().replace(turns.said(turn, "date").casefold(), " ", 1)
    is_so = at.weekday() > 4 if turn.slot("weekend") else wording.names_weekday(rest, at, turn.locale)
    return "" if is_so is None else turn.say("yes" if is_so else "no") + " "


def week(turn: TurnContext) -> Reply:
    """The number of a week after ISO 8601, and from when to when it goes."""
    today = turns.now(turn).date()
    said = (
        None if "week" in turn.slots else turns.day(turn, "date")
    )  # "next week" is a day as well, and the list knows better
    if said is None and "week" not in turn.slots and turns.said(turn, "date"):
        return unknown_day(turn, "date")
    ahead = {"next": 7, "last": -7}.get(str(turn.slots.get("week")), 0)
    at = said.at.date() if said else today + timedelta(ahead)
    monday = at - timedelta(at.weekday())
    first, last = (wording.day(day, turn.locale, today) for day in (monday, monday + timedelta(6)))
    number, plain = at.isocalendar().week, wording.day_without_weekday(at, turn.locale, today)
    which = "this" if at == today else "of" if said else ("next" if ahead > 0 else "last")
    return Reply(text=turns.say(turn, f"week.{which}", week=number, first=first, last=last, date=plain))


def unknown_day(turn: TurnContext, slot: str) -> Reply:
    """The answer where what was said is no day."""
    return Reply(text=turn.say("unknown.day", day=turns.quoted(turns.said(turn, slot))))
