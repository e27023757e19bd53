"""The outbox: delivers what turns left to be sent through platforms' APIs.

    turn + message (one commit) → take under a lease → adapter.deliver → sent → receipts → delivered | failed

A message is in Postgres before anybody tries to send it, so none is lost. It is sent by whichever worker takes it first, mostly
the one that made it; in a conversation one after the other. What a platform does not take is tried again, later and later, for
a day at most.

At least once, and twice as rarely as can be: when the request has left and no answer came (the worker was killed, the platform
did not answer in time), nobody can know whether the message was taken. Such a message is in doubt. Its receipt is waited for
(`ChannelAdapter.receipt_s`); only where none came is it sent again, under the same reference, so that a platform that knows
references can still tell. What was certainly not taken is tried again without that wait.
"""

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol, Self

from msgspec import Struct

from infra.storage.outbox import OutboxStore, Taken
from infra.telemetry.logs import Events
from shared.channel import ChannelAdapter, Receipt
from shared.errors import DecryptionFailed, DeliveryFailed, NexusError, StoreUnavailable
from shared.ports import Clock

log = logging.getLogger("nexus.outbox")
events = Events("nexus.outbox")

_LONG_NUMBER = re.compile(r"\+?\d{7,}")
_MOST_REASON = 200  # characters
_LOOK_AGAIN_S = (0.1, 0.3)  # for the message of a receipt that overtakes the answer to our own request


class Pace(Struct, frozen=True):
    """How fast and how long. Times in seconds."""

    poll_s: float = 1.0  # what another worker left behind is found within this
    send_s: float = 20.0  # for one attempt
    first_s: float = 1.0  # after the first attempt; doubles with each further one
    longest_s: float = 600.0
    most_age_s: float = 24 * 3600.0
    close_s: float = 5.0  # what is being sent may take so long when we stop
    count_s: float = 5.0
    sending: int = 64  # at once by one worker
    sending_a_door: int = 16  # so that one slow platform does not hold up the others


class Finds(Protocol):
    """What the outbox needs of the doors."""

    def receipt_times(self) -> Mapping[str, float]:
        """`receipt_s` of every channel that is loaded."""
        ...

    async def adapter(self, app: str, channel: str) -> ChannelAdapter:
        """The open door. Raises NotFound, DoorShut or StoreUnavailable."""
        ...


class Counts(Protocol):
    """What the outbox tells the metrics."""

    def delivery(self, channel: str, state: str) -> None:
        """An attempt ended: sent, failed, later or doubt."""

    def waiting(self, channels: Mapping[str, int]) -> None:
        """How many messages are not sent yet, by channel."""


class _End(Struct, frozen=True):
    """How an attempt ended: "sent", "failed" (for good), "later" or "doubt"."""

    state: str
    reason: str = ""
    provider_id: str = ""
    retry_after: float = 0.0
    opted_out: bool = False


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
        self._sending: dict[asyncio.Task[None], tuple[str, str]] = {}
        self._closing = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._loop = asyncio.create_task(self._run(), name="outbox")
        return self

    async def __aexit__(self, *_: object) -> None:
        """What is being sent may end; what takes too long is left to whoever finds it when its lease ends."""
        self._closing.set()
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        if self._sending:
            await asyncio.wait(self._sending, timeout=self._pace.close_s)
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)

    async def note(self, app: str, channel: str, receipt: Receipt) -> None:
        """Note what a platform reports; nothing happens where it is about no message of ours. Raises StoreUnavailable.

        A receipt may be faster than the answer that tells us the platform's id: then it is looked for again.
        """
        receipt = Receipt(
            receipt.state, receipt.provider_id, receipt.reference, _harmless(receipt.reason), receipt.opted_out
        )
        for pause in (*_LOOK_AGAIN_S, None):
            if await self._store.receipt(app, channel, receipt, self._clock.now()):
                self._fresh.set()  # what comes after it in the conversation may be sent now
                return
            if pause is None or not await self._store.being_sent(app, channel):
                break
            await asyncio.sleep(pause)
        log.info("receipt for no message of ours", extra={"app": app, "channel": channel})

    async def deliver_due(self) -> int:
        """Start to send what is due, or some of it where it is much; how many."""
        room = min(self._pace.sending - len(self._sending), self._pace.sending_a_door)
        if room <= 0:
            return 0
        taken = await self._store.take(self._clock.now(), self._leases(), self._lease(60.0), self._busy(), room)
        for one in taken:
            task = asyncio.create_task(self._send(one))
            self._sending[task] = (one.app, one.channel)
            task.add_done_callback(self._ended)
        return len(taken)

    async def settled(self) -> None:
        """Return when nothing is being sent."""
        while self._sending:
            await asyncio.wait(self._sending)

    # -- the loop --------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        counted = -self._pace.count_s
        while True:
            try:
                while await self.deliver_due():
                    pass
                if self._clock.monotonic() - counted >= self._pace.count_s:
                    self._counts.waiting(await self._store.waiting())
                    counted = self._clock.monotonic()
            except StoreUnavailable:
                log.warning("outbox waits for Postgres")
            except Exception as error:  # whatever it is, the next messages must not suffer
                log.error("outbox failed", exc_info=error, extra={"error": type(error).__name__})
                await asyncio.sleep(self._pace.poll_s)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._fresh.wait(), self._pace.poll_s * (0.5 + self._jitter()))
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
        return {channel: self._lease(receipt_s) for channel, receipt_s in self._doors.receipt_times().items()}

    def _lease(self, receipt_s: float) -> float:
        """Until then nobody else takes a message: while it is sent, and while its receipt may still come."""
        return self._pace.send_s + receipt_s

    # -- one message -----------------------------------------------------------------------------------------------

    async def _send(self, taken: Taken) -> None:
        started = self._clock.monotonic()
        end = await self._attempt(taken)
        await self._until_noted(lambda: self._note_end(taken, end))
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

    async def _attempt(self, taken: Taken) -> _End:
        """One attempt. Consent is looked at when the message is taken, which is now."""
        if taken.forbidden:
            return _End("failed", "opted out")
        if self._clock.now() - taken.created_at > self._pace.most_age_s:
            return _End("failed", "too old: it could not be delivered in time")
        try:
            door = (await self._doors.adapter(taken.app, taken.channel)).at(taken.place)
            content = await self._store.content(taken)
        except DecryptionFailed:
            return _End("failed", "its content cannot be read")
        except NexusError as error:  # the door is shut or gone, or the store is: it may come back
            return _End("later", error.code)
        except Exception as error:  # noqa: BLE001 (foreign code: nothing has left yet)
            return _End("later", type(error).__name__)
        return await self._hand_over(door, content, taken.id)

    async def _hand_over(self, door: ChannelAdapter, content: Mapping[str, Any], reference: str) -> _End:
        try:
            async with asyncio.timeout(self._pace.send_s):
                delivered = await door.deliver(content, reference)
        except DeliveryFailed as error:
            return _refused(error)
        except TimeoutError:
            return _End("doubt", "no answer in time")
        except Exception as error:  # noqa: BLE001 (foreign code: nobody knows whether the request left)
            return _End("doubt", type(error).__name__)
        return _End("sent", provider_id=delivered.provider_id)

    async def _note_end(self, taken: Taken, end: _End) -> None:
        now = self._clock.now()
        match end.state:
            case "sent":
                await self._store.sent(taken, end.provider_id, now)
            case "failed":
                await self._store.failed(taken, end.reason, now)
            case "later":
                await self._store.later(taken, now + self._pause(taken, end), end.reason, now, in_doubt=False)
            case _:
                receipt_s = self._doors.receipt_times().get(taken.channel, 60.0)
                due_at = now + max(receipt_s, self._pause(taken, end))
                await self._store.later(taken, due_at, end.reason, now, in_doubt=True)
        if end.opted_out:
            await self._store.opted_out(taken, now)

    def _pause(self, taken: Taken, end: _End) -> float:
        """Exponential, with jitter, so that what failed together is not tried again together; as long as the platform asks."""
        doubled = self._pace.first_s * 2.0 ** min(taken.attempt - 1, 30)
        return max(end.retry_after, min(doubled, self._pace.longest_s) * (0.5 + self._jitter() / 2))

    async def _until_noted(self, note: Callable[[], Awaitable[None]]) -> None:
        """What happened must be noted, or the message is sent twice: while Postgres is away, we wait for it."""
        while True:
            try:
                return await note()
            except StoreUnavailable:
                log.warning("outbox waits for Postgres")
            if self._closing.is_set():
                return None
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self._pace.poll_s)


def _refused(error: DeliveryFailed) -> _End:
    reason = _harmless(str(error))
    if error.opted_out:
        return _End("failed", "opted out", opted_out=True)
    if error.final:
        return _End("failed", reason)
    return _End("doubt" if error.in_doubt else "later", reason, retry_after=error.retry_after)


def _harmless(reason: str) -> str:
    """A reason as it may be stored readable: short, and without what may be a telephone number."""
    return _LONG_NUMBER.sub("…", reason)[:_MOST_REASON]
