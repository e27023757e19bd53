"""One thread computes what waits, in batches and outside the event loops: the part that every model service stands on.

Nothing waits for a batch to fill: what came while the last one was computed is the next. What is too much is refused, and
who gave up or has no time left is passed over.
"""

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from threading import Condition, Lock, Thread
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from cachetools import LRUCache
from msgspec import Struct

from core.models.asking import key_of, without_words
from core.models.encoder import Reading, Vectors
from core.understanding.meaning import Meaning, Query
from core.understanding.polyglot import Polyglot
from shared.errors import DeadlineExceeded, ModelUnavailable, NexusError
from shared.ports import Clock, ModelState

log = logging.getLogger("nexus.models")

MOST_WAITING = 256
"""Calls that may wait; more are refused."""

MOST_KNOWN = 4096
"""Texts whose meaning is remembered; those not asked for longest are forgotten."""

MOST_TOGETHER = 32
"""Texts in one batch: bounds how long a call waits for those it is batched with."""

Answer = Meaning | Vectors
"""What becomes of a call: the meaning of its one text, without words, or a vector a text."""


class TextEncoder(Protocol):
    """What reads texts (`core.models.encoder.Encoder`)."""

    providers: tuple[str, ...]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, (texts, 384)."""
        ...

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """All that the encoder has to say of each text."""
        ...


class Watch(Protocol):
    """Who counts what is computed. Called from the thread that computes, or the one that asks."""

    def batch(self, kind: str, texts: int, seconds: float) -> None:
        """A batch of `texts` was computed: "understand" or "encode"."""

    def turned_away(self, kind: str) -> None:
        """A call was refused, because too much waited."""


class Done(Struct):
    """What was done since the start: batches, texts in them, seconds computing, calls refused because too much waited."""

    batches: int = 0
    texts: int = 0
    seconds: float = 0.0
    refused: int = 0


class Call(ABC):
    """A call that waits for its texts to be computed. `query` asks for the meaning of the only one; None for vectors."""

    __slots__ = ("deadline", "loop", "query", "texts")

    def __init__(self, texts: Sequence[str], query: Query | None, deadline: float) -> None:
        """Made on the event loop of whoever waits; `deadline` is in Unix seconds."""
        self.texts = texts
        self.query = query
        self.deadline = deadline
        self.loop = asyncio.get_running_loop()

    @property
    def kind(self) -> str:
        """What is asked for, in a word."""
        return "encode" if self.query is None else "understand"

    @property
    @abstractmethod
    def given_up(self) -> bool:
        """Whether nobody waits any more; asked from the thread that computes."""

    @abstractmethod
    def settle(self, result: Answer | NexusError) -> None:
        """Take the result; runs on `loop`. Who gave up meanwhile does nothing."""


_Settled = list[tuple[Call, Answer | NexusError]]


class Batches:
    """The models, at work. Use as a context manager: the thread lives from enter to exit."""

    def __init__(self, encoder: TextEncoder, polyglot: Polyglot, version: str, clock: Clock, trained: str = "") -> None:
        """`version` is the encoder's: vectors of one version can be compared; `trained` names what `polyglot` was made of. What
        was understood is remembered for as long as this lives."""
        self.version, self.trained = version, trained
        self.providers = encoder.providers
        self.languages = polyglot.languages
        self.done = Done()
        self.watch: Watch | None = None
        self._encoder = encoder
        self._polyglot = polyglot
        self._clock = clock
        self._known: LRUCache[bytes, Meaning] = LRUCache(MOST_KNOWN)
        self._knowing = Lock()
        self._waiting: deque[Call] = deque()
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

    @property
    def ready(self) -> bool:
        """Whether calls are computed now."""
        return self._open and self._thread.is_alive()

    @property
    def state(self) -> ModelState:
        """What runs."""
        return ModelState(self.version, self.providers, self.ready, self.trained)

    @property
    def waiting(self) -> int:
        """How many calls wait."""
        return len(self._waiting)

    def known(self, query: Query) -> Meaning | None:
        """What `query` was found to mean before, without words. Raises ModelUnavailable where no language is understood."""
        if not self.languages:
            raise ModelUnavailable("no language has been trained")
        if not self._open:
            return None
        with self._knowing:
            return self._known.get(key_of(query))

    def submit(self, call: Call) -> None:
        """Have `call` computed. Raises ModelUnavailable (closed, or too much waits) or DeadlineExceeded."""
        if call.deadline <= self._clock.now():
            raise DeadlineExceeded("no time was left to understand this")
        with self._wake:
            if not self._open:
                raise ModelUnavailable("the models are not running")
            full = len(self._waiting) >= MOST_WAITING
            if not full:
                self._waiting.append(call)
                self._wake.notify()
        if full:
            self.done.refused += 1
            if self.watch is not None:
                self.watch.turned_away(call.kind)
            raise ModelUnavailable("too much waits for the models", retry_after=1)

    # -- on the thread -----------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while calls := self._take():
            _deliver(self._answered(calls))
        with self._wake:
            left = list(self._waiting)
            self._waiting.clear()
        _deliver([(call, ModelUnavailable("the models were shut down")) for call in left])

    def _answered(self, calls: Sequence[Call]) -> _Settled:
        try:
            return list(zip(calls, self._compute(calls), strict=True))
        except Exception:  # whatever a model raises concerns this batch only
            log.exception("model failed")
            return [(call, ModelUnavailable("the model failed on this; the log says why")) for call in calls]

    def _take(self) -> list[Call]:
        """What waits, up to a batch, without those nobody waits for; nothing once this is closed."""
        with self._wake:
            while self._open:
                calls: list[Call] = []
                texts = 0
                now = self._clock.now()
                while self._waiting and texts + len(self._waiting[0].texts) <= MOST_TOGETHER:
                    call = self._waiting.popleft()
                    if not call.given_up and call.deadline > now:
                        calls.append(call)
                        texts += len(call.texts)
                if calls:
                    return calls
                self._wake.wait_for(lambda: self._waiting or not self._open)
        return []

    def _compute(self, calls: Sequence[Call]) -> list[Answer]:
        """What asks for meaning is read together, and all that asks for vectors."""
        asking = [(call, call.query) for call in calls if call.query is not None]
        answers: dict[Call, Answer] = {}
        if asking:
            answers.update(self._understood(asking))
        rest = [call for call in calls if call.query is None]
        if rest:
            answers.update(self._encoded(rest))
        return [answers[call] for call in calls]

    def _understood(self, asking: Sequence[tuple[Call, Query]]) -> list[tuple[Call, Meaning]]:
        began = time.perf_counter()
        read = self._polyglot.understand([query for _, query in asking], self._encoder)
        self._count("understand", len(asking), began)
        meanings = [without_words(meaning) for meaning in read]
        with self._knowing:
            for (_, query), meaning in zip(asking, meanings, strict=True):
                self._known[key_of(query)] = meaning
        return [(call, meaning) for (call, _), meaning in zip(asking, meanings, strict=True)]

    def _encoded(self, calls: Sequence[Call]) -> list[tuple[Call, Vectors]]:
        began = time.perf_counter()
        vectors = self._encoder.encode([text for call in calls for text in call.texts])
        self._count("encode", len(vectors), began)
        ends = np.cumsum([len(call.texts) for call in calls])
        return list(zip(calls, np.split(vectors, ends[:-1]), strict=True))

    def _count(self, kind: str, texts: int, began: float) -> None:
        seconds = time.perf_counter() - began
        self.done.batches += 1
        self.done.texts += texts
        self.done.seconds += seconds
        if self.watch is not None:
            self.watch.batch(kind, texts, seconds)


def _deliver(settled: _Settled) -> None:
    """Hand results to the loops of their callers, waking each loop once."""
    by_loop: dict[asyncio.AbstractEventLoop, _Settled] = {}
    for call, result in settled:
        by_loop.setdefault(call.loop, []).append((call, result))
    for loop, pairs in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle_all, pairs)
        except RuntimeError:  # the loop was closed: nobody waits any more
            log.info("caller gone", extra={"calls": len(pairs)})


def _settle_all(settled: _Settled) -> None:
    for call, result in settled:
        call.settle(result)
