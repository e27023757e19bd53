"""The clock: time and date anywhere, how long it is until a day or an hour, and what the calendar says."""

from shared.skill import Skill, TurnContext, intent
from shared.turn import Reply
from skills.clock import calendars, clocks, spans, years


class Clock(Skill):
    """Answers `clock.*`."""

    @intent("clock.time")
    async def time(self, turn: TurnContext) -> Reply:
        """The time here or in a place."""
        return clocks.time_(turn)

    @intent("clock.date")
    async def date(self, turn: TurnContext) -> Reply:
        """Today's date, here or in a place."""
        return clocks.date_(turn)

    @intent("clock.difference")
    async def difference(self, turn: TurnContext) -> Reply:
        """How far two places are apart on the clock."""
        return clocks.difference(turn)

    @intent("clock.when")
    async def when(self, turn: TurnContext) -> Reply:
        """On which date or weekday a day falls."""
        return calendars.when(turn)

    @intent("clock.until")
    async def until(self, turn: TurnContext) -> Reply:
        """How long it is until a day or an hour, or since."""
        return spans.until(turn)

    @intent("clock.week")
    async def week(self, turn: TurnContext) -> Reply:
        """The number of the week."""
        return calendars.week(turn)

    @intent("clock.leap_year")
    async def leap_year(self, turn: TurnContext) -> Reply:
        """Whether a year is a leap year."""
        return years.leap_year(turn)
