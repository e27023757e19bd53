"""Counts what a generator does, whichever it is: answers by how they end, tokens, who waits."""

from collections.abc import AsyncGenerator
from typing import Protocol

from msgspec import Struct

from shared.errors import DeadlineExceeded, ModelUnavailable
from shared.generating import Generator, Piece, Prompt
from shared.ports import Clock, ModelState


class Watch(Protocol):
    """Who is told of answers."""

    def answer_begun(self, seconds: float) -> None:
        """The first piece came, so long after it was asked for."""

    def answered(self, end: str, prompt_tokens: int, tokens: int) -> None:
        """An answer ended: "stop" or "length", "late", "refused" (it was never begun), "failed", or "left" by who asked."""


class Done(Struct):
    """What was done since the start: answers ended, their tokens, answers that were never begun."""

    answers: int = 0
    tokens: int = 0
    refused: int = 0


class CountedGenerator:
    """Implements `shared.generating.Generator` by another. `waiting` and `under_way` are answers not begun, and not ended."""

    def __init__(self, generator: Generator, clock: Clock) -> None:
        self.done = Done()
        self.waiting = self.under_way = 0
        self.watch: Watch | None = None
        self._generator, self._clock = generator, clock

    async def generate(self, prompt: Prompt, deadline: float) -> AsyncGenerator[Piece]:
        """See `Generator.generate`."""
        asked_at, begun, end, last = self._clock.monotonic(), False, "left", Piece("")
        pieces = self._generator.generate(prompt, deadline)
        self.waiting += 1
        self.under_way += 1
        try:
            async for piece in pieces:
                if not begun:
                    begun = True
                    self._begun(self._clock.monotonic() - asked_at)
                last, end = piece, piece.end or "left"
                yield piece
        except DeadlineExceeded:
            end = "late"
            raise
        except ModelUnavailable:
            end = "failed" if begun else "refused"
            raise
        except Exception:
            end = "failed"
            raise
        finally:
            self._ended(end, last, begun=begun)
            await closed(pieces)

    def state(self) -> ModelState:
        """See `Generator.state`."""
        return self._generator.state()

    def turned_away(self) -> None:
        """Count a prompt that somebody in front of this refused."""
        self.done.refused += 1
        if self.watch is not None:
            self.watch.answered("refused", 0, 0)

    def _begun(self, seconds: float) -> None:
        self.waiting -= 1
        if self.watch is not None:
            self.watch.answer_begun(seconds)

    def _ended(self, end: str, last: Piece, *, begun: bool) -> None:
        self.waiting -= not begun
        self.under_way -= 1
        self.done.answers += 1
        self.done.tokens += last.tokens
        self.done.refused += end == "refused"
        if self.watch is not None:
            self.watch.answered(end, last.prompt_tokens, last.tokens)


async def closed(pieces: object) -> None:
    """Close an iterator of pieces, which need not be a generator."""
    close = getattr(pieces, "aclose", None)
    if close is not None:
        await close()
