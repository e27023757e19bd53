"""Models that live in another process: what asking them has in common, whatever lies in between.

What was understood once is known here too, so that the most usual turns need nobody. Requests change nothing, so whoever carries
one may ask again where an answer was lost.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

import msgspec
from cachetools import LRUCache
from msgspec.structs import replace

from core.models.asking import MOST_READ, key_of, query_of, understanding_of
from core.models.frames import Ask, Encode, Encoded, Health, Request, Understand, Understood
from core.understanding.meaning import Meaning
from shared.errors import DeadlineExceeded
from shared.generating import Piece, Prompt
from shared.ports import Clock, ModelState, Vector
from shared.text import clean
from shared.turn import Understanding

MOST_KNOWN = 1024
"""Texts whose meaning is known here, at two kilobytes each; those not asked for longest are forgotten."""

PATIENCE_S = 6.0
"""How long after the models went away requests wait for their return, and never more than half of their own time."""

LEAST_PATIENCE_S = 0.15
"""How long they wait however long they are away: they may be back, and not be found yet."""

_TOGETHER = 32  # texts of one request: a batch over there

_meaning = msgspec.msgpack.Decoder(Meaning).decode

A = TypeVar("A", Understood, Encoded, Health)


class RemoteModels(ABC):
    """Implements `shared.ports.ModelService` over whatever `answer` asks; `generator` asks for text there."""

    def __init__(self, clock: Clock) -> None:
        self.generator = RemoteGenerator(self)
        self._clock = clock
        self._generates = ModelState("", (), False)
        self._models = ModelState("", (), False)
        self._back = asyncio.Event()
        self._away_since = clock.monotonic()
        self._known: LRUCache[bytes, bytes] = LRUCache(MOST_KNOWN)

    @abstractmethod
    async def answer(self, kind: type[A], request: Callable[[int], Request], deadline: float) -> A:
        """The answer to the request that `request` makes with a number. Raises as `ModelService.encode`."""

    @abstractmethod
    def stream(self, prompt: Prompt, deadline: float) -> AsyncIterator[Piece]:
        """See `Generator.generate`."""

    async def understand(self, text: str, locale: str, deadline: float, *, sure: bool = False) -> Understanding:
        """See `ModelService.understand`."""
        query = query_of(text, locale, sure=sure)
        key = key_of(query)
        meaning = self._known.get(key)
        if meaning is None:
            before = self._models
            answer = await self.answer(
                Understood, lambda number: Understand(number, deadline, query.text, query.likely, query.sure), deadline
            )
            meaning = bytes(answer.meaning)
            if _same(before, self._models):
                self.learn(key, meaning)
        return understanding_of(_meaning(meaning), query.text)

    async def encode(self, texts: Sequence[str], deadline: float) -> list[Vector]:
        """See `ModelService.encode`."""
        vectors: list[Vector] = []
        for start in range(0, len(texts), _TOGETHER):
            some = [clean(text[:MOST_READ]) for text in texts[start : start + _TOGETHER]]
            vectors += await self._encoded(some, deadline)
        return vectors

    async def health(self, deadline: float) -> Health:
        """How it is over there. Raises ModelUnavailable or DeadlineExceeded."""
        health = await self.answer(Health, Ask, deadline)
        if self._models.ready:  # else whoever answered is gone again
            self.runs(health.models, health.generator)
        return health

    def state(self) -> ModelState:
        """See `ModelService.state`. While nobody answers: what ran last."""
        return self._models

    def generates(self) -> ModelState:
        """What generates text there, or did last. Not ready where nothing does."""
        return self._generates

    async def _encoded(self, texts: list[str], deadline: float) -> list[Vector]:
        answer = await self.answer(Encoded, lambda number: Encode(number, deadline, texts), deadline)
        return [Vector(vector) for vector in answer.vectors]

    async def patiently(self, deadline: float) -> None:
        """Wait for somebody to answer again, or for as long as is worth it."""
        away_s = self._clock.monotonic() - self._away_since
        patience = max(PATIENCE_S - away_s, LEAST_PATIENCE_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(min(patience, self.left(deadline) / 2)):
                await self._back.wait()

    def runs(self, models: ModelState, generator: ModelState | None) -> None:
        """Somebody answers, with these models. What others understood is not known any more."""
        if not _same(models, self._models):
            self._known.clear()
        self._models = models
        self._generates = generator or ModelState("", (), False)
        self._back.set()

    def learn(self, key: bytes, meaning: bytes) -> None:
        """Know what a text means, for as long as the models are the same and there is room."""
        self._known[key] = meaning

    def away(self) -> None:
        """Nobody answers now."""
        if self._back.is_set():
            self._away_since = self._clock.monotonic()
        self._back.clear()
        self._models = replace(self._models, ready=False)
        self._generates = replace(self._generates, ready=False)

    def left(self, deadline: float) -> float:
        """Seconds until `deadline`. Raises DeadlineExceeded if it is over."""
        left = deadline - self._clock.now()
        if left <= 0:
            raise DeadlineExceeded("no time was left to understand this")
        return left


def _same(one: ModelState, other: ModelState) -> bool:
    """Whether a text means the same to both."""
    return (one.version, one.trained) == (other.version, other.trained)


class RemoteGenerator:
    """Implements `shared.generating.Generator` by what generates where models are."""

    def __init__(self, models: RemoteModels) -> None:
        self._models = models

    def generate(self, prompt: Prompt, deadline: float) -> AsyncIterator[Piece]:
        """See `Generator.generate`."""
        return self._models.stream(prompt, deadline)

    def state(self) -> ModelState:
        """See `Generator.state`. Not ready where nothing generates."""
        return self._models.generates()
