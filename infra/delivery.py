"""One attempt to hand a message to its platform, and what came of it."""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from msgspec import Struct

from infra.storage.outbox import OutboxStore, Taken
from infra.storage.turns import IN_DOUBT
from shared.channel import ChannelAdapter, Delivered
from shared.errors import DecryptionFailed, DeliveryFailed, NexusError
from shared.ports import Clock
from shared.text import clean

_LONG_NUMBER = re.compile(r"\+?\d{7,}")
_MOST_REASON = 200  # characters
RECEIPT_S = ChannelAdapter.receipt_s


class Pace(Struct, frozen=True):
    """How fast and how long. Times in seconds."""

    poll_s: float = 1.0  # what another worker left behind is found within this
    send_s: float = 20.0  # for one attempt
    first_s: float = 1.0  # after the first attempt; doubles with each further one
    longest_s: float = 600.0
    most_age_s: float = 24 * 3600.0
    close_s: float = 4.0  # what is being sent may take so long when we stop
    count_s: float = 5.0
    sending: int = 64  # at once by one worker
    sending_a_door: int = 16  # so that one slow platform does not hold up the others


class Carrier(Protocol):
    """What takes what goes out: a channel's adapter, or a skill that carries out its calls."""

    def at(self, place: str) -> "Carrier":
        """The one at a place of its own. Raises NotFound or DoorShut."""
        ...

    async def deliver(self, content: Mapping[str, Any], reference: str) -> Delivered:
        """See `ChannelAdapter.deliver`."""
        ...


class Finds(Protocol):
    """What the outbox needs of the doors."""

    def receipt_times(self) -> Mapping[str, float]:
        """`receipt_s` of every channel that is loaded."""
        ...

    async def adapter(self, app: str, channel: str) -> Carrier:
        """The open door. Raises NotFound, DoorShut or StoreUnavailable."""
        ...


class End(Struct, frozen=True):
    """How an attempt ended: "sent", "failed" (for good), "later" or "doubt"."""

    state: str
    reason: str = ""
    provider_id: str = ""
    retry_after: float = 0.0
    opted_out: bool = False

    def bare(self, error: Exception) -> "End":
        """The same end with no more than the name of what kept it from being noted: no id, no pause, no words."""
        return End(self.state, "" if self.state == "sent" else type(error).__name__, opted_out=self.opted_out)


class Courier:
    """Makes attempts."""

    def __init__(self, store: OutboxStore, doors: Finds, clock: Clock, jitter: Callable[[], float], pace: Pace) -> None:
        self._store = store
        self._doors = doors
        self._clock = clock
        self._jitter = jitter
        self._pace = pace

    def lease(self, receipt_s: float) -> float:
        """For how many seconds nobody else takes a message: while it is sent, and while its receipt may still come."""
        return self._pace.send_s + receipt_s

    async def attempt(self, taken: Taken) -> End:
        """One attempt. Consent is looked at when the message is taken, which is now."""
        if taken.forbidden:
            return End("failed", "opted out")
        if self._left(taken) <= 0:
            return _given_up(taken)
        try:
            door = (await self._doors.adapter(taken.app, taken.channel)).at(taken.place)
            content = await self._store.content(taken)
        except DecryptionFailed:
            return End("failed", "its content cannot be read")
        except NexusError as error:  # the door is shut or gone, or the store is: it may come back
            return End("later", error.code)
        except Exception as error:  # noqa: BLE001 (foreign code: nothing has left yet)
            return End("later", type(error).__name__)
        return await self._hand_over(door, content, taken)

    def _left(self, taken: Taken) -> float:
        """For how many seconds it may still be delivered."""
        until = taken.created_at + self._pace.most_age_s if taken.expires_at is None else taken.expires_at
        return until - self._clock.now()

    async def _hand_over(self, door: Carrier, content: Mapping[str, Any], taken: Taken) -> End:
        try:
            async with asyncio.timeout(min(self._pace.send_s, self._left(taken))):
                delivered = await door.deliver(content, taken.id)
        except DeliveryFailed as error:
            return _refused(error)
        except TimeoutError:
            return End("doubt", "no answer in time")
        except Exception as error:  # noqa: BLE001 (foreign code: nobody knows whether the request left)
            return End("doubt", type(error).__name__)
        return End("sent", provider_id=_its_id(delivered))

    def due_again(self, taken: Taken, end: End, now: float) -> float:
        """When to try again what ended "later" or in "doubt".

        Exponential, with jitter, so that what failed together is not tried again together; as late as the platform asks; in
        doubt not before a receipt has had its time.
        """
        doubled = self._pace.first_s * 2.0 ** min(taken.attempt - 1, 30)
        pause = min(doubled, self._pace.longest_s) * (0.5 + self._jitter() / 2)
        receipt_s = self._doors.receipt_times().get(taken.channel, RECEIPT_S) if end.state == "doubt" else 0.0
        due_at = now + max(end.retry_after, pause, receipt_s)
        # What is over by then is given up when it is over: who asks meanwhile is told no lie.
        return due_at if taken.expires_at is None else min(due_at, max(taken.expires_at, now))


def _given_up(taken: Taken) -> End:
    if taken.expires_at is None:
        return End("failed", "too old: it could not be delivered in time")
    return End(
        "failed", f"{IN_DOUBT}: it may have been done" if taken.in_doubt else "too late: it could not be done in time"
    )


def _its_id(delivered: object) -> str:
    """The platform's id. Foreign code that answers with something else has sent the message all the same."""
    return delivered.provider_id if isinstance(delivered, Delivered) else ""


def _refused(error: DeliveryFailed) -> End:
    reason = harmless(str(error))
    if error.opted_out:
        return End("failed", "opted out", opted_out=True)
    if error.final:
        return End("failed", reason)
    return End("doubt" if error.in_doubt else "later", reason, retry_after=error.retry_after)


def harmless(reason: str) -> str:
    """A reason as it may be stored readable: text, short, and without what may be a telephone number."""
    return _LONG_NUMBER.sub("…", clean(reason))[:_MOST_REASON]
