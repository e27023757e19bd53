"""Opens one door with one configuration: in a thread of its own, and again, later and later, while it stays shut."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from threading import Thread

from shared.channel import ChannelAdapter
from shared.errors import DoorShut
from shared.ports import Clock

log = logging.getLogger("nexus.doors")

FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 300.0  # what a door lacks besides settings (a package, a file) may come while NEXUS runs

Found = ChannelAdapter | DoorShut


class Opening:
    """The attempts to open one door with `config`, never two at once; the first that succeeds is the last.

    Foreign code runs in them: a developer's skill is imported, which may take long or never end. So they hold up neither the
    event loop nor the end of the process.
    """

    def __init__(
        self, channel: str, config: Mapping[str, str], make: Callable[[], ChannelAdapter], clock: Clock
    ) -> None:
        self.config = config
        self._channel, self._make, self._clock = channel, make, clock
        self._attempt: asyncio.Future[Found] | None = None
        self._failures = 0
        self._again_at = 0.0

    async def found(self, seconds: float) -> Found | None:
        """The door, or why it is shut; None while an attempt goes on that does not end within `seconds`."""
        attempt = self._attempt
        if attempt is None or self._is_due(attempt):
            attempt = self._attempt = self._begin()
        if not attempt.done():
            await asyncio.wait((attempt,), timeout=seconds)
        return attempt.result() if attempt.done() else None

    def _is_due(self, attempt: "asyncio.Future[Found]") -> bool:
        return attempt.done() and isinstance(attempt.result(), DoorShut) and self._clock.monotonic() >= self._again_at

    def _begin(self) -> "asyncio.Future[Found]":
        result: Future[Found] = Future()
        attempt = asyncio.wrap_future(result)
        attempt.add_done_callback(self._ended)
        # Not in an executor, whose threads are joined when the process ends.
        Thread(target=lambda: result.set_result(self._tried()), name=f"open {self._channel}", daemon=True).start()
        return attempt

    def _ended(self, attempt: "asyncio.Future[Found]") -> None:
        if not attempt.cancelled() and isinstance(attempt.result(), DoorShut):
            pause = min(FIRST_PAUSE_S * 2.0 ** min(self._failures, 30), LONGEST_PAUSE_S)
            self._failures += 1
            self._again_at = self._clock.monotonic() + pause

    def _tried(self) -> Found:
        try:
            return self._make()
        except DoorShut as shut:
            return shut
        except BaseException as error:  # foreign code: whatever it raises shuts this door and no other
            kind = type(error).__name__
            log.error("door cannot be opened", exc_info=error, extra={"channel": self._channel, "error": kind})
            return DoorShut(f"{self._channel}: the door cannot be opened: {kind}; the log says where")
