"""The calculator: sums and unit conversion, exact as long as can be, and clear where there is no answer."""

import asyncio

from shared.skill import Skill, TurnContext, intent
from shared.turn import Reply, SlotValue
from skills.calculator import conversion
from skills.calculator.answers import compute, convert
from skills.calculator.sums import sum_in


class Calculator(Skill):
    """Answers `calculator.*`. Worked out beside the event loop: the libraries take half a second to load at their first use."""

    @intent("calculator.compute")
    async def compute(self, turn: TurnContext) -> Reply:
        """The value of a sum."""
        return await asyncio.to_thread(compute, turn)

    @intent("calculator.convert")
    async def convert(self, turn: TurnContext) -> Reply:
        """An amount in another unit."""
        return await asyncio.to_thread(convert, turn)

    def slots(self, intent: str, text: str, locale: str) -> dict[str, SlotValue]:
        """`expression`, or `amount` and `unit`, as they were said: a sum has no type, and no tagger knows where it ends."""
        if intent == "calculator.compute":
            found = {"expression": sum_in(text, locale)}
        elif intent == "calculator.convert":
            found = dict(zip(("amount", "unit"), conversion.split(text, locale), strict=True))
        else:
            found = {}
        return {name: SlotValue(value, value) for name, value in found.items() if value}
