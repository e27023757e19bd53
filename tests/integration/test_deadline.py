"""Messages to a NEXUS whose understanding is really slow, over real HTTP: answered in time, and each promise is kept once."""

import itertools
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import psycopg
import pytest
from msgspec import Struct

from bench.deadline import slow_server, worker
from bench.slow import SHARES
from infra.home import Home, StoreAddresses
from infra.prepare import prepare_stores
from infra.settings import load
from infra.simulator import Simulator
from shared.wording import wording
from tests.integration.conftest import until

BUDGET_S = 2.0
_numbers = itertools.count(1000)


class Slow:
    """Two workers on the same stores; the number in a sum says how slow it is."""

    def __init__(
        self, urls: list[str], processes: "list[subprocess.Popen[bytes]]", key: str, database_url: str
    ) -> None:
        self.urls, self.processes, self.database_url = urls, processes, database_url
        self._headers = {"authorization": f"Bearer {key}"}

    def post(self, number: int, message_id: str, user: str = "", worker: int = 0) -> httpx.Response:
        """Somebody asks for `number` times 7."""
        body = {"text": f"what is {number} times 7", "user": {"id": user or message_id}, "message_id": message_id}
        return httpx.post(f"{self.urls[worker]}/v1/messages", json=body, headers=self._headers, timeout=20)

    def get(self, message_id: str, worker: int = 0) -> httpx.Response:
        """What became of it."""
        return httpx.get(f"{self.urls[worker]}/v1/messages/{message_id}", headers=self._headers, timeout=20)

    def answer(self, message_id: str, worker: int = 0) -> str:
        """The answer, once it is there."""
        until(lambda: self.get(message_id, worker).status_code == 200, 30)
        return text(self.get(message_id, worker))

    def count(self, query: str) -> int:
        """A number from the database."""
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return int(row[0])


class Came(Struct, frozen=True):
    """An answer, and how long it took."""

    number: int
    id: str
    status: int
    text: str
    seconds: float


@pytest.fixture
def slow(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Slow]:
    home, where = Home(tmp_path), {"NEXUS_DATABASE_URL": database_url, "NEXUS_REDIS_URL": redis_url}
    (tmp_path / "logs").mkdir()
    with ExitStack() as stack:
        settings = load({"NEXUS_HOME": str(tmp_path), **where}, tmp_path)
        prepare_stores(settings, StoreAddresses(database_url, redis_url))
        keys = Simulator(home.simulator).keys()
        assert keys is not None
        url = stack.enter_context(slow_server(BUDGET_S))
        running = [stack.enter_context(worker(home, url, BUDGET_S, name, **where)) for name in ("web", "web-2")]
        yield Slow([one for one, _ in running], [one for _, one in running], keys.first_steps, database_url)


def of_speed(share: float) -> int:
    """A number that nobody asked for yet, to which understanding takes such a share of the budget."""
    return next(number for number in _numbers if SHARES[number % len(SHARES)] == share)


def text(response: httpx.Response) -> str:
    """What is said."""
    return str(response.json()["reply"]["text"])


def value(number: int) -> str:
    """What is right."""
    return f"{number * 7:,}"


def test_all_are_answered_in_time_and_each_promise_is_kept_once(slow: Slow) -> None:
    def ask(number: int) -> Came:
        began = time.monotonic()
        response = slow.post(number, f"m-{number}", worker=number // len(SHARES) % 2)
        return Came(number, f"m-{number}", response.status_code, text(response), time.monotonic() - began)

    slow.post(of_speed(SHARES[0]), "first"), slow.post(of_speed(SHARES[0]), "first-2", worker=1)
    came: list[Came] = []
    for at_once, count in ((1, 8), (8, 16), (32, 32)):
        with ThreadPoolExecutor(at_once) as pool:
            came += pool.map(ask, itertools.islice(_numbers, count))
    assert [one.id for one in came if one.seconds > BUDGET_S] == [], "late"
    assert {one.status for one in came} == {200, 202}
    assert all(value(one.number) in one.text for one in came if one.status == 200)
    promised = [one for one in came if one.status == 202]
    assert [one.id for one in promised if value(one.number) not in slow.answer(one.id)] == []
    assert slow.count("select count(*) from deferred where state = 'told'") == len(promised)
    assert slow.count("select count(*) from turns") == 2 + len(came) + len(promised)


def test_the_first_answer_stays_and_the_promised_one_is_told_once(slow: Slow) -> None:
    number, quick = of_speed(1.0), of_speed(SHARES[0])
    first = slow.post(number, "m", "ann")
    assert (first.status_code, first.json()["outcome"]) == (202, "deferred")
    assert slow.get("m", 1).content == first.content, "not there yet"
    until(lambda: slow.count("select count(*) from deferred where state = 'done'") == 1)
    told = text(slow.post(quick, "m2", "ann", worker=1))
    assert told.startswith(wording("about_before", "en"))
    assert value(number) in told
    assert told.index(value(number)) < told.index(value(quick))
    assert value(number) not in text(slow.post(quick, "m3", "ann"))
    assert slow.post(number, "m", "ann", worker=1).content == first.content, "byte for byte"
    final = slow.get("m").json()
    assert (final["message_id"], final["outcome"]) == ("m", "answered")
    assert value(number) in final["reply"]["text"]


def test_another_worker_finishes_what_a_killed_one_promised(slow: Slow) -> None:
    number = of_speed(2.0)
    assert slow.post(number, "m").status_code == 202
    slow.processes[0].kill()
    slow.processes[0].wait()
    assert slow.get("m", 1).status_code == 202
    assert value(number) in slow.answer("m", 1)
    assert slow.count("select attempts from deferred") == 2
    assert slow.count("select count(*) from turns") == 2
