"""A skill with everything that exporters must know: every type, lists, questions, and what platforms refuse."""

from shared.skill import Skill, TurnContext
from shared.turn import Reply


class Cinema(Skill):
    """Answers nothing in particular."""

    async def handle(self, turn: TurnContext) -> Reply:
        """Answers."""
        return Reply(text="Good.")
