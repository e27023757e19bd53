"""A language model that writes what a test has it write, behind the port."""

import asyncio
from collections.abc import AsyncGenerator

from shared.generating import Piece, Prompt
from shared.ports import ModelState


class Scripted:
    """Implements `Generator`: writes `text` in pieces of three letters, then hangs, fails, or ends."""

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.error: Exception | None = None
        self.hangs = False
        self.asked: list[Prompt] = []
        self.given = 0
        self.closed = 0

    async def generate(self, prompt: Prompt, deadline: float) -> AsyncGenerator[Piece]:
        """See `Generator.generate`."""
        self.asked.append(prompt)
        try:
            for at in range(0, len(self.text), 3):
                self.given += 1
                yield Piece(self.text[at : at + 3])
            if self.hangs:
                await asyncio.Event().wait()
            if self.error is not None:
                raise self.error
            yield Piece("", "stop")
        finally:
            self.closed += 1

    def state(self) -> ModelState:
        """See `Generator.state`."""
        return ModelState("scripted-1", ("none",), True)
