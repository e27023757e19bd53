"""What a door costs without HTTP and without an engine, part by part, in one process: CPU microseconds a request."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from infra.keysource import key_source
from infra.plugins import FoundTwin, load_plugins
from infra.simulator import APP
from infra.system import RandomIds, SystemClock
from shared.channel import ChannelAdapter, Wire
from shared.ports import DoorPorts, KeyOwner
from shared.testing.adapter.values import turn_of
from shared.testing.fakes import FakeApiKeys
from shared.testing.platforms import Sent
from shared.testing.platforms.house import House
from shared.turn import Reply, Request

ROUNDS, TIMES = 5, 400
REPLY = Reply(text="You are welcome. What else can I do for you?", expects_answer=True)


class Parts(Struct, frozen=True):
    """CPU in µs, the least of some rounds: proving the sender, parsing, and answering (what goes out by an API included)."""

    verify: float
    parse: float
    render: float


def measure_parts(found: FoundTwin, folder: Path, config: Mapping[str, str], key: str) -> Parts:
    """The parts of the door that `found` knocks at, with its credentials in `folder`."""
    kind = found.load()
    house = house_of(found, config, key, lambda _: REPLY)
    with house, kind(folder, house.url, APP, user="parts") as twin:
        sent = twin.request("thank you very much")
        place = "" if kind.path.startswith("/") else kind.path.partition("/")[2]
        return house.wait(_parts(house.door.at(place), _wire(sent)))


def house_of(found: FoundTwin, config: Mapping[str, str], key: str, answer: Callable[[Request], Reply]) -> House:
    """A house with the door that `found` knocks at, wired as the product's are; `key` opens the REST door."""
    clock = SystemClock()
    ports = DoorPorts(
        clock,
        RandomIds(),
        FakeApiKeys({key: KeyOwner(APP, "bench", "bench")}),
        lambda platform, config: key_source(platform, config, clock),
        lambda purpose: purpose.encode().ljust(32, b"."),
    )
    [loaded] = [one for one in load_plugins(None).channels if one.manifest.name == found.channel]
    return House(lambda url: loaded.adapter.open(APP, {"public_url": url, **config}, ports), answer)


def _wire(sent: Sent) -> Wire:
    url = urlsplit(sent.url)
    headers = {"host": url.netloc, "content-length": str(len(sent.body)), **sent.headers}
    target = url.path + (f"?{url.query}" if url.query else "")
    return Wire(sent.method, target, tuple((k.lower().encode(), v.encode()) for k, v in headers.items()), sent.body)


async def _parts(door: ChannelAdapter, wire: Wire) -> Parts:
    verified = await door.verify(wire)
    request = door.parse(verified)
    turn = turn_of(request, REPLY)

    def answer() -> None:
        door.outgoing(request, turn)
        door.finish(wire, door.render(request, turn))

    def parse() -> None:
        door.receipt(verified)
        door.parse(verified)

    return Parts(await _awaited(lambda: door.verify(wire)), _called(parse), _called(answer))


def _called(action: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.thread_time()
        for _ in range(TIMES):
            action()
        best = min(best, time.thread_time() - started)
    return 1e6 * best / TIMES


async def _awaited(action: Callable[[], Coroutine[Any, Any, object]]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.thread_time()
        for _ in range(TIMES):
            await action()
        best = min(best, time.thread_time() - started)
        await asyncio.sleep(0)
    return 1e6 * best / TIMES
