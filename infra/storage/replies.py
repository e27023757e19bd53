"""Answers that depend on nobody, kept in Valkey for all workers and in each worker for itself.

Valkey holds a fixed number of places an app, whatever is asked: a question has its place by its digest, and the newest one
there stays. A value is sealed under a key of the app and opens for its question only, so that whoever can write to Valkey
cannot put words into NEXUS' mouth; what it is about is nowhere to be read. It says itself how long it counts.
"""

import asyncio
from typing import Protocol

import msgspec
from cachetools import LRUCache
from msgspec import Struct

from infra.storage.valkey import Valkey
from infra.vault import DataKey, Vault, join
from shared.errors import DecryptionFailed, StoreUnavailable
from shared.ports import Clock
from shared.turn import Reply

PLACES = 1024  # an app has in Valkey
LARGEST = 8192  # bytes of one answer
NEAR = 512  # answers that a worker keeps itself
WORTH_S = 0.000_5
"""What an answer must take to make for Valkey to be asked: a round trip costs no less."""
LOOKUP_S = 0.05  # whoever waits longer had better be answered anew
AWAY_S = 1.0  # so long Valkey is left alone when it did not answer
_APPS = 64

NEARBY, FAR, MISSED = "worker", "valkey", "missed"
"""Where an answer was found."""


class Watch(Protocol):
    """Who counts what is found."""

    def looked_up(self, where: str) -> None:
        """An answer was looked for: "worker", "valkey", or "missed"."""


class _Kept(Struct, frozen=True, array_like=True):
    """An answer, until when it counts (Unix seconds), and what it took to make."""

    until: float
    took_s: float
    reply: Reply


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Kept).decode


class ValkeyReplyCache:
    """Implements `shared.ports.ReplyCache`. `edition` is what answers depend on besides the question."""

    def __init__(self, valkey: Valkey, vault: Vault, clock: Clock, edition: bytes) -> None:
        self._valkey, self._vault, self._clock, self._edition = valkey, vault, clock, edition
        self._near: LRUCache[bytes, bytes] = LRUCache(NEAR)
        self._keys: LRUCache[str, DataKey] = LRUCache(_APPS)
        self._took: dict[str, float] = {}  # by intent: there are as many as the skills have
        self._away_until = 0.0
        self._watch: Watch | None = None

    def report_to(self, watch: Watch) -> None:
        """Have `watch` count what is found from now on."""
        self._watch = watch

    async def find(self, app: str, intent: str, question: bytes) -> Reply | None:
        """See `ReplyCache.find`. Every finder gets a copy of its own."""
        digest = self._digest(app, question)
        where, kept = NEARBY, self._still(self._near.get(digest))
        if kept is None and self._is_worth_asking(intent):
            where, kept = FAR, await self._far(app, digest)
            if kept is not None:
                self._near[digest] = _encode(kept)
                self._took.setdefault(intent, kept.took_s)
        if self._watch is not None:
            self._watch.looked_up(where if kept is not None else MISSED)
        return kept.reply if kept is not None else None

    async def keep(self, app: str, intent: str, question: bytes, reply: Reply, seconds: float, took_s: float) -> None:
        """See `ReplyCache.keep`. What is made faster than Valkey answers stays in this worker."""
        known = self._took.get(intent)
        self._took[intent] = took_s if known is None else 0.7 * known + 0.3 * took_s
        try:
            kept = _encode(_Kept(self._clock.now() + seconds, took_s, reply))
        except (TypeError, ValueError, OverflowError):  # a state that is no JSON: the turn will say so
            return
        if len(kept) > LARGEST:
            return
        digest = self._digest(app, question)
        self._near[digest] = kept
        if self._is_worth_asking(intent):
            sealed = self._key(app).seal(kept, join("reply", app, digest))
            await self._asked("SET", _place(app, digest), sealed, "PX", max(1, round(1000 * seconds)))

    def _is_worth_asking(self, intent: str) -> bool:
        return self._took.get(intent, WORTH_S) >= WORTH_S

    async def _far(self, app: str, digest: bytes) -> _Kept | None:
        sealed = await self._asked("GET", _place(app, digest))
        if sealed is None:
            return None
        try:
            return self._still(self._key(app).open(sealed, join("reply", app, digest)))
        except DecryptionFailed:  # the answer to another question, or no words of ours
            return None

    def _still(self, kept: bytes | None) -> _Kept | None:
        """What was kept, if it still counts."""
        if kept is None:
            return None
        try:
            found = _decode(kept)
        except msgspec.MsgspecError:
            return None
        return found if found.until > self._clock.now() else None

    async def _asked(self, *command: str | bytes | int) -> bytes | None:
        """What Valkey says; None where it does not answer, and for a while after that without asking."""
        if self._clock.monotonic() < self._away_until:
            return None
        try:
            async with asyncio.timeout(LOOKUP_S):
                answer = await self._valkey.call(*command)
        except (StoreUnavailable, TimeoutError):
            self._away_until = self._clock.monotonic() + AWAY_S
            return None
        return answer if isinstance(answer, bytes) else None

    def _digest(self, app: str, question: bytes) -> bytes:
        return self._vault.hmac("reply", app, self._edition, question)

    def _key(self, app: str) -> DataKey:
        key = self._keys.get(app)
        if key is None:
            key = self._keys[app] = DataKey(self._vault.secret(app, "replies"))
        return key


def _place(app: str, digest: bytes) -> bytes:
    return f"nx:r:{app}:{int.from_bytes(digest[:8], 'big') % PLACES}".encode()
