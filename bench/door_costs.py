"""What every door costs over HTTP without an engine: `python -m bench.door_costs [--quick]`.

CPU microseconds a request of a web worker on one core, driven by every twin that a manifest names: the message as its platform
sends it, signed, checked, parsed, an answer that is always the same, rendered. Beside it the HTTP server alone with the same
request, and the door's own parts, measured in one process without HTTP. The door "(nothing)" does nothing: it costs HTTP and
the front, which all doors share.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.door_parts import Parts, measure_parts
from bench.load import Client, Message, Result
from bench.messages import over_the_wire, somebody
from bench.processes import cores, cpu_seconds, pin, tree
from bench.server import NOTHING
from bench.turns import CONNECTIONS, prepared_home, serving
from infra.home import Home
from infra.plugins import FoundTwin, find_twins
from infra.simulator import APP, Simulator
from shared.testing.platforms import Sent, Twin

TARGET_US = 150.0
PEOPLE, SAYINGS = 20, 5
_WARM_S = 0.5


class DoorCost(Struct, frozen=True):
    """CPU in µs a request: the whole, HTTP alone, the parts; the request's size in bytes; how many answers were `wrong`."""

    name: str
    cpu_us: float
    bare_us: float
    parts: Parts
    bytes_in: int
    wrong: int
    first_wrong: str = ""

    @property
    def within(self) -> bool:
        """Whether the target is met."""
        return self.cpu_us <= TARGET_US


def measure(home: Home, rounds: int, seconds: float) -> list[DoorCost]:
    """Every twin's door, in a home that is prepared."""
    with (
        serving(("bench.server", "bare"), home.root) as bare,
        serving(("bench.server", "door"), home.root) as door,
    ):
        bench = _Bench(home.root, rounds, seconds)
        twins = find_twins(home.root).found
        return [_nothing(bench, bare, door), *(_measure(bench, home, twin, bare, door) for twin in twins)]


def _measure(bench: "_Bench", home: Home, found: FoundTwin, bare: tuple[int, int], door: tuple[int, int]) -> DoorCost:
    simulator = Simulator(home.simulator)
    folder = simulator.of(found.name)
    messages = _messages(found, folder, f"http://127.0.0.1:{door[1]}")
    alone, _ = bench.least(bare, messages)
    whole, result = bench.least(door, messages)
    keys = simulator.keys()
    parts = measure_parts(found, folder, simulator.configs()[found.channel], keys.rest if keys else "")
    size = len(messages[0].request)
    return DoorCost(found.name, whole, alone, parts, size, result.wrong, result.first_wrong)


def _nothing(bench: "_Bench", bare: tuple[int, int], door: tuple[int, int]) -> DoorCost:
    """A door that does nothing: what the front costs."""
    url = f"http://127.0.0.1:{door[1]}/apps/{APP}/channels/{NOTHING}"
    message = over_the_wire(Sent(url, {"content-type": "text/plain"}, b"x" * 500, "1"))
    alone, _ = bench.least(bare, [message])
    whole, result = bench.least(door, [message])
    size = len(message.request)
    return DoorCost(f"({NOTHING})", whole, alone, Parts(0, 0, 0), size, result.wrong, result.first_wrong)


def _messages(found: FoundTwin, folder: Path, url: str) -> list[Message]:
    """What some people send, each several times. Signed now: time stamps hold for minutes only."""
    kind = found.load()
    people = [_person(kind, folder, url, number) for number in range(PEOPLE)]
    sent = [twin.request(f"thank you number {number}") for number in range(SAYINGS) for twin in people]
    if complaints := people[0].complaints(sent[0], people[0].post(sent[0])):
        raise RuntimeError(f"{found.name}: {'; '.join(complaints)}")
    for twin in people:
        twin.disconnect()
    return [over_the_wire(one) for one in sent]


def _person(kind: type[Twin], folder: Path, url: str, number: int) -> Twin:
    if kind.name == "alexa":
        return somebody(folder, number, url)
    return kind(folder, url, APP, user=f"bench{number}")


class _Bench:
    """Runs rounds against servers that are pinned to one core."""

    def __init__(self, folder: Path, rounds: int, seconds: float) -> None:
        self._server_core, client_core = cores()
        self._client = Client(client_core)
        self._file = folder / "messages.msgpack"
        self._rounds, self._seconds = rounds, seconds

    def least(self, server: tuple[int, int], messages: Sequence[Message]) -> tuple[float, Result]:
        """The least CPU of the rounds, in µs a request, and what the last round said."""
        pin(tree(server[0]), self._server_core)
        self._file.write_bytes(msgspec.msgpack.encode(messages))
        self._round(server, _WARM_S)
        found = [self._round(server, self._seconds) for _ in range(self._rounds)]
        return min(cpu for cpu, _ in found), found[-1][1]

    def _round(self, server: tuple[int, int], seconds: float) -> tuple[float, Result]:
        pid, port = server
        process = self._client.start(self._file, port, CONNECTIONS, seconds, again=True)
        before = cpu_seconds(tree(pid))
        result = self._client.finish(process)
        return 1e6 * (cpu_seconds(tree(pid)) - before) / max(1, result.answered), result


def table(costs: Sequence[DoorCost]) -> str:
    """The figures in columns."""
    head = f"{'door':<15}{'CPU µs':>8}{'target':>8}{'HTTP':>7}{'verify':>8}{'parse':>7}{'answer':>8}{'bytes in':>10}"
    return "\n".join([head, *map(_row, costs)])


def _row(cost: DoorCost) -> str:
    over = "" if cost.within else "  over"
    wrong = f"  {cost.wrong} wrong: {cost.first_wrong[:200]}" if cost.wrong else ""
    parts = cost.parts
    return (
        f"{cost.name:<15}{cost.cpu_us:>8.0f}{TARGET_US:>8.0f}{cost.bare_us:>7.0f}{parts.verify:>8.1f}{parts.parse:>7.1f}"
        f"{parts.render:>8.1f}{cost.bytes_in:>10}{over}{wrong}"
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.door_costs", description="What every door costs.")
    parser.add_argument("--quick", action="store_true", help="one short round each")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory(prefix="nxb-") as folder, prepared_home(Path(folder)) as home:
        print(table(measure(home, *(1, 0.7) if quick else (3, 1.5))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
