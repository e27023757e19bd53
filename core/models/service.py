"""The models in this process: one thread runs them, outside the event loop, and takes all that waits in one batch."""

import asyncio
import hashlib
import logging
import unicodedata
from collections import deque
from collections.abc import Sequence
from threading import Condition, Thread
from types import TracebackType
from typing import Protocol, Self

import msgspec
import numpy as np
from cachetools import LRUCache

from core.models.encoder import Reading, Vectors
from core.understanding.model import Meaning, Part
from core.understanding.polyglot import Polyglot, Query
from shared.errors import DeadlineExceeded, ModelUnavailable, NexusError
from shared.locales import language_of
from shared.ports import Clock, ModelState, Vector
from shared.text import clean
from shared.turn import SlotValue, Understanding

log = logging.getLogger("nexus.models")

MOST_WAITING = 256
"""Calls that may wait; more are refused."""

MOST_KNOWN = 4096
"""Texts whose meaning is remembered; those not asked for longest are forgotten."""

MOST_READ = 10_000
"""Characters of a text that are looked at."""

MOST_TOGETHER = 32
"""Texts in one batch: bounds how long a call waits for those it is batched with."""


class TextEncoder(Protocol):
    """What reads texts (`core.models.encoder.Encoder`)."""

    providers: tuple[str, ...]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, (texts, 384)."""
        ...

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """All that the encoder has to say of each text."""
        ...


_Answer = Meaning | Vectors
"""What becomes of a call: the meaning of its one text, or a vector a text."""


class _Call:
    """A call that waits, and who waits for it."""

    __slots__ = ("future", "query", "texts")

    def __init__(self, texts: Sequence[str], query: Query | None = None) -> None:
        """`query` asks for the meaning of its text, which is the only one then; None asks for vectors."""
        self.texts = texts
        self.query = query
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

    def __init__(self, encoder: TextEncoder, polyglot: Polyglot, version: str, clock: Clock) -> None:
        """`version` is the encoder's: vectors of one version can be compared. What was understood is remembered for as long as
        the service lives."""
        self._encoder = encoder
        self._polyglot = polyglot
        self._version = version
        self._clock = clock
        self._known: LRUCache[bytes, Meaning] = LRUCache(MOST_KNOWN)
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

    async def understand(self, text: str, locale: str, deadline: float, *, sure: bool = False) -> Understanding:
        """See `ModelService.understand`."""
        if not self._polyglot.languages:
            raise ModelUnavailable("no language has been trained")
        query = Query(_normalised(text), language_of(locale), sure)
        text, key = query.text, _key(query)
        meaning = self._known.get(key) if self._open else None
        if meaning is None:
            answer = await self._ask(_Call((text,), query), deadline)
            assert isinstance(answer, Meaning), "vectors for a meaning"  # noqa: S101 (a mistake of ours)
            meaning = self._known[key] = _without_words(answer)
        return _understanding(meaning, text)

    async def encode(self, texts: Sequence[str], deadline: float) -> list[Vector]:
        """See `ModelService.encode`."""
        vectors: list[Vector] = []
        for start in range(0, len(texts), MOST_TOGETHER):
            rows = await self._ask(_Call(texts[start : start + MOST_TOGETHER]), deadline)
            vectors += [Vector(row.astype("<f4").tobytes()) for row in rows] if isinstance(rows, np.ndarray) else []
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
        """What asks for meaning is read together, and all that asks for vectors."""
        asking = [(call, call.query) for call in calls if call.query is not None]
        answers: dict[_Call, _Answer] = {}
        if asking:
            meanings = self._polyglot.understand([query for _, query in asking], self._encoder)
            answers.update(zip((call for call, _ in asking), meanings, strict=True))
        rest = [call for call in calls if call.query is None]
        if rest:
            vectors = self._encoder.encode([text for call in rest for text in call.texts])
            ends = np.cumsum([len(call.texts) for call in rest])
            answers.update(zip(rest, np.split(vectors, ends[:-1]), strict=True))
        return [answers[call] for call in calls]

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


def _normalised(text: str) -> str:
    """`text` as it is looked up and understood: composed characters, single spaces. Case is kept, for slots quote it."""
    return " ".join(unicodedata.normalize("NFC", clean(text[:MOST_READ])).split())


def _key(query: Query) -> bytes:
    """Stands for a text without holding it: what somebody said is not kept."""
    return hashlib.blake2b(f"{query.likely}\0{query.sure}\0{query.text}".encode(), digest_size=16).digest()


def _without_words(meaning: Meaning) -> Meaning:
    slots = tuple(msgspec.structs.replace(slot, value="") for slot in meaning.slots)
    parts = tuple(msgspec.structs.replace(part, meaning=_without_words(part.meaning)) for part in meaning.parts)
    return msgspec.structs.replace(meaning, slots=slots, parts=parts)


def _understanding(meaning: Meaning, text: str) -> Understanding:
    """`meaning` with the words of its slots taken from `text`; of two slots of one name the first counts."""
    if meaning.parts:
        first, *more = (_clause(part, text) for part in meaning.parts)
        return msgspec.structs.replace(first, more=tuple(more), language=meaning.language)
    slots = {slot.slot: SlotValue(text[slot.start : slot.end]) for slot in reversed(meaning.slots)}
    return Understanding(
        meaning.intent, meaning.score, meaning.oos_score, slots, meaning.ranking, language=meaning.language
    )


def _clause(part: Part, text: str) -> Understanding:
    own = text[part.start : part.end]
    return msgspec.structs.replace(_understanding(part.meaning, own), text=own)


def _settle_all(settled: _Settled) -> None:
    for call, result in settled:
        call.settle(result)
