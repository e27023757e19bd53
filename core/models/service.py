"""The models in this process: one thread runs them, outside the event loop, and takes all that waits in one batch."""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from threading import Condition, Thread
from types import TracebackType
from typing import NamedTuple, Protocol, Self

import numpy as np

from core.models.encoder import Vectors
from shared.errors import DeadlineExceeded, ModelUnavailable, NexusError
from shared.ports import Clock, ModelState, Vector
from shared.turn import Understanding

log = logging.getLogger("nexus.models")

MOST_WAITING = 256
"""Calls that may wait; more are refused."""

MOST_TOGETHER = 32
"""Texts in one batch: bounds how long a call waits for those it is batched with."""


class TextEncoder(Protocol):
    """What turns texts into vectors (`core.models.encoder.Encoder`)."""

    providers: tuple[str, ...]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, (texts, 384)."""
        ...


class Interpreter(Protocol):
    """What turns vectors into meaning, for one language (`core.understanding.heads.Heads`)."""

    def interpret(self, texts: Sequence[str], vectors: Vectors) -> list[Understanding]:
        """The meaning of each text, given its vector."""
        ...


class _Answer(NamedTuple):
    """What became of a call: its vectors, one row a text, and their meaning if it was asked for."""

    vectors: Vectors
    meaning: Understanding | None = None


class _Call:
    """A call that waits: its texts, in which language to interpret them (None: only encode), and who waits for it."""

    __slots__ = ("future", "language", "texts")

    def __init__(self, texts: Sequence[str], language: str | None) -> None:
        self.texts = texts
        self.language = language
        self.future: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()

    def settle(self, result: _Answer | NexusError) -> None:
        """Hand over the result; runs on the event loop of the caller, who may have given up meanwhile."""
        if self.future.done():
            return
        if isinstance(result, NexusError):
            self.future.set_exception(result)
        else:
            self.future.set_result(result)


_Settled = list[tuple[_Call, _Answer | NexusError]]


class InProcessModels:
    """Implements `shared.ports.ModelService`. Use as a context manager: the thread lives from enter to exit."""

    def __init__(
        self, encoder: TextEncoder, interpreters: Mapping[str, Interpreter], version: str, clock: Clock
    ) -> None:
        """`interpreters` by language ("en"); the first one also serves languages that have none. `version` is the encoder's:
        vectors of one version can be compared."""
        self._encoder = encoder
        self._interpreters = dict(interpreters)
        self._version = version
        self._clock = clock
        self._waiting: deque[_Call] = deque()
        self._wake = Condition()
        self._open = False
        self._thread = Thread(target=self._work, name="nexus-models", daemon=True)

    def __enter__(self) -> Self:
        self._open = True
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._wake:
            self._open = False
            self._wake.notify()
        self._thread.join()

    async def understand(self, text: str, locale: str, deadline: float) -> Understanding:
        """See `ModelService.understand`."""
        language = locale.partition("-")[0].lower()
        if language not in self._interpreters:
            language = next(iter(self._interpreters), "")
        answer = await self._ask(_Call((text,), language), deadline)
        if answer.meaning is None:
            raise ModelUnavailable("no language has been trained")
        return answer.meaning

    async def encode(self, texts: Sequence[str], deadline: float) -> list[Vector]:
        """See `ModelService.encode`."""
        vectors: list[Vector] = []
        for start in range(0, len(texts), MOST_TOGETHER):
            answer = await self._ask(_Call(texts[start : start + MOST_TOGETHER], None), deadline)
            vectors += [Vector(row.astype("<f4").tobytes()) for row in answer.vectors]
        return vectors

    def state(self) -> ModelState:
        """See `ModelService.state`."""
        return ModelState(self._version, self._encoder.providers, self._open and self._thread.is_alive())

    async def _ask(self, call: _Call, deadline: float) -> _Answer:
        left = deadline - self._clock.now()
        if left <= 0:
            raise DeadlineExceeded("no time was left to understand this")
        self._enqueue(call)
        try:
            async with asyncio.timeout(left):
                return await call.future
        except TimeoutError as error:
            raise DeadlineExceeded("the model did not answer in time") from error

    def _enqueue(self, call: _Call) -> None:
        with self._wake:
            if not self._open:
                raise ModelUnavailable("the models are not running")
            if len(self._waiting) >= MOST_WAITING:
                raise ModelUnavailable("too much waits for the models", retry_after=1)
            self._waiting.append(call)
            self._wake.notify()

    # -- on the thread -----------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while calls := self._take():
            self._deliver(self._answered(calls))
        with self._wake:
            left = list(self._waiting)
            self._waiting.clear()
        self._deliver([(call, ModelUnavailable("the models were shut down")) for call in left])

    def _answered(self, calls: Sequence[_Call]) -> _Settled:
        try:
            return list(zip(calls, self._compute(calls), strict=True))
        except Exception:  # whatever a model raises concerns this batch only
            log.exception("model failed")
            return [(call, ModelUnavailable("the model failed on this; the log says why")) for call in calls]

    def _take(self) -> list[_Call]:
        """What waits, up to a batch, without those who gave up; nothing once the service is closed."""
        with self._wake:
            while self._open:
                calls: list[_Call] = []
                texts = 0
                while self._waiting and texts + len(self._waiting[0].texts) <= MOST_TOGETHER:
                    call = self._waiting.popleft()
                    if not call.future.done():
                        calls.append(call)
                        texts += len(call.texts)
                if calls:
                    return calls
                self._wake.wait_for(lambda: self._waiting or not self._open)
        return []

    def _compute(self, calls: Sequence[_Call]) -> list[_Answer]:
        vectors = self._encoder.encode([text for call in calls for text in call.texts])
        ends = np.cumsum([len(call.texts) for call in calls])
        answers = [_Answer(rows) for rows in np.split(vectors, ends[:-1])]
        for language, interpreter in self._interpreters.items():
            numbers = [n for n, call in enumerate(calls) if call.language == language]
            if numbers:  # a call that asks for meaning has one text
                texts = [calls[n].texts[0] for n in numbers]
                meanings = interpreter.interpret(texts, np.concatenate([answers[n].vectors for n in numbers]))
                for n, meaning in zip(numbers, meanings, strict=True):
                    answers[n] = _Answer(answers[n].vectors, meaning)
        return answers

    def _deliver(self, settled: _Settled) -> None:
        """Hand results to the loops of their callers, waking each loop once."""
        by_loop: dict[asyncio.AbstractEventLoop, _Settled] = {}
        for call, result in settled:
            by_loop.setdefault(call.future.get_loop(), []).append((call, result))
        for loop, pairs in by_loop.items():
            try:
                loop.call_soon_threadsafe(_settle_all, pairs)
            except RuntimeError:  # the loop was closed: nobody waits any more
                log.info("caller gone", extra={"calls": len(pairs)})


def _settle_all(settled: _Settled) -> None:
    for call, result in settled:
        call.settle(result)
