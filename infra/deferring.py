"""Finishes answers that came too late for their messages: keeps the leases of what this worker works on, and takes over what
others left behind.

    turn + deferral (one commit) → worked on under a lease, by whoever made it → answer + end (one commit)

A worker that dies loses its leases; whoever finds that first computes the answer anew. See core/background.py.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, Self

from msgspec import Struct

from core.background import LEASE_S, Background, Owed
from infra.entered import Reopened
from infra.storage.deferred import DeferredStore, Left
from shared.channel import ChannelAdapter
from shared.errors import StoreUnavailable
from shared.ports import Clock, Door

log = logging.getLogger("nexus.deferring")


class Pace(Struct, frozen=True):
    """How fast and how long, in seconds."""

    poll_s: float = 1.0
    lease_s: float = LEASE_S
    taken: int = 16  # at once


class Finds(Protocol):
    """What is needed of the doors."""

    async def adapter(self, app: str, channel: str) -> ChannelAdapter:
        """The open door. Raises NotFound, DoorShut or StoreUnavailable."""
        ...


class Finisher:
    """Works while it is open (`async with`)."""

    def __init__(
        self,
        store: DeferredStore,
        background: Background,
        doors: Finds,
        clock: Clock,
        jitter: Callable[[], float],
        pace: Pace | None = None,
    ) -> None:
        """`jitter` gives a number from 0 to 1, another one each time."""
        self._store = store
        self._background = background
        self._doors = doors
        self._clock = clock
        self._jitter = jitter
        self._pace = pace or Pace()
        self._closing = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._loop = asyncio.create_task(self._run(), name="deferred answers")
        return self

    async def __aexit__(self, *_: object) -> None:
        # The loop is told and not cancelled: a cancellation that meets a query may be lost in the driver.
        self._closing.set()
        if self._loop is not None:
            await asyncio.wait((self._loop,), timeout=self._pace.lease_s)

    async def keep(self) -> None:
        """Renew the leases of what is being worked on here."""
        until = self._clock.now() + self._pace.lease_s
        await self._store.renew(self._background.lease, until, self._background.held)

    async def take_over(self) -> int:
        """Begin what others left behind, as far as there is room; how many."""
        limit = min(self._background.room, self._pace.taken)
        if not limit:
            return 0
        now, lease = self._clock.now(), self._background.lease
        taken = await self._store.take(now, lease, now + self._pace.lease_s, limit)
        for left in taken:
            log.info("deferred answer taken over", extra={"channel": left.request.channel, "attempt": left.attempt})
            owed = Owed(left.person, left.request, left.deferral, await self._door(left))
            self._background.resume(owed, left.attempt)
        return len(taken)

    async def _door(self, left: Left) -> Door | None:
        """The door to write through; None where it is shut: then the person hears the answer when they speak again."""
        try:
            adapter = await self._doors.adapter(left.person.app, left.request.channel)
            return Reopened(adapter.at(left.deferral.place), left.deferral.place)
        except Exception as error:  # noqa: BLE001 (foreign code, too: the answer does not depend on it)
            extra = {"channel": left.request.channel, "error": type(error).__name__}
            log.warning("a deferred answer cannot be written", extra=extra)
            return None

    async def _run(self) -> None:
        while not self._closing.is_set():
            try:
                await self.keep()
                await self.take_over()
            except StoreUnavailable:
                log.warning("deferred answers wait for Postgres")
            except Exception as error:  # whatever it is, the next answers must not suffer
                log.error("deferred answers failed", exc_info=error, extra={"error": type(error).__name__})
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace.poll_s * (0.5 + self._jitter())):
                    await self._closing.wait()
