"""Finds a person's memories again: exact search over all of them, decrypted in memory.

Two signs are mixed: how close the sentences' embeddings are, and which share of the question's own words the memory
holds (stemmed, rare words counting more). Word overlap alone misses paraphrases; embeddings alone confuse "the key" of
one place with that of another (LoCoMo, turn level: dense 33.0, BM25 52.3, fused 64.9 recall@5).

Where words of the question are in no memory and look like misspellings of some that are, the question is read with
these as well, and each memory has the better of its two scores.
"""

import math
from collections.abc import Sequence

import numpy as np

from core.memory.words import Stems, mended, stemmed
from shared.errors import DeadlineExceeded, ModelUnavailable
from shared.ports import Memory, ModelService, Person, StoredMemory, TurnStore, Vector

_WEIGHT_OF_WORDS = 0.4
FITS = 0.49  # a memory below this does not answer the question; tests/core/test_recall.py holds the cases it was set by


class PersonMemories:
    """Implements `shared.ports.Memories` for one person during one turn."""

    def __init__(
        self, person: Person, turns: TurnStore, model: ModelService, deadline: float, language: str = "en"
    ) -> None:
        self._person = person
        self._turns = turns
        self._model = model
        self._deadline = deadline
        self._language = language

    async def search(self, text: str, limit: int = 5) -> list[Memory]:
        """See `Memories.search`. Without a model it goes by words alone."""
        stored = await self._turns.memories(self._person)
        if not stored or not text:
            return []
        scores = await self._scores(text, stored)
        found = [_memory(memory, score) for memory, score in zip(stored, scores, strict=True) if score >= FITS]
        # The sort is stable: of two that fit equally well the newer one, which comes first, wins.
        return sorted(found, key=lambda memory: -memory.score)[:limit]

    async def recent(self, limit: int = 5) -> list[Memory]:
        """See `Memories.recent`."""
        return [_memory(memory, 0.0) for memory in (await self._turns.memories(self._person))[:limit]]

    async def _scores(self, text: str, stored: Sequence[StoredMemory]) -> list[float]:
        """How well each memory fits the question, read as it stands and with its misspelt words mended."""
        held = [stemmed(memory.text, self._language) for memory in stored]
        readings = list(dict.fromkeys((text, mended(text, held, self._language))))
        closeness = await self._closeness(readings, stored)
        shares = [_shares(set(stemmed(reading, self._language).values()), held) for reading in readings]
        mixed = [_mixed(cosines, words) for cosines, words in zip(closeness, shares, strict=True)]
        return [max(scores) for scores in zip(*mixed, strict=True)]

    async def _closeness(self, questions: list[str], stored: Sequence[StoredMemory]) -> list[list[float] | None]:
        """Cosines to each question, or None without a model. Memories embedded by another model are embedded anew."""
        version = self._model.state().version
        old = [memory.text for memory in stored if memory.vector is None or memory.model != version]
        try:
            found = await self._model.encode([*questions, *old], self._deadline)
        except (ModelUnavailable, DeadlineExceeded):
            return [None] * len(questions)
        new = iter(found[len(questions) :])
        vectors = [m.vector if m.vector is not None and m.model == version else next(new) for m in stored]
        cosines = _matrix(found[: len(questions)]) @ _matrix(vectors).T
        return [[float(cosine) for cosine in row] for row in cosines]


def _matrix(vectors: Sequence[Vector]) -> np.ndarray:
    return np.stack([np.frombuffer(vector, np.dtype("<f4")) for vector in vectors])


def _memory(stored: StoredMemory, score: float) -> Memory:
    return Memory(stored.id, stored.text, stored.said_at, min(1.0, max(0.0, score)))


def _mixed(closeness: list[float] | None, shares: list[float]) -> list[float]:
    if closeness is None:
        return shares
    return [_WEIGHT_OF_WORDS * s + (1 - _WEIGHT_OF_WORDS) * c for s, c in zip(shares, closeness, strict=True)]


def _shares(asked: set[str], held: Sequence[Stems]) -> list[float]:
    """For each text the share of the asked stems that it holds, weighted by how rare they are among the texts."""
    stems = [set(words.values()) for words in held]
    weights = {word: math.log(1 + len(held) / (0.5 + sum(word in each for each in stems))) for word in asked}
    total = sum(weights.values())
    return [sum(weights[word] for word in asked & each) / total if total else 0.0 for each in stems]
