"""The clock: time and date anywhere, how long it is until a day or an hour, and what the calendar says."""

import asyncio
from collections.abc import Callable

from shared.skill import Skill, TurnContext
from shared.turn import Reply, SlotValue
from skills.clock import asked, calendars, clocks

Answer = Callable[[TurnContext], Reply]


class Clock(Skill):
    """Answers `clock.*`."""

    async def handle(self, turn: TurnContext) -> Reply:
        """The answer. Worked out beside the event loop: the first question about a place reads sixteen megabytes of cities."""
        return await asyncio.to_thread(_ANSWERS.get(turn.intent, clocks.time_), turn)

    def slots(self, intent: str, text: str, locale: str) -> dict[str, SlotValue]:
        """Places and days as they were said."""
        found = _FINDERS.get(intent, _nothing)(text)
        return {name: SlotValue(value, value) for name, value in found.items() if value}


def _nothing(text: str) -> dict[str, str]:
    return {}


_ANSWERS: dict[str, Answer] = {
    "clock.time": clocks.time_,
    "clock.date": clocks.date_,
    "clock.difference": clocks.difference,
    "clock.when": calendars.when,
    "clock.until": calendars.until,
    "clock.week": calendars.week,
    "clock.leap_year": calendars.leap_year,
}
_FINDERS: dict[str, Callable[[str], dict[str, str]]] = {
    "clock.time": lambda text: {"place": asked.place(text)},
    "clock.date": lambda text: {"place": asked.place(text)},
    "clock.difference": lambda text: dict(zip(("place", "other"), asked.places(text), strict=True)),
    "clock.when": lambda text: {"date": asked.date(text)},
    "clock.until": lambda text: {"moment": asked.moment(text)},
    "clock.week": lambda text: {"date": asked.week_of(text)},
    "clock.leap_year": lambda text: {"year": asked.year(text)},
}
