"""The clock: time and date anywhere, how long it is until a day or an hour, and what the calendar says."""

import asyncio
from collections.abc import Callable

from shared.skill import Skill, TurnContext, intent
from shared.turn import Reply, SlotValue
from skills.clock import asked, calendars, clocks


class Clock(Skill):
    """Answers `clock.*`. Worked out beside the event loop: the first question about a place reads sixteen megabytes of cities."""

    @intent("clock.time")
    async def time(self, turn: TurnContext) -> Reply:
        """The time here or in a place."""
        return await asyncio.to_thread(clocks.time_, turn)

    @intent("clock.date")
    async def date(self, turn: TurnContext) -> Reply:
        """Today's date, here or in a place."""
        return await asyncio.to_thread(clocks.date_, turn)

    @intent("clock.difference")
    async def difference(self, turn: TurnContext) -> Reply:
        """How far two places are apart on the clock."""
        return await asyncio.to_thread(clocks.difference, turn)

    @intent("clock.when")
    async def when(self, turn: TurnContext) -> Reply:
        """On which date or weekday a day falls."""
        return await asyncio.to_thread(calendars.when, turn)

    @intent("clock.until")
    async def until(self, turn: TurnContext) -> Reply:
        """How long it is until a day or an hour, or since."""
        return await asyncio.to_thread(calendars.until, turn)

    @intent("clock.week")
    async def week(self, turn: TurnContext) -> Reply:
        """The number of the week."""
        return await asyncio.to_thread(calendars.week, turn)

    @intent("clock.leap_year")
    async def leap_year(self, turn: TurnContext) -> Reply:
        """Whether a year is a leap year."""
        return await asyncio.to_thread(calendars.leap_year, turn)

    def slots(self, intent: str, text: str, locale: str) -> dict[str, SlotValue]:
        """Places and days as they were said."""
        found = _FINDERS.get(intent, _nothing)(text)
        return {name: SlotValue(value, value) for name, value in found.items() if value}


def _nothing(text: str) -> dict[str, str]:
    return {}


_FINDERS: dict[str, Callable[[str], dict[str, str]]] = {
    "clock.time": lambda text: {"place": asked.place(text)},
    "clock.date": lambda text: {"place": asked.place(text)},
    "clock.difference": lambda text: dict(zip(("place", "other"), asked.places(text), strict=True)),
    "clock.when": lambda text: {"date": asked.date(text)},
    "clock.until": lambda text: {"moment": asked.moment(text)},
    "clock.week": lambda text: {"date": asked.week_of(text)},
    "clock.leap_year": lambda text: {"year": asked.year(text)},
}
