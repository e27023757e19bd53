"""What a door costs without HTTP and without an engine, part by part, in one process: CPU microseconds a request."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
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
    rounds = [await _round(door, wire) for _ in range(ROUNDS)]
    return Parts(*(1e6 * min(part) / TIMES for part in zip(*rounds, strict=True)))


async def _round(door: ChannelAdapter, wire: Wire) -> tuple[float, float, float]:
    """Seconds of verifying, parsing and answering, request after request: a part by itself, again and again, takes half of it."""
    verify = parse = answer = 0.0
    for _ in range(TIMES):
        began = time.thread_time()
        verified = await door.verify(wire)
        proven = time.thread_time()
        door.receipt(verified)
        request = door.parse(verified)
        parsed = time.thread_time()
        turn = turn_of(request, REPLY)
        turned = time.thread_time()
        door.outgoing(request, turn)
        door.finish(wire, door.render(request, turn))
        answer += time.thread_time() - turned
        verify, parse = verify + proven - began, parse + parsed - proven
    return verify, parse, answer
