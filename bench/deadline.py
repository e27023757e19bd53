"""Answers on time: thousands of messages to a NEXUS whose understanding is really slow, at 1, 8 and 32 at once.

python -m bench.deadline [--quick]

Every message has to be answered within the budget of the REST door, with its answer or a holding line, and every answer that was
promised has to come exactly once. The client keeps the time: from the first byte sent to the whole answer received.
"""

import argparse
import asyncio
import itertools
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import psycopg
import uvloop
from msgspec import Struct

from bench.turns import ROOT, environment, free_port, prepared_home, wait_until_listening
from infra.cli.context import settings as load_settings
from infra.home import Home
from infra.storage.postgres import Database
from infra.storage.registry import Registry
from infra.vault import Vault, load_master_key
from shared.advice import DEFAULT_APP

BUDGET_S = 1.0
PLAN = ((1, 60), (8, 480), (32, 1460))
"""How many at once, and how many in all."""
PEOPLE = 64
_WITHIN_S = 60.0  # everything that was promised is there


class Figures(Struct, frozen=True):
    """What came of one number of messages at once. Times are shares of the budget; `late` and `wrong` should be 0.

    `promised`: answered with a holding line; `kept`: of these, those whose answer came, exactly once.
    """

    at_once: int
    answered: int
    late: int
    wrong: int
    promised: int
    kept: int
    p50: float
    p99: float
    longest: float
    seconds: float


class _Said(Struct):
    """One message: its id, the sum's value, and what came."""

    id: str
    value: str
    took: float = 0.0
    status: int = 0
    text: str = ""

    @property
    def right(self) -> bool:
        """Answered or promised."""
        return self.status == 202 or (self.status == 200 and self.value in self.text)


def measure(*, quick: bool = False) -> list[Figures]:
    """All figures."""
    plan = [(at_once, count // 8) for at_once, count in PLAN] if quick else PLAN
    with (
        tempfile.TemporaryDirectory(prefix="nxb-") as folder,
        prepared_home(Path(folder)) as home,
        slow_server(BUDGET_S) as url,
        worker(home, url, BUDGET_S) as (base, _),
    ):
        return uvloop.run(_measured_all(home, base, plan))


@contextmanager
def slow_server(budget: float) -> Iterator[str]:
    """The server in a process of its own: its URL."""
    argv = [sys.executable, "-m", "bench.slow", "server", str(budget)]
    process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


@contextmanager
def worker(
    home: Home, url: str, budget: float, name: str = "web", **more: str
) -> "Iterator[tuple[str, subprocess.Popen[bytes]]]":
    """A web worker that asks that server what is meant: its own URL, and the process. `more` is for its environment."""
    port = free_port()
    with (home.root / "logs" / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.slow", "worker", url, name],
            cwd=ROOT,
            env=environment(home.root, port, NEXUS_REST_BUDGET_S=str(budget), **more),
            stdout=log,
            stderr=log,
        )
    try:
        wait_until_listening(port, process)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(20)


async def _measured_all(home: Home, base: str, plan: Sequence[tuple[int, int]]) -> list[Figures]:
    keys = await _keys(home)
    await _round(base, keys, 8, PEOPLE, 0)  # everybody is known, everything is loaded, and so are the margins
    first = itertools.accumulate((count for _, count in plan), initial=PEOPLE)
    return [await _measured(home, base, keys, at_once, count, next(first)) for at_once, count in plan]


async def _keys(home: Home) -> list[str]:
    """Some keys of the REST door: one alone may not ask as much as this."""
    settings, published = load_settings(), home.published()
    assert published is not None
    assert published.database_url is not None
    async with Database(published.database_url) as database:
        registry = Registry(database, Vault(load_master_key(settings.master_key_file, create=False)))
        return [await registry.create_key(DEFAULT_APP, f"bench {number}") for number in range(8)]


async def _measured(home: Home, base: str, keys: Sequence[str], at_once: int, count: int, first: int) -> Figures:
    began = time.perf_counter()
    said = await _round(base, keys, at_once, count, first)
    seconds = time.perf_counter() - began
    promised = [one for one in said if one.status == 202]
    kept = await _kept(base, keys, promised)
    times = sorted(one.took / BUDGET_S for one in said)
    return Figures(
        at_once,
        len(said),
        sum(one.took > BUDGET_S for one in said),
        sum(not one.right for one in said),
        len(promised),
        kept if _exactly_once(home) else 0,
        round(times[len(times) // 2], 3),
        round(times[min(len(times) - 1, 99 * len(times) // 100)], 3),
        round(times[-1], 3),
        round(seconds, 1),
    )


class _Line:
    """A connection that stays open. Raw, so that what is measured is not the client."""

    def __init__(self, base: str, key: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._head = f"HTTP/1.1\r\nhost: {urlsplit(base).netloc}\r\nauthorization: Bearer {key}\r\n"
        self._reader, self._writer = reader, writer

    async def ask(self, what: str, body: bytes = b"") -> tuple[int, str]:
        """Status and body of the answer."""
        length = f"content-length: {len(body)}\r\n" if body else ""
        self._writer.write(f"{what} {self._head}{length}\r\n".encode() + body)
        status = int((await self._reader.readline()).split()[1])
        size = 0
        while (line := await self._reader.readline()).strip():
            name, _, value = line.partition(b":")
            size = int(value) if name.lower() == b"content-length" else size
        return status, (await self._reader.readexactly(size)).decode()


@asynccontextmanager
async def _lines(base: str, keys: Sequence[str], count: int) -> AsyncIterator[list[_Line]]:
    """So many connections to the server, whose callers share the keys."""
    url = urlsplit(base)
    opened = [await asyncio.open_connection(url.hostname, url.port) for _ in range(count)]
    yield [_Line(base, keys[at % len(keys)], *streams) for at, streams in enumerate(opened)]
    for _, writer in opened:
        writer.close()


async def _round(base: str, keys: Sequence[str], at_once: int, count: int, first: int) -> list[_Said]:
    """So many messages, so many at once, each in a conversation of its own."""
    numbers = iter(range(first, first + count))
    async with _lines(base, keys, at_once) as lines:
        some = await asyncio.gather(*(_talk(line, numbers) for line in lines))
    return [one for said in some for one in said]


async def _talk(line: _Line, numbers: Iterator[int]) -> list[_Said]:
    """One caller's messages, one after the other."""
    said: list[_Said] = []
    for number in numbers:
        one = _Said(f"m-{number}", f"{(1000 + number) * 7:,}")
        user, text = {"id": f"u-{number % PEOPLE}"}, f"what is {1000 + number} times 7"
        body = msgspec.json.encode({"text": text, "user": user, "conversation": one.id, "message_id": one.id})
        sent = time.perf_counter()
        one.status, one.text = await line.ask("POST /v1/messages", body)
        one.took = time.perf_counter() - sent
        said.append(one)
    return said


async def _kept(base: str, keys: Sequence[str], promised: Sequence[_Said]) -> int:
    """How many of the answers that were promised are there in the end, and right."""
    left, end = list(promised), time.perf_counter() + _WITHIN_S
    async with _lines(base, keys, len(keys)) as lines:
        while left and time.perf_counter() < end:
            asked = [
                (one, await lines[at % len(lines)].ask(f"GET /v1/messages/{one.id}")) for at, one in enumerate(left)
            ]
            left = [one for one, (status, text) in asked if status != 200 or one.value not in text]
            await asyncio.sleep(0.2 if left else 0)
    return len(promised) - len(left)


def _exactly_once(home: Home) -> bool:
    """Whether each deferral has one answer, and each answer one deferral."""
    published = home.published()
    assert published is not None
    assert published.database_url is not None
    with psycopg.connect(published.database_url) as connection:
        row = connection.execute(
            """select count(*), count(distinct d.message_digest), count(t.seq)
               from deferred d left join turns t on t.app_id = d.app_id and t.message_digest = d.answer_digest"""
        ).fetchone()
    assert row is not None
    return bool(row[0] == row[1] == row[2])


def table(figures: Sequence[Figures]) -> str:
    """The figures to be read; times in shares of the budget."""
    lines = ["at once  answers  late  wrong  promised  kept   p50    p99    longest  seconds"]
    lines += [
        f"{one.at_once:7}  {one.answered:7}  {one.late:4}  {one.wrong:5}  {one.promised:8}  {one.kept:4}  {one.p50:.3f}"
        f"  {one.p99:.3f}  {one.longest:7.3f}  {one.seconds:7.1f}"
        for one in figures
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.deadline", description="Are answers on time?")
    parser.add_argument("--quick", action="store_true", help="an eighth of the messages")
    figures = measure(quick=parser.parse_args().quick)
    print(f"budget {BUDGET_S:g} s; times in shares of it; target: none late")
    print(table(figures))
    print(msgspec.json.encode(figures).decode())


if __name__ == "__main__":
    main()
