"""A loop whose time is not ours: where nothing is left to do, it is the next moment at once. An hour passes in a millisecond."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
START = 1_790_000_000.0


class FastLoop(asyncio.SelectorEventLoop):
    """Skips what it would have to wait for; threads are waited for."""

    def __init__(self) -> None:
        self.skipped = 0.0
        self.threads = 0
        super().__init__(_Skipping(self))

    def time(self) -> float:
        """Seconds since it began."""
        return self.skipped

    def run_in_executor(self, executor: Any, func: Any, *arguments: Any) -> Any:  # type: ignore[override]
        """See asyncio."""
        self.threads += 1
        future = super().run_in_executor(executor, func, *arguments)
        future.add_done_callback(self._thread_ended)
        return future

    def _thread_ended(self, _: object) -> None:
        self.threads -= 1


class _Skipping(selectors.DefaultSelector):
    def __init__(self, loop: FastLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self._loop.threads or timeout is None:
            return super().select(0.01 if timeout is None else min(timeout, 0.01))
        found = super().select(0)
        if not found and timeout > 0:
            self._loop.skipped += timeout
        return found


class LoopClock:
    """The clock of the running loop."""

    def now(self) -> float:
        """Unix seconds."""
        return START + self.monotonic()

    def monotonic(self) -> float:
        """Seconds since the loop began."""
        return asyncio.get_running_loop().time()


def in_fast_time(scenario: Coroutine[Any, Any, T]) -> T:
    """What the scenario comes to, in a loop of its own."""
    with asyncio.Runner(loop_factory=FastLoop) as runner:
        return runner.run(scenario)
