"""Telling which reminders there are: all, for a day, or for a week or month."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from shared.turn import Reply
from skills.reminders import wording
from skills.reminders.desk import TOLD, Desk
from skills.reminders.kept import Reminder
from skills.reminders.moments import moment_of


def listed(desk: Desk) -> Reply:
    """The reminders that were asked for, in order."""
    period, said = desk.turn.slots.get("period"), moment_of(desk.turn)
    if period in ("week", "next_week", "month", "weekend"):
        return _of_days(desk, str(period), *_days(desk, str(period)))
    if said is not None and said.said != "time":
        return _of_day(desk, said.at.date())
    return _all(desk)


def _days(desk: Desk, period: str) -> tuple[date, date]:
    """The first day that counts and the last."""
    today = desk.here.date()
    sunday = today + timedelta(6 - today.weekday())
    if period == "week":
        return today, sunday
    if period == "next_week":
        return sunday + timedelta(1), sunday + timedelta(7)
    if period == "weekend":
        return max(today, sunday - timedelta(1)), sunday
    following = (today.replace(day=1) + timedelta(32)).replace(day=1)
    return today, following - timedelta(1)


def _on(desk: Desk, day: date) -> list[Reminder]:
    """Those of a day, by the hour."""
    found = [one for one in desk.reminders.reminders if one.falls_on(day)]
    return sorted(found, key=lambda one: one.repeat.time if one.repeat else _hour(desk, one))


def _hour(desk: Desk, reminder: Reminder) -> time:
    return datetime.fromtimestamp(reminder.at, desk.zone).time()


def _of_day(desk: Desk, day: date) -> Reply:
    turn, found = desk.turn, _on(desk, day)
    if not found:
        return desk.answer(turn.say("none_on", day=wording.day(turn, day)))
    items = [wording.item_of_day(turn, one) for one in found[:TOLD]]
    return desk.answer(
        turn.say("on_day", day=wording.day(turn, day), items=wording.joined(turn, items)) + _more(desk, found)
    )


def _of_days(desk: Desk, period: str, first: date, last: date) -> Reply:
    turn = desk.turn
    days = [first + timedelta(step) for step in range((last - first).days + 1)]
    found = [one for one in desk.reminders.in_order() if any(one.falls_on(day) for day in days)]
    if not found:
        return desk.answer(turn.say("none_on", day=turn.say(f"period_{period}")))
    items = wording.joined(turn, [wording.item(turn, one) for one in found[:TOLD]])
    return desk.answer(turn.say("on_day", day=turn.say(f"period_{period}"), items=items) + _more(desk, found))


def _all(desk: Desk) -> Reply:
    turn, found = desk.turn, desk.reminders.in_order()
    if not found:
        return desk.answer("" if desk.due else turn.say("none"))
    items = wording.joined(turn, [wording.item(turn, one) for one in found[:TOLD]])
    key, state = ("one", {"last": found[0].id}) if len(found) == 1 else ("all", {})
    return desk.answer(
        turn.say(key, count=len(found), items=items if key == "one" else wording.sentence(items)) + _more(desk, found),
        state=state,
    )


def _more(desk: Desk, found: Sequence[Reminder]) -> str:
    rest = len(found) - TOLD
    return f" {desk.turn.say('more', count=rest)}" if rest > 0 else ""
