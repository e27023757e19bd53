"""Which reminder is meant: by what is to be done, by when, by its place in the list, or the one just talked about."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from shared.locales import language_of
from shared.skill import TurnContext
from skills.reminders.kept import Reminder, zone_of
from skills.reminders.moments import Said
from skills.reminders.words import fitting, means_all, task_in, task_of_command, tells_apart


class Asked(Struct, frozen=True):
    """What was said about which reminder. `place` counts from 1 in `listed` (ids), -1 is the last.

    `perhaps` is what may be its task, where nothing was heard for one: it counts if it fits.
    """

    task: str = ""
    perhaps: str = ""
    moment: Said | None = None
    place: int | None = None
    all: bool = False
    listed: tuple[int, ...] = ()
    last: int | None = None


def asked(turn: TurnContext, moment: Said | None) -> Asked:
    """What the slots of a turn say."""
    scope = turn.slot("scope")
    place, listed, last = turn.slots.get("place"), turn.state.get("asked"), turn.state.get("last")
    task = _task(turn, "moment", "earlier", "place", "scope", "by")
    counts = isinstance(place, int) and place and not task  # "the first aid course" is not the first one
    task = task if counts or not place else _task(turn, "moment", "earlier", "scope", "by")
    return Asked(
        task,
        "" if task or turn.slot("task") else _perhaps(turn),
        moment,
        place if counts else None,
        scope is not None and scope.value == "all" and means_all(scope.text),
        tuple(one for one in listed if isinstance(one, int)) if isinstance(listed, list) else (),
        last if isinstance(last, int) else None,
    )


def _task(turn: TurnContext, *without: str) -> str:
    """What was said about what is to be done; "" where that tells nothing apart ("it", "the reminder")."""
    slot = turn.slot("task")
    if slot is None:
        return ""
    if turn.slots.get("scope") == "all" and slot.text.strip() == turn.text.strip():
        return ""  # "delete all of them" where one was asked for
    others = [turn.slot(name) for name in without]
    said = task_in(slot.text, language_of(turn.locale), *(other.text for other in others if other is not None))
    return said if tells_apart(said) else ""


def _perhaps(turn: TurnContext) -> str:
    """What stands behind "reminder" in the whole command."""
    slots = [turn.slot(name) for name in ("moment", "earlier", "scope", "by")]
    said = task_of_command(turn.text, language_of(turn.locale), *(slot.text for slot in slots if slot is not None))
    return said if tells_apart(said) else ""


def chosen(meant: Asked, reminders: Sequence[Reminder], timezone: str) -> list[Reminder]:
    """Those that fit, in the order they are due; all where nothing tells them apart."""
    if meant.place is not None:
        return _at(meant.place, meant.listed, reminders)
    found = list(reminders)
    if meant.task or meant.perhaps:
        places = fitting(meant.task or meant.perhaps, [one.task for one in found])
        found = [found[place] for place in places] if meant.task or places else found
    if meant.moment is not None:
        found = [one for one in found if is_at(one, meant.moment, timezone)]
    if meant.all or len(found) < len(reminders) or meant.task or meant.moment is not None:
        return found
    return [one for one in found if one.id == meant.last] or found


def _at(place: int, listed: Sequence[int], reminders: Sequence[Reminder]) -> list[Reminder]:
    by_id = {one.id: one for one in reminders}
    order = [by_id[one] for one in listed if one in by_id] or list(reminders)
    index = place - 1 if place > 0 else len(order) - 1
    return order[index : index + 1]


def is_at(reminder: Reminder, moment: Said, timezone: str) -> bool:
    """Whether a reminder is due on the day, at the hour, or at both, that was said."""
    zone = zone_of(timezone) if reminder.repeat is None else reminder.zone
    local = datetime.fromtimestamp(reminder.at, zone)
    hour = reminder.repeat.time if reminder.repeat is not None else local.time()
    same_hour = (hour.hour, hour.minute) == (moment.at.hour, moment.at.minute)
    same_half = (hour.hour % 12, hour.minute) == (moment.at.hour % 12, moment.at.minute)
    if moment.said == "time":
        return same_half  # whoever says "the nine o'clock one" does not say which half of the day
    return reminder.falls_on(moment.at.date()) and (moment.said == "date" or same_hour)
