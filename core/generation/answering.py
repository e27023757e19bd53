"""The stage of a turn that asks a language model: where no skill answers, and somebody chose to have free answers.

What comes out is words. The model has no tools, its reply no effects, and no markup passes the guard.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable

from msgspec import Struct

from core.generation.asking import ask
from core.generation.guard import Guard, Guarded, Source, Verdict
from core.generation.sentences import by_sentence
from shared.errors import DeadlineExceeded, Malformed, ModelUnavailable
from shared.generating import Generator, Piece
from shared.locales import language_of
from shared.ports import Clock, Memories
from shared.turn import Reply, Request
from shared.wording import wording

log = logging.getLogger("nexus.generation")

AWAY = "away"
"""The outcome where the model gave nothing in time, beside those of the guard."""

_MOST_SOURCES = 3


class Answered(Struct, frozen=True):
    """A reply, and how it came about: the model's name, what its guard made of it, and why."""

    reply: Reply
    model: str
    outcome: str
    why: str

    @property
    def trace(self) -> str:
        """For the turn's trace; it holds nothing that was said."""
        return f"{self.model} {self.outcome}" + (f": {self.why}" if self.why else "")


class Answering:
    """Answers freely, from what the person told. `timezone` is an IANA name.

    `count` is told every outcome: passed, quoted, silenced, away.
    """

    def __init__(self, generator: Generator, clock: Clock, timezone: str) -> None:
        self._generator, self._clock, self._timezone = generator, clock, timezone
        self.count: Callable[[str], None] = lambda outcome: None

    async def answer(
        self, request: Request, memories: Memories, deadline: float, said: Callable[[str], None] | None = None
    ) -> Answered | None:
        """What is answered to `request` by `deadline` (Unix seconds); None where the model is away and nothing can be quoted.

        `said` is told each sentence that may be said, as it comes: the reply begins with them.
        """
        sources = await _sources(memories, request.text)
        guard = await asyncio.to_thread(
            Guard, request.text, sources, request.locale, self._timezone, request.message_id
        )
        away = await self._generate(request, sources, guard, deadline, said)
        guarded = await asyncio.to_thread(guard.end)
        if away and guarded.verdict is Verdict.SILENCED and not guard.said:
            self.count(AWAY)
            return None
        outcome = AWAY if away and not guard.said else guarded.verdict.value
        self.count(outcome)
        return Answered(_reply(guarded, request), self._generator.state().version, outcome, "" if away else guarded.why)

    async def _generate(
        self,
        request: Request,
        sources: tuple[Source, ...],
        guard: Guard,
        deadline: float,
        said: Callable[[str], None] | None,
    ) -> bool:
        """Have the guard judge what the model says, until it stops it; whether the model was away or too slow."""
        pieces = self._generator.generate(ask(request.text, sources, request.locale), deadline)
        try:
            async with asyncio.timeout(max(0.0, deadline - self._clock.now())):
                async for sentence in by_sentence(pieces):
                    passed = await asyncio.to_thread(guard.let, sentence)
                    if passed and said is not None:
                        said(passed)
                    if guard.stopped:
                        break
        except (TimeoutError, DeadlineExceeded, ModelUnavailable, Malformed) as error:
            log.warning("no free answer", extra={"error": type(error).__name__})
            return True
        finally:
            await _close(pieces)
        return False


async def _sources(memories: Memories, text: str) -> tuple[Source, ...]:
    """What the person told that fits."""
    found = await memories.search(text, _MOST_SOURCES)
    return tuple(Source(memory.text, said_at=memory.said_at) for memory in found)


async def _close(pieces: AsyncIterator[Piece]) -> None:
    """Give up an answer that may not have ended, so that the model does not go on with it."""
    if isinstance(pieces, AsyncGenerator):
        await pieces.aclose()


def _reply(guarded: Guarded, request: Request) -> Reply:
    """The reply. A question back waits for an answer, as does an answer that is none."""
    language = language_of(request.locale)
    if guarded.verdict is not Verdict.SILENCED:
        return Reply(text=guarded.text, expects_answer=guarded.text.endswith("?"), language=language)
    again = wording("out_of_scope_reprompt", request.locale)
    return Reply(text=guarded.text, expects_answer=True, reprompt=again, language=language)
