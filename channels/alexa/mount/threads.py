"""Threads for synchronous code that is not ours: few, bounded, and never waited for at the end of the process."""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from msgspec import Struct

from shared.errors import DeadlineExceeded

log = logging.getLogger("nexus.alexa.skill")
T = TypeVar("T")


class _Work(Struct, frozen=True):
    """Something to do, and where its result goes."""

    call: Callable[[], Any]
    result: "Future[Any]"


class Threads:
    """At most `most` daemon threads. Code that runs past its time keeps its thread: such threads are counted and logged.

    Not a ThreadPoolExecutor, which joins its threads when the process ends: code that hangs would keep it alive.
    """

    def __init__(self, name: str, most: int) -> None:
        self._name, self._most = name, most
        self._waiting: queue.SimpleQueue[_Work] = queue.SimpleQueue()
        self._started = 0
        self._overdue = 0  # calls that still run though nobody waits for them any more
        self._lock = threading.Lock()

    async def run(self, call: Callable[[], T], seconds: float) -> T:
        """What `call` returns or raises. Raises DeadlineExceeded when it has not ended, or not even begun, in `seconds`.

        A call that ends with SystemExit or KeyboardInterrupt has failed: RuntimeError.
        """
        self._refuse_if_stuck()
        result: Future[T] = Future()
        self._start(_Work(call, result))
        waiter = asyncio.wrap_future(result)
        try:
            await asyncio.wait((waiter,), timeout=max(0.0, seconds))
        finally:
            if not waiter.done():
                self._give_up(result, waiter)
        if waiter.cancelled():
            raise DeadlineExceeded(f"{self._name}: not ready before the deadline")
        return waiter.result()

    @property
    def overdue(self) -> int:
        """How many threads are held by calls that nobody waits for any more."""
        return self._overdue

    def _refuse_if_stuck(self) -> None:
        if self._overdue >= self._most:
            log.error("mounted skill holds every thread", extra={"skill": self._name, "threads": self._most})
            raise DeadlineExceeded(f"{self._name}: every thread is held by a call past its deadline")

    def _start(self, work: _Work) -> None:
        self._waiting.put(work)
        with self._lock:
            if self._started < self._most:
                self._started += 1
                threading.Thread(target=self._serve, name=f"{self._name}-{self._started}", daemon=True).start()

    def _serve(self) -> None:
        while True:
            _do(self._waiting.get())

    def _give_up(self, result: "Future[Any]", waiter: "asyncio.Future[Any]") -> None:
        """Wait no longer. A call that has not begun never will; one that runs on is counted until it ends."""
        waiter.cancel()  # or asyncio would log what the call raises in the end, with what a person said in it
        if result.cancel():
            return
        with self._lock:
            self._overdue += 1
            held = self._overdue
        log.warning("mounted skill too slow", extra={"skill": self._name, "held": held, "threads": self._most})
        result.add_done_callback(self._came_back)

    def _came_back(self, _result: "Future[Any]") -> None:
        with self._lock:
            self._overdue -= 1


def _do(work: _Work) -> None:
    if not work.result.set_running_or_notify_cancel():
        return
    try:
        work.result.set_result(work.call())
    except Exception as error:  # noqa: BLE001 (handed to whoever waits for it)
        work.result.set_exception(error)
    except BaseException as error:  # noqa: BLE001 (foreign code calls sys.exit(): that ends its turn, not NEXUS)
        work.result.set_exception(RuntimeError(f"ended with {type(error).__name__}"))
