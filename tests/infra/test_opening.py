"""One door with one configuration: attempts in threads, one at a time, and later and later."""

import asyncio
import threading
from itertools import pairwise

import pytest

from channels.rest.adapter import RestAdapter
from infra.opening import LONGEST_PAUSE_S, Opening
from shared.channel import ChannelAdapter
from shared.errors import DoorShut
from shared.testing.fakes import FakeClock, door_ports

PATIENCE_S = 20.0


class Door:
    """What opens, or fails with `error`; the threads it was tried in are noted."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error
        self.threads: list[threading.Thread] = []
        self.may_end = threading.Event()
        self.may_end.set()

    def __call__(self) -> ChannelAdapter:
        self.threads.append(threading.current_thread())
        assert self.may_end.wait(PATIENCE_S)
        if self.error is not None:
            raise self.error
        return RestAdapter.open("shop", {}, door_ports())


async def test_an_open_door_stays_open() -> None:
    door, clock = Door(), FakeClock()
    opening = Opening("rest", {}, door, clock)
    first = await opening.found(PATIENCE_S)
    clock.move(1e6)
    assert isinstance(first, ChannelAdapter)
    assert await opening.found(PATIENCE_S) is first
    assert len(door.threads) == 1
    assert door.threads[0].daemon, "one that never ends must not keep the process"


async def test_a_shut_door_is_tried_again_later_and_later() -> None:
    door, clock, tried_at = Door(DoorShut("no key")), FakeClock(0.0), list[float]()
    opening = Opening("rest", {}, door, clock)
    while clock.now() < 2_000:
        before = len(door.threads)
        assert str(await opening.found(PATIENCE_S)) == "no key"
        tried_at += [clock.now()] * (len(door.threads) - before)
        clock.move(1.0)
    pauses = [later - earlier for earlier, later in pairwise(tried_at)]
    assert pauses[:4] == [2.0, 4.0, 8.0, 16.0]
    assert set(pauses[8:]) == {LONGEST_PAUSE_S}


async def test_mended_it_opens_after_the_pause() -> None:
    door, clock = Door(DoorShut("no key")), FakeClock()
    opening = Opening("rest", {}, door, clock)
    assert isinstance(await opening.found(PATIENCE_S), DoorShut)
    door.error = None
    assert isinstance(await opening.found(PATIENCE_S), DoorShut)
    clock.move(2.0)
    assert isinstance(await opening.found(PATIENCE_S), ChannelAdapter)


async def test_an_attempt_is_waited_for_and_never_doubled() -> None:
    door = Door()
    door.may_end.clear()
    opening = Opening("rest", {}, door, FakeClock())
    assert await opening.found(0.01) is None
    given_up = asyncio.create_task(opening.found(PATIENCE_S))
    waiting = asyncio.create_task(opening.found(PATIENCE_S))
    await asyncio.sleep(0)
    given_up.cancel()
    door.may_end.set()
    assert isinstance(await waiting, ChannelAdapter)
    assert len(door.threads) == 1


@pytest.mark.parametrize("error", [ValueError("secret 1234"), SystemExit(1), KeyboardInterrupt()])
async def test_whatever_an_adapter_raises_shuts_its_door(error: BaseException) -> None:
    found = await Opening("toy", {}, Door(error), FakeClock()).found(PATIENCE_S)
    assert isinstance(found, DoorShut)
    assert type(error).__name__ in str(found)
    assert "1234" not in str(found)
