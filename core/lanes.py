"""Lanes: within this process, the messages of one conversation are answered in the order they came."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from shared.errors import LimitExceeded

MOST_IN_LANE = 64


class Lanes:
    """A lock per conversation, kept only while somebody holds it or waits."""

    def __init__(self) -> None:
        self._locks: dict[Hashable, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def hold(self, key: Hashable) -> AsyncIterator[None]:
        """Wait for the lane of `key` (first come, first served) and hold it. Raises LimitExceeded if too many wait."""
        lock, users = self._locks.get(key, (None, 0))
        if users >= MOST_IN_LANE:
            raise LimitExceeded("too many messages of this conversation wait to be answered", retry_after=1)
        lock = lock or asyncio.Lock()
        self._locks[key] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            users = self._locks[key][1] - 1
            if users:
                self._locks[key] = (lock, users)
            else:
                del self._locks[key]

    def __len__(self) -> int:
        return len(self._locks)
