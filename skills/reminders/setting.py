"""Noting a reminder: what, when, and how often."""

from datetime import datetime

from msgspec.structs import replace

from shared.locales import language_of
from shared.turn import CORRECTION, Reply
from skills.reminders import wording
from skills.reminders.desk import Desk
from skills.reminders.kept import Every, Reminder
from skills.reminders.moments import Said, every_of, moment_of, repeat_from, with_hour
from skills.reminders.words import task_in, task_of_command

MOST = 100  # reminders
LONGEST = 300  # characters of a task


def noted(desk: Desk) -> Reply:
    """Notes it, or asks for what is missing or cannot be."""
    turn, said = desk.turn, moment_of(desk.turn)
    kind = every_of(turn, said)
    task = _task(desk, "moment", "repeat") if kind is not None else _task(desk, "moment")
    if not task:
        return desk.ask(turn.say("what"), turn.say("what"), "task")
    if len(task) > LONGEST:
        return desk.answer(turn.say("too_long", count=LONGEST))
    if kind == "other":
        return desk.answer(turn.say("other_repeat"))
    if said is None:
        return desk.ask(turn.say("for_when"), turn.say("for_when"), "moment")
    wrong = _not_ahead(desk, said) if kind is None else None
    return wrong or _kept(desk, task, said, kind)


def _task(desk: Desk, *without: str) -> str:
    """What is to be done, without the words that say when."""
    turn, slot = desk.turn, desk.turn.slot("task")
    others = [other.text for name in without if (other := turn.slot(name)) is not None]
    language = language_of(turn.locale)
    task = task_in(slot.text, language, *others) if slot is not None else ""
    return task or (task_of_command(turn.text, language, *others) if turn.understanding.source == "model" else "")


def _not_ahead(desk: Desk, said: Said) -> Reply | None:
    """Asks for another moment where this one is over; for the hour where it is today and none was said."""
    turn, at = desk.turn, with_hour(said, desk.zone, desk.now)
    if at.timestamp() > desk.now:
        return None
    if said.said == "date" and said.at.date() == desk.here.date():
        return desk.ask(turn.say("which_hour"), turn.say("for_when"), "moment")
    over = turn.say("past", when=wording.sentence(wording.when(turn, at.timestamp())))
    return desk.ask(over, turn.say("for_when"), "moment")


def _kept(desk: Desk, task: str, said: Said, kind: Every | None) -> Reply:
    turn, reminders = desk.turn, desk.reminders
    replaced = _corrected(desk)
    if replaced is None and len(reminders.reminders) >= MOST:
        return desk.answer(turn.say("too_many", count=MOST))
    made = _made(desk, replaced.id if replaced else reminders.next, task, said, kind)
    same = (one for one in reminders.reminders if (one.task.casefold(), one.at) == (task.casefold(), made.at))
    if (there := next(same, None)) is not None and replaced is None and there.repeat == made.repeat:
        text = turn.say("already", when=wording.timing(turn, there), task=wording.cut(there.task))
        return desk.answer(text, state={"last": there.id})
    return desk.answer(_said(desk, made, replaced), reminders.put(made), state={"last": made.id})


def _corrected(desk: Desk) -> Reminder | None:
    """The reminder that a correction is about."""
    last = desk.turn.state.get("last")
    if desk.turn.understanding.source != CORRECTION:
        return None
    return next((one for one in desk.reminders.reminders if one.id == last), None)


def _made(desk: Desk, id_: int, task: str, said: Said, kind: Every | None) -> Reminder:
    timezone = desk.turn.timezone
    if kind is None:
        return Reminder(id_, task, with_hour(said, desk.zone, desk.now).timestamp(), timezone)
    repeat = repeat_from(kind, said, desk.here.date())
    return Reminder(id_, task, repeat.after(desk.now, desk.zone), timezone, repeat)


def _said(desk: Desk, made: Reminder, replaced: Reminder | None) -> str:
    turn, task = desk.turn, wording.cut(made.task, 200)
    if replaced is not None:
        return turn.say("changed", when=wording.timing(turn, made), task=task)
    if made.repeat is None:
        return turn.say("noted", when=wording.when(turn, made.at), task=task)
    return turn.say(
        "noted_repeat", every=wording.every(turn, made.repeat), task=task, first=wording.when(turn, made.at)
    )


def rescheduled(reminder: Reminder, at: datetime, now: float, with_day: bool) -> Reminder:
    """A reminder at another moment; what repeats goes on at that hour, from that day on if one was said."""
    if reminder.repeat is None:
        return replace(reminder, at=at.timestamp())
    local = at.astimezone(reminder.zone)
    hour = local.time().replace(second=0, microsecond=0)
    repeat = replace(reminder.repeat, time=hour, first=local.date() if with_day else reminder.repeat.first)
    return replace(reminder, repeat=repeat, at=repeat.after(now, reminder.zone))
