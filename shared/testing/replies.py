"""A fake of the cache of answers that depend on nobody."""

import msgspec

from shared.testing.fakes import FakeClock
from shared.turn import Reply


class FakeReplyCache:
    """Implements `ReplyCache`; the oldest answers go. `found` and `missed` count what was looked for."""

    def __init__(self, clock: FakeClock, most: int = 100, largest: int = 8192) -> None:
        self._clock, self._most, self._largest = clock, most, largest
        self._kept: dict[tuple[str, bytes], tuple[float, bytes]] = {}
        self.found = self.missed = 0

    def __len__(self) -> int:
        return len(self._kept)

    async def find(self, app: str, intent: str, question: bytes) -> Reply | None:
        """See `ReplyCache.find`."""
        until, kept = self._kept.get((app, question), (0.0, b""))
        if until <= self._clock.now():
            self.missed += 1
            return None
        self.found += 1
        return msgspec.msgpack.decode(kept, type=Reply)

    async def keep(self, app: str, intent: str, question: bytes, reply: Reply, seconds: float, took_s: float) -> None:
        """See `ReplyCache.keep`."""
        try:
            kept = msgspec.msgpack.encode(reply)
        except (TypeError, ValueError, OverflowError):
            return
        if len(kept) <= self._largest:
            self._kept[app, question] = (self._clock.now() + seconds, kept)
        for oldest in list(self._kept)[: -self._most]:
            del self._kept[oldest]
