"""What a turn costs: a web worker on one core, the client and the stores on another, CPU time by process."""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.load import Client, Message, Result
from bench.messages import Phrases, everyday, signed, thanks
from bench.processes import cores, cpu_seconds, pin, tree
from infra.cli.context import settings as load_settings
from infra.embedded import open_stores
from infra.home import Home
from infra.prepare import prepare_stores
from infra.simulator import Simulator

ROOT = Path(__file__).parent.parent
CONNECTIONS = 32
_START_S = 120.0


class Plan(Struct, frozen=True):
    """How long to measure: rounds of so many seconds, with at most so many messages in all, from so many people."""

    rounds: int
    seconds: float
    messages: int
    people: int


class Scenario(Struct, frozen=True):
    """One server and what is said to it."""

    name: str
    argv: tuple[str, ...]
    phrases: Phrases
    target_us: float | None
    share: float = 1.0  # of the plan's messages: a slow server needs fewer
    stored: bool = True  # whether the stores have a part in it


class Cost(Struct, frozen=True):
    """The figures of one scenario. CPU in µs a turn (the least of the rounds), latency in ms (the middle round).

    `first_us` is the cost of a person's first turn ever, which makes their key; everybody has had it before the rounds.
    """

    name: str
    target_us: float | None
    cpu_us: float
    cpu_us_rounds: tuple[float, ...]
    stores_us: dict[str, float]
    first_us: float
    per_second: float
    p50: float
    p99: float
    alone_p50: float  # with a single connection
    alone_p99: float
    answered: int
    wrong: int
    first_wrong: str = ""


SCENARIOS = (
    Scenario("door without engine", ("bench.server", "door"), thanks, 120, stored=False),
    Scenario("stored turn, understanding stubbed", ("bench.server", "stubbed"), thanks, 450),
    Scenario("stored turn with the shipped model", ("infra.web", "--index", "1"), everyday, None, share=0.2),
)


def measure(scenario: Scenario, home: Home, plan: Plan) -> Cost:
    """Start the server of a scenario in a home whose stores run, and measure it."""
    with serving(scenario.argv, home.root) as (pid, port):
        count = plan.people + int(plan.messages * scenario.share)
        messages = signed(Simulator(home.simulator).of("alexa"), scenario.phrases, count, plan.people)
        names = ("postgres", "valkey") if scenario.stored else ()
        stores = {name: int(home.pid_file(name).read_text()) for name in names}
        return rounds(scenario.name, scenario.target_us, messages, port, pid, stores, plan, home.root)


def rounds(
    name: str,
    target_us: float | None,
    messages: Sequence[Message],
    port: int,
    pid: int,
    stores: Mapping[str, int],
    plan: Plan,
    folder: Path,
) -> Cost:
    """Rounds against a server that runs: everybody's first turn, one with a single connection, then the measured ones."""
    server_core, client_core = cores()
    pin(tree(pid), server_core)
    for store in stores.values():
        pin(tree(store), client_core)
    bench = _Bench(messages, port, pid, stores, folder, Client(client_core))
    _, first_us, _ = bench.round(CONNECTIONS, _START_S, plan.people)
    alone, _, _ = bench.round(1, plan.seconds / 2)
    measured = [bench.round(CONNECTIONS, plan.seconds) for _ in range(plan.rounds) if bench.left()]
    results = [result for result, _, _ in measured]
    costs = [cpu for _, cpu, _ in measured]
    least = min(range(len(costs)), key=lambda at: costs[at])
    middle = sorted(results, key=lambda result: result.p50)[len(results) // 2]
    return Cost(
        name,
        target_us,
        min(costs),
        tuple(round(cost, 1) for cost in costs),
        measured[least][2],
        first_us,
        statistics.median(result.answered / result.seconds for result in results),
        middle.p50,
        middle.p99,
        alone.p50,
        alone.p99,
        sum(result.answered for result in results),
        sum(result.wrong for result in results),
        next((result.first_wrong for result in results if result.first_wrong), ""),
    )


class _Bench:
    """Runs rounds, never sending a message twice."""

    def __init__(
        self,
        messages: Sequence[Message],
        port: int,
        pid: int,
        stores: Mapping[str, int],
        folder: Path,
        client: Client,
    ) -> None:
        self._messages, self._port, self._pid, self._stores = messages, port, pid, stores
        self._file = folder / "messages.msgpack"
        self._client = client
        self._used = 0

    def left(self) -> bool:
        """Whether enough messages are left to say anything."""
        return len(self._messages) - self._used >= 10 * CONNECTIONS

    def round(
        self, connections: int, seconds: float, at_most: int | None = None
    ) -> tuple[Result, float, dict[str, float]]:
        """One round: the client's result, the server's CPU and that of each store, in µs a turn."""
        end = None if at_most is None else self._used + at_most
        self._file.write_bytes(msgspec.msgpack.encode(self._messages[self._used : end]))
        process = self._client.start(self._file, self._port, connections, seconds)
        before, stores_before = cpu_seconds(tree(self._pid)), self._stores_cpu()
        result = self._client.finish(process)
        after, stores_after = cpu_seconds(tree(self._pid)), self._stores_cpu()
        self._used += result.answered
        turns = max(1, result.answered)
        stores = {name: 1e6 * (stores_after[name] - stores_before[name]) / turns for name in self._stores}
        return result, 1e6 * (after - before) / turns, stores

    def _stores_cpu(self) -> dict[str, float]:
        return {name: cpu_seconds(tree(pid)) for name, pid in self._stores.items()}


@contextmanager
def prepared_home(root: Path) -> Iterator[Home]:
    """A home of its own with running stores, schema, apps and simulators; this process has its settings meanwhile."""
    os.environ.update(environment(root, free_port()))
    home, settings = Home(root), load_settings()
    with open_stores(home, command="bench") as addresses:
        prepare_stores(settings, addresses)
        yield home


@contextmanager
def serving(argv: Sequence[str], home: Path) -> Iterator[tuple[int, int]]:
    """A Python module as a web worker on a free port: its pid and the port. What it says is in HOME/logs/bench.log."""
    port = free_port()
    with (home / "logs" / "bench.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *argv],
            cwd=ROOT,
            env=environment(home, port, NEXUS_MODELS="in-process"),  # one process is measured, with all it does
            stdout=log,
            stderr=log,
        )
    try:
        wait_until_listening(port, process)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(20)


def environment(home: Path, port: int, **more: str) -> dict[str, str]:
    """The environment of a NEXUS of our own, with none of the settings that are set here but those given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NEXUS_")}
    return {**kept, "NEXUS_HOME": str(home), "NEXUS_PORT": str(port), **more}


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_listening(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Return once the port takes connections. Raises RuntimeError if the process ends or takes too long."""
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with status {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise RuntimeError("the server did not start in time")


def ready(port: int) -> bool:
    """Whether /readyz says that every part is well."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            parts = msgspec.json.decode(answer.read())["parts"]
            return all(part["ok"] for part in parts.values())
    except (OSError, http.client.HTTPException):
        return False
