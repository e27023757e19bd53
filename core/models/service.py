"""The models in this process (see `core.models.batches`), behind the port that the engine asks."""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import numpy as np

from core.models.asking import query_of, understanding_of
from core.models.batches import MOST_TOGETHER, Answer, Batches, Call, TextEncoder, Watch
from core.understanding.meaning import Meaning, Query
from core.understanding.polyglot import Polyglot
from shared.errors import DeadlineExceeded, NexusError
from shared.ports import Clock, ModelState, Vector
from shared.turn import Understanding


class _Waiting(Call):
    """A call that a coroutine of this process waits for."""

    __slots__ = ("future",)

    def __init__(self, texts: Sequence[str], query: Query | None, deadline: float) -> None:
        super().__init__(texts, query, deadline)
        self.future: asyncio.Future[Answer] = self.loop.create_future()

    @property
    def given_up(self) -> bool:
        return self.future.done()

    def settle(self, result: Answer | NexusError) -> None:
        if self.future.done():
            return
        if isinstance(result, NexusError):
            self.future.set_exception(result)
        else:
            self.future.set_result(result)


class InProcessModels:
    """Implements `shared.ports.ModelService`. Use as a context manager: it answers from enter to exit."""

    def __init__(self, encoder: TextEncoder, polyglot: Polyglot, version: str, clock: Clock, trained: str = "") -> None:
        """See `Batches`."""
        self.batches = Batches(encoder, polyglot, version, clock, trained)
        self._clock = clock

    def __enter__(self) -> Self:
        self.batches.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.batches.__exit__(kind, error, trace)

    async def understand(self, text: str, locale: str, deadline: float, *, sure: bool = False) -> Understanding:
        """See `ModelService.understand`."""
        query = query_of(text, locale, sure=sure)
        return understanding_of(await self.meaning(query, deadline), query.text)

    async def meaning(self, query: Query, deadline: float) -> Meaning:
        """What `query` means, without words. Raises as `understand`."""
        known = self.batches.known(query)
        if known is not None:
            return known
        answer = await self._ask(_Waiting((query.text,), query, deadline))
        assert isinstance(answer, Meaning), "vectors for a meaning"  # noqa: S101 (a mistake of ours)
        return answer

    async def encode(self, texts: Sequence[str], deadline: float) -> list[Vector]:
        """See `ModelService.encode`."""
        vectors: list[Vector] = []
        for start in range(0, len(texts), MOST_TOGETHER):
            rows = await self._ask(_Waiting(texts[start : start + MOST_TOGETHER], None, deadline))
            vectors += [Vector(row.astype("<f4").tobytes()) for row in rows] if isinstance(rows, np.ndarray) else []
        return vectors

    def state(self) -> ModelState:
        """See `ModelService.state`."""
        return self.batches.state

    def report_to(self, watch: Watch) -> None:
        """Have `watch` count what is computed from now on."""
        self.batches.watch = watch

    def waiting(self) -> int:
        """How many calls wait."""
        return self.batches.waiting

    async def _ask(self, call: _Waiting) -> Answer:
        self.batches.submit(call)
        try:
            async with asyncio.timeout(call.deadline - self._clock.now()):
                return await call.future
        except TimeoutError as error:
            raise DeadlineExceeded("the model did not answer in time") from error
