"""The model process: what asking it costs, understanding through it against threads in process, and memory.

    python -m bench.models [--quick] [--json FILE]

Round trips and callers run on uvloop, as web workers do. Every text is asked once, so that nothing is known beforehand; the two
ways take turns, so that whatever else the machine does falls on both.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import uvloop
from msgspec import Struct
from msgspec.structs import replace

from bench.printing import print_figures
from bench.processes import cpu_seconds, pss_megabytes, tree
from bench.turns import ROOT, environment
from core.models.client import ModelClient
from core.skillbook import SkillBook
from infra.exports.names import known_to_platforms
from infra.model_service import in_process
from infra.plugins import load_plugins
from infra.settings import Settings, load, model_environment
from infra.system import SystemClock
from infra.unix import answers
from shared.ports import ModelService

CALLERS = 32
_PATIENCE_S = 120.0
_CLOCK = SystemClock()


class RoundTrip(Struct, frozen=True):
    """A question that needs no work: microseconds there and back, and of the caller's processor."""

    p50_us: float
    p99_us: float
    cpu_us: float


class Understanding(Struct, frozen=True):
    """32 callers, each with one text at a time: texts a second, milliseconds of one, microseconds of the processor.

    `cpu_us` is of the callers' process, `models_cpu_us` of the models' where that is another.
    """

    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    models_cpu_us: float = 0.0


class Figures(Struct, frozen=True):
    """What was measured. `ratio`: texts a second through the process, to those in process (median of neighbouring rounds).

    Memory is PSS in megabytes: of a process that asks, of the model process before and after the rounds, and of a process that
    asks models of its own.
    """

    round_trip: RoundTrip
    in_process: Understanding
    through_process: Understanding
    ratio: float
    caller_mb: float
    model_process_mb: float
    model_process_after_mb: float
    caller_with_models_mb: float


def measure(quick: bool = False) -> Figures:
    """Measure everything; about half a minute, ten seconds if `quick`."""
    with tempfile.TemporaryDirectory(prefix="nxb-") as folder:
        settings = load({"NEXUS_HOME": folder}, Path(folder))
        with _process(Path(folder)) as (pid, socket):
            idle = _memory(_ASKING, str(socket)), _pss(pid)
            trip = uvloop.run(_round_trip(socket, 2_000 if quick else 20_000))
            here, there, ratio = _both(settings, socket, pid, rounds=3 if quick else 15)
            busy = _pss(pid)
        return Figures(trip, here, there, ratio, *idle, busy, _memory(_COMPUTING, folder))


def _pss(pid: int) -> float:
    return round(pss_megabytes(tree(pid)), 1)


@contextmanager
def _process(folder: Path) -> Iterator[tuple[int, Path]]:
    """The model process of the shipped skills: its pid and its socket."""
    socket = folder / "core.sock"
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.core", str(socket)],
        cwd=ROOT,
        env={**model_environment(), **environment(folder, 1)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + _PATIENCE_S
        while not answers(process.pid, socket):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("the model process did not get ready")
            time.sleep(0.01)
        yield process.pid, socket
    finally:
        process.kill()
        process.wait()


async def _round_trip(socket: Path, count: int) -> RoundTrip:
    with ModelClient(socket, _CLOCK) as models:
        await models.health(_soon())
        times: list[float] = []
        cpu = time.process_time()
        for _ in range(count):
            began = time.perf_counter()
            await models.health(_soon())
            times.append(time.perf_counter() - began)
        cpu = time.process_time() - cpu
    p99 = statistics.quantiles(times, n=100)[98]
    return RoundTrip(_us(statistics.median(times)), _us(p99), _us(cpu / count))


def _both(settings: Settings, socket: Path, pid: int, rounds: int) -> tuple[Understanding, Understanding, float]:
    """In process and through the process, in turns: the median of the rounds of each, and of the ratios of neighbours."""
    book = SkillBook(known_to_platforms(load_plugins(settings.home).skills))
    texts = _texts(book)
    here: list[Understanding] = []
    there: list[Understanding] = []
    with in_process(settings, book) as models:
        for _ in range(rounds):
            said = list(islice(texts, 10 * CALLERS))  # the same for both, or their lengths would decide
            here.append(uvloop.run(_callers(lambda: models, said)))
            before = cpu_seconds(tree(pid))
            far = uvloop.run(_through(socket, said))
            spent = (cpu_seconds(tree(pid)) - before) / (10 * CALLERS)
            there.append(replace(far, models_cpu_us=_us(spent)))
    ratios = [far.per_second / near.per_second for near, far in zip(here, there, strict=True)]
    return _middle(here), _middle(there), round(statistics.median(ratios), 3)


async def _through(socket: Path, texts: Sequence[str]) -> Understanding:
    with ModelClient(socket, _CLOCK) as models:
        await models.health(_soon())
        return await _callers(lambda: models, texts)


async def _callers(models: Callable[[], ModelService], texts: Sequence[str]) -> Understanding:
    times: list[float] = []
    waiting = iter(texts)

    async def caller() -> None:
        for text in waiting:
            began = time.perf_counter()
            await models().understand(text, "en", _soon(), sure=True)
            times.append(time.perf_counter() - began)

    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    p99 = statistics.quantiles(times, n=100)[98]
    return Understanding(
        round(len(times) / seconds, 1),
        round(1e3 * statistics.median(times), 2),
        round(1e3 * p99, 2),
        _us(cpu / len(times)),
    )


def _texts(book: SkillBook) -> Iterator[str]:
    """Sentences that the skills answer, none of them twice."""
    rows = [row.text for rows in book.utterances("en").values() for row in rows]
    for number in range(1_000):
        for text in rows:
            yield f"{text} {number}"


def _middle(rounds: Sequence[Understanding]) -> Understanding:
    return sorted(rounds, key=lambda one: one.per_second)[len(rounds) // 2]


_PSS = """
from bench.processes import pss_megabytes
import os
print(pss_megabytes([os.getpid()]))
"""
_ASKING = f"""
import asyncio, sys
from pathlib import Path
import uvloop
from core.models.client import ModelClient
from infra.system import SystemClock
async def ask():
    with ModelClient(Path(sys.argv[1]), SystemClock()) as models:
        await models.understand("what time is it", "en", SystemClock().now() + 9)
uvloop.run(ask())
{_PSS}"""
_COMPUTING = f"""
import sys
from pathlib import Path
import uvloop
from core.skillbook import SkillBook
from infra.model_service import in_process
from infra.plugins import load_plugins
from infra.settings import load
from infra.system import SystemClock
async def ask():
    settings = load({{"NEXUS_HOME": sys.argv[1]}}, Path(sys.argv[1]))
    with in_process(settings, SkillBook(load_plugins(settings.home).skills)) as models:
        await models.understand("what time is it", "en", SystemClock().now() + 9)
uvloop.run(ask())
{_PSS}"""


def _memory(program: str, argument: str) -> float:
    """PSS of a process that has asked one thing."""
    done = subprocess.run(
        [sys.executable, "-c", program, argument],
        cwd=ROOT,
        env={**os.environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return round(float(done.stdout), 1)


def _soon() -> float:
    return _CLOCK.now() + 30


def _us(seconds: float) -> float:
    return round(1e6 * seconds, 1)


def main() -> int:
    """Print the figures."""
    return print_figures("python -m bench.models", "Measure the model process here.", measure)


if __name__ == "__main__":
    sys.exit(main())
