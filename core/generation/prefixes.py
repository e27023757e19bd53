"""The beginnings that prompts share (a system message), read once: their caches, bounded in bytes, by their tokens."""

from collections import OrderedDict
from collections.abc import Sequence

from core.generation.cache import Snapshot

LEAST_TOKENS = 16
"""Shorter beginnings are read faster than they are kept."""


class Prefixes:
    """Caches of beginnings; those not asked for longest are forgotten. They live in memory only, for one thread."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._held = 0
        self._kept: OrderedDict[tuple[int, ...], Snapshot] = OrderedDict()
        self.hits = 0

    @property
    def held_bytes(self) -> int:
        """What is kept now."""
        return self._held

    def find(self, ids: Sequence[int]) -> Snapshot | None:
        """The cache of exactly these tokens."""
        found = self._kept.get(tuple(ids))
        if found is not None:
            self._kept.move_to_end(tuple(ids))
            self.hits += 1
        return found

    def keep(self, ids: Sequence[int], snapshot: Snapshot) -> None:
        """Keep a cache, as long as there is room. One that is larger than all the room is not kept."""
        size, key = snapshot.nbytes, tuple(ids)
        if size > self._most or key in self._kept:
            return
        self._kept[key] = snapshot
        self._held += size
        while self._held > self._most:
            self._held -= self._kept.popitem(last=False)[1].nbytes
