"""Foreign synchronous code runs beside the event loop, in few threads, and nobody waits for it longer than for others."""

import asyncio
import gc
import logging
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from channels.alexa.mount.threads import Threads
from shared.errors import DeadlineExceeded


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """What calls of a test wait for; it is set at the end, so that none is left behind."""
    event = threading.Event()
    yield event
    event.set()


async def until(condition: Callable[[], bool]) -> None:
    """Wait until `condition()` holds."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.005)


async def test_results_and_errors_come_back() -> None:
    threads = Threads("t", 2)
    assert await threads.run(lambda: 7, 5) == 7
    with pytest.raises(LookupError, match="x"):
        await threads.run(lambda: _raise(LookupError("x")), 5)
    with pytest.raises(TimeoutError):  # its own, from a socket, say
        await threads.run(lambda: _raise(TimeoutError("its own")), 5)


async def test_what_a_call_raises_reaches_no_log(release: threading.Event, caplog: pytest.LogCaptureFixture) -> None:
    """An error may hold what a person said: it goes to who waits, and nowhere once nobody does."""
    threads = Threads("t", 2)

    def late() -> None:
        release.wait()
        raise LookupError("what the person said")

    with pytest.raises(LookupError):
        await threads.run(lambda: _raise(LookupError("what the person said")), 5)
    with pytest.raises(DeadlineExceeded):
        await threads.run(late, 0.01)
    release.set()
    await until(lambda: threads.overdue == 0)
    await asyncio.sleep(0)
    gc.collect()
    assert "person" not in caplog.text


async def test_an_exit_ends_the_call_and_nothing_else() -> None:
    threads = Threads("t", 1)
    for error in (SystemExit, KeyboardInterrupt):
        with pytest.raises(RuntimeError, match=f"ended with {error.__name__}"):
            await threads.run(partial(_raise, error()), 5)
    assert await threads.run(lambda: "alive", 5) == "alive"


def _raise(error: BaseException) -> None:
    raise error


async def test_the_loop_runs_on_meanwhile(release: threading.Event) -> None:
    threads = Threads("t", 1)
    task = asyncio.create_task(threads.run(release.wait, 5))
    for _ in range(3):
        await asyncio.sleep(0)
    assert not task.done()
    release.set()
    assert await task is True


async def test_at_most_so_many_threads(release: threading.Event) -> None:
    threads = Threads("bounded", 3)
    tasks = [asyncio.create_task(threads.run(release.wait, 10)) for _ in range(30)]
    await asyncio.sleep(0.05)
    assert len([one for one in threading.enumerate() if one.name.startswith("bounded-")]) == 3
    release.set()
    assert await asyncio.gather(*tasks) == [True] * 30


async def test_a_slow_call_is_not_waited_for_and_is_counted_until_it_ends(
    release: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    threads = Threads("slow", 2)
    with pytest.raises(DeadlineExceeded), caplog.at_level(logging.WARNING):
        await threads.run(release.wait, 0.01)
    assert threads.overdue == 1
    assert "too slow" in caplog.text
    assert await threads.run(lambda: "another thread", 5) == "another thread"
    release.set()
    await until(lambda: threads.overdue == 0)


async def test_when_every_thread_is_held_the_next_is_refused_at_once_and_logged(
    release: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    threads = Threads("stuck", 2)
    for _ in range(2):
        with pytest.raises(DeadlineExceeded):
            await threads.run(release.wait, 0.01)
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded, match="every thread is held"):
        await threads.run(lambda: 1, 60)
    assert time.monotonic() - started < 5
    assert "holds every thread" in caplog.text
    release.set()
    await until(lambda: threads.overdue == 0)
    assert await threads.run(lambda: 1, 5) == 1


async def test_what_waits_in_vain_never_runs(release: threading.Event) -> None:
    threads, ran = Threads("queue", 1), threading.Event()
    first = asyncio.create_task(threads.run(release.wait, 10))
    await asyncio.sleep(0.02)
    with pytest.raises(DeadlineExceeded):
        await threads.run(ran.set, 0.01)
    assert threads.overdue == 0  # it held no thread
    release.set()
    await first
    assert await threads.run(lambda: "done", 5) == "done"
    assert not ran.is_set()


async def test_who_goes_away_leaves_the_call_counted(release: threading.Event) -> None:
    threads, begun = Threads("gone", 1), threading.Event()

    def wait() -> None:
        begun.set()
        release.wait()

    task = asyncio.create_task(threads.run(wait, 10))
    await until(begun.is_set)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert threads.overdue == 1
    release.set()
    await until(lambda: threads.overdue == 0)


async def test_no_time_left_is_too_late(release: threading.Event) -> None:
    with pytest.raises(DeadlineExceeded):
        await Threads("late", 1).run(release.wait, -1.0)
