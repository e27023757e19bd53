"""The outbox: delivers what turns left to be sent through platforms' APIs.

    turn + message (one commit) → take under a lease → adapter.deliver → sent → receipts → delivered | failed

A message is in Postgres before anybody tries to send it, so none is lost. It is sent by whichever worker takes it first, mostly
the one that made it; in a conversation one after the other. What a platform does not take is tried again, later and later, for
a day at most.

At least once, and a second time as rarely as can be: when the request has left and no answer came (the worker was killed, the
platform did not answer in time), nobody can know whether the message was taken. Such a message is in doubt. Its receipt is
waited for (`ChannelAdapter.receipt_s`); only where none came is it sent again, under the same reference, so that a platform that
knows references can still tell. What was certainly not taken is tried again without that wait.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Protocol, Self

from msgspec.structs import replace

from infra.delivery import RECEIPT_S, Courier, End, Finds, Pace, harmless
from infra.storage.outbox import OutboxStore, Taken
from infra.telemetry.logs import Events
from shared.channel import Receipt
from shared.errors import StoreUnavailable
from shared.ports import Clock
from shared.text import clean

log = logging.getLogger("nexus.outbox")
events = Events("nexus.outbox")

_LOOK_AGAIN_S = (0.1, 0.3)  # for the message of a receipt that overtakes the answer to our own request


class Counts(Protocol):
    """What the outbox tells the metrics."""

    def delivery(self, channel: str, state: str) -> None:
        """An attempt ended: sent, failed, later or doubt."""

    def waiting(self, channels: Mapping[str, int]) -> None:
        """How many messages are not sent yet, by channel."""


class Outbox:
    """Delivers, while it is open (`async with`). Set `fresh` when something was committed that is to go out."""

    def __init__(
        self,
        store: OutboxStore,
        doors: Finds,
        counts: Counts,
        clock: Clock,
        jitter: Callable[[], float],
        fresh: asyncio.Event,
        pace: Pace | None = None,
    ) -> None:
        """`jitter` gives a number from 0 to 1, another one each time."""
        self._store = store
        self._doors = doors
        self._counts = counts
        self._clock = clock
        self._jitter = jitter
        self._fresh = fresh
        self._pace = pace or Pace()
        self._courier = Courier(store, doors, clock, jitter, self._pace)
        self._sending: dict[asyncio.Task[None], tuple[str, str]] = {}
        self._closing = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._loop = asyncio.create_task(self._run(), name="outbox")
        return self

    async def __aexit__(self, *_: object) -> None:
        """What is being sent may end; what takes too long is left to whoever finds it when its lease ends."""
        # The loop is told and not cancelled: a cancellation that meets a query may be lost in the driver.
        self._closing.set()
        self._fresh.set()
        await _ended_within({self._loop} if self._loop else set(), self._pace.close_s)
        await _ended_within(set(self._sending), self._pace.close_s)

    async def note(self, app: str, channel: str, receipt: Receipt) -> None:
        """Note what a platform reports; nothing happens where it is about no message of ours. Raises StoreUnavailable.

        A receipt may be faster than the answer that tells us the platform's id: then it is looked for again.
        """
        plain = replace(receipt, reference=clean(receipt.reference), reason=harmless(receipt.reason))
        if await self._settles(app, channel, plain):
            self._fresh.set()  # what comes after it in the conversation may be sent now
        else:
            log.info("receipt for no message of ours", extra={"app": app, "channel": channel})

    async def deliver_due(self) -> int:
        """Start to send what is due, or some of it where it is much; how many."""
        room = min(self._pace.sending - len(self._sending), self._pace.sending_a_door)
        if room <= 0:
            return 0
        taken = await self._store.take(
            self._clock.now(), self._leases(), self._courier.lease(RECEIPT_S), self._busy(), room
        )
        for one in taken:
            task = asyncio.create_task(self._send(one))
            self._sending[task] = (one.app, one.channel)
            task.add_done_callback(self._ended)
        return len(taken)

    async def settled(self) -> None:
        """Return when nothing is being sent."""
        while self._sending:
            await asyncio.wait(self._sending)

    async def _settles(self, app: str, channel: str, receipt: Receipt) -> bool:
        """Whether the receipt was noted.

        Where nothing is on its way, it is looked for once more: the answer may have been committed since the last look.
        """
        for pause in _LOOK_AGAIN_S:
            if await self._store.receipt(app, channel, receipt, self._clock.now()):
                return True
            if not await self._store.being_sent(app, channel):
                break
            await asyncio.sleep(pause)
        return await self._store.receipt(app, channel, receipt, self._clock.now())

    # -- the loop --------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        counted = -self._pace.count_s
        while not self._closing.is_set():
            try:
                while await self.deliver_due() and not self._closing.is_set():
                    pass
                if self._clock.monotonic() - counted >= self._pace.count_s:
                    self._counts.waiting(await self._store.waiting())
                    counted = self._clock.monotonic()
            except StoreUnavailable:
                log.warning("outbox waits for Postgres")
            except Exception as error:  # whatever it is, the next messages must not suffer
                log.error("outbox failed", exc_info=error, extra={"error": type(error).__name__})
                await _set_within(self._closing, self._pace.poll_s)
            await _set_within(self._fresh, self._pace.poll_s * (0.5 + self._jitter()))
            self._fresh.clear()

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._sending[task]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("message left over", exc_info=error, extra={"error": type(error).__name__})
        self._fresh.set()  # there is room again, and the conversation may go on

    def _busy(self) -> list[tuple[str, str]]:
        """The doors that have all the attempts they may have at once."""
        return [door for door, count in Counter(self._sending.values()).items() if count >= self._pace.sending_a_door]

    def _leases(self) -> dict[str, float]:
        return {channel: self._courier.lease(receipt_s) for channel, receipt_s in self._doors.receipt_times().items()}

    # -- one message -----------------------------------------------------------------------------------------------

    async def _send(self, taken: Taken) -> None:
        started = self._clock.monotonic()
        end = await self._courier.attempt(taken)
        await self._note_whatever(taken, end)
        self._counts.delivery(taken.channel, end.state)
        fields = {
            "trace_id": taken.id,
            "app": taken.app,
            "channel": taken.channel,
            "attempt": taken.attempt,
            "state": end.state,
            "duration_ms": round(1000 * (self._clock.monotonic() - started), 2),
        }
        if end.state == "sent":
            events.info("message sent", **fields)
        else:
            log.warning("message not sent", extra=fields)

    async def _note_whatever(self, taken: Taken, end: End) -> None:
        """Note an end; what the store refuses to hold is noted bare, or the message would be sent at every end of a lease."""
        try:
            await self._until_noted(lambda: self._note_end(taken, end))
        except Exception as error:  # noqa: BLE001 (whatever it is: a refusal must not become a repetition)
            bare = end.bare(error)
            log.error("end of a message noted bare", extra={"trace_id": taken.id, "error": type(error).__name__})
            await self._until_noted(lambda: self._note_end(taken, bare))

    async def _note_end(self, taken: Taken, end: End) -> None:
        now = self._clock.now()
        match end.state:
            case "sent":
                await self._store.sent(taken, end.provider_id, now)
            case "failed":
                await self._store.failed(taken, end.reason, now)
            case _:
                due_at = self._courier.due_again(taken, end, now)
                doubt = end.state == "doubt" or (taken.is_call and taken.in_doubt)  # no receipt takes that back
                await self._store.later(taken, due_at, end.reason, now, in_doubt=doubt)
        if end.opted_out:
            await self._store.opted_out(taken, now)

    async def _until_noted(self, note: Callable[[], Awaitable[None]]) -> None:
        """What happened must be noted, or the message is sent twice: while Postgres is away, we wait for it."""
        while True:
            try:
                return await note()
            except StoreUnavailable:
                log.warning("outbox waits for Postgres")
            if self._closing.is_set():
                return None
            await _set_within(self._closing, self._pace.poll_s)


async def _ended_within(tasks: set[asyncio.Task[None]], seconds: float) -> None:
    """Return when the tasks have ended. Those that take longer are cancelled."""
    pending = (await asyncio.wait(tasks, timeout=seconds))[1] if tasks else tasks
    for task in pending:
        task.cancel()
    if pending:
        await asyncio.wait(pending, timeout=1.0)


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    """Return when the event is set, or after so many seconds. (Python 3.11's wait_for may swallow that we are cancelled.)"""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
