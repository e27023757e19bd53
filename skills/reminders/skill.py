"""Reminders that are kept, and told when somebody asks.

Nothing is sent by itself here: what became due is told at the next turn of this skill, and no answer promises more.
"""

from shared.skill import Skill, TurnContext, intent
from shared.turn import Reply
from skills.reminders.changing import cancel, change
from skills.reminders.desk import opened
from skills.reminders.listing import listed
from skills.reminders.setting import noted


class RemindersSkill(Skill):
    """Answers `reminders.*`."""

    @intent("reminders.set")
    async def set(self, turn: TurnContext) -> Reply:
        """Notes a reminder."""
        return noted(await opened(turn))

    @intent("reminders.list")
    async def list(self, turn: TurnContext) -> Reply:
        """Tells which there are."""
        return listed(await opened(turn))

    @intent("reminders.cancel")
    async def cancel(self, turn: TurnContext) -> Reply:
        """Cancels one, or all after asking."""
        return cancel(await opened(turn))

    @intent("reminders.change")
    async def change(self, turn: TurnContext) -> Reply:
        """Moves one to another moment."""
        return change(await opened(turn))
