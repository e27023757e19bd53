"""Cancelling reminders, and moving them to another moment."""

from collections.abc import Sequence
from datetime import datetime

from shared.skill import TurnContext
from shared.turn import CORRECTION, Reply
from skills.reminders import wording
from skills.reminders.choosing import Asked, asked, chosen, is_at
from skills.reminders.desk import Desk
from skills.reminders.kept import Reminder
from skills.reminders.moments import Said, moment_of, moved
from skills.reminders.setting import rescheduled
from skills.reminders.words import means_earlier


def cancel(desk: Desk) -> Reply:
    """Cancels what is meant; several only once that was agreed to."""
    turn = desk.turn
    if isinstance(agreed := turn.slots.get("agreed"), bool) and "all" in turn.state:
        return _all_cancelled(desk) if agreed else desk.answer(turn.say("kept"))
    meant = asked(turn, moment_of(turn))
    found = chosen(meant, desk.reminders.in_order(), turn.timezone)
    if meant.all and len(found) > 1:
        state = {"all": [one.id for one in found]}
        text, again = turn.say("sure", count=len(found)), turn.say("sure_again")
        return desk.ask(text, again, "agreed", state=state)
    if len(found) != 1:
        return desk.which(found) if found else _no_such(desk, meant)
    text = turn.say("cancelled", when=wording.timing(turn, found[0]), task=wording.cut(found[0].task))
    return desk.answer(text, desk.reminders.without(found))


def _all_cancelled(desk: Desk) -> Reply:
    ids = desk.turn.state.get("all")
    gone = [one for one in desk.reminders.reminders if isinstance(ids, list) and one.id in ids]
    return desk.answer(desk.turn.say("cancelled_all", count=len(gone)), desk.reminders.without(gone))


def _no_such(desk: Desk, meant: Asked) -> Reply:
    """Says that there is no such reminder, and which there are."""
    turn, there = desk.turn, desk.reminders.in_order()
    if not there:
        return desk.answer("" if desk.due else turn.say("none"))
    said = turn.say("none_about", task=wording.cut(meant.task)) if meant.task else turn.say("none_such")
    items = wording.joined(turn, [wording.item(turn, one) for one in there[:3]])
    one = len(there) == 1
    listed = turn.say("one" if one else "all", count=len(there), items=items if one else wording.sentence(items))
    return desk.answer(f"{said} {listed}")


def change(desk: Desk) -> Reply:
    """Moves the one that is meant."""
    turn, order = desk.turn, desk.reminders.in_order()
    earlier, to, by = _moments(turn, order)
    meant = asked(turn, earlier)
    if turn.understanding.source == CORRECTION:
        meant = Asked(last=meant.last)
    found = chosen(meant, order, turn.timezone)
    if len(found) != 1:
        return desk.which(found) if found else _no_such(desk, meant)
    one = found[0]
    if to is None and by is None:
        text = turn.say("to_when", when=wording.timing(turn, one), task=wording.cut(one.task))
        return desk.ask(text, turn.say("for_when"), "moment", state={"last": one.id})
    return _moved(desk, one, to, by)


def _moments(turn: TurnContext, order: Sequence[Reminder]) -> tuple[Said | None, Said | None, float | None]:
    """When it was, when it shall be, and by how much it shall move: "the nine o'clock one to ten", "by an hour"."""
    to, earlier, by = moment_of(turn), moment_of(turn, "earlier"), turn.slot("by")
    seconds = by.value.get("seconds") if by is not None and isinstance(by.value, dict) else None
    seconds = -seconds if seconds is not None and means_earlier(turn.text) else seconds
    if by is not None and seconds is not None and to is not None and by.text in to.text:
        to = None  # "une heure" is an hour here, not one o'clock
    if earlier is None or to is None:
        return earlier, to, seconds if to is None else None
    was, is_now = (any(is_at(one, each, turn.timezone) for one in order) for each in (earlier, to))
    text = turn.text.casefold()
    swapped = is_now and (not was or text.find(to.text.casefold()) < text.find(earlier.text.casefold()))
    return (to, earlier, None) if swapped else (earlier, to, None)


def _moved(desk: Desk, one: Reminder, to: Said | None, by: float | None) -> Reply:
    turn = desk.turn
    before = datetime.fromtimestamp(one.at, desk.zone)
    later = datetime.fromtimestamp(before.timestamp() + (by or 0.0), desk.zone)
    at = later if to is None else moved(to, before, desk.now)
    changed = rescheduled(one, at, desk.now, with_day=to is not None and to.said != "time")
    if changed.at <= desk.now:
        over = turn.say("past", when=wording.sentence(wording.when(turn, changed.at)))
        return desk.ask(over, turn.say("for_when"), "moment", state={"last": one.id})
    text = turn.say("changed", when=wording.timing(turn, changed), task=wording.cut(one.task))
    return desk.answer(text, desk.reminders.put(changed), state={"last": one.id})
