"""Messages to a NEXUS whose understanding is really slow, over real HTTP: answered in time, and each promise is kept once."""

import itertools
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

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
        self.processes, self.database_url = processes, database_url
        headers = {"authorization": f"Bearer {key}"}
        self._clients = [httpx.Client(base_url=url, headers=headers, timeout=20) for url in urls]

    def post(self, number: int, message_id: str, user: str = "", worker: int = 0) -> httpx.Response:
        """Somebody asks for `number` times 7."""
        body = {"text": f"what is {number} times 7", "user": {"id": user or message_id}, "message_id": message_id}
        return self._clients[worker].post("/v1/messages", json=body)

    def get(self, message_id: str, worker: int = 0) -> httpx.Response:
        """What became of it."""
        return self._clients[worker].get(f"/v1/messages/{message_id}")

    def close(self) -> None:
        """Hang up."""
        for client in self._clients:
            client.close()

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


@pytest.fixture(scope="module")
def addresses(stores: StoreAddresses, template_database: str) -> Iterator[StoreAddresses]:
    """A database for all tests here."""
    with psycopg.connect(stores.database_url, autocommit=True) as admin:
        admin.execute(f"create database slow template {template_database}".encode())
        yield StoreAddresses(stores.database_url.replace("/nexus?", "/slow?"), stores.redis_url)
        admin.execute(b"drop database slow with (force)")


@pytest.fixture(scope="module")
def slow(addresses: StoreAddresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slow]:
    folder = tmp_path_factory.mktemp("slow")
    home = Home(folder)
    where = {"NEXUS_DATABASE_URL": addresses.database_url, "NEXUS_REDIS_URL": addresses.redis_url}
    (folder / "logs").mkdir()
    with ExitStack() as stack:
        prepare_stores(load({"NEXUS_HOME": str(folder), **where}, folder), addresses)
        keys = Simulator(home.simulator).keys()
        assert keys is not None
        url = stack.enter_context(slow_server(BUDGET_S))
        running = [stack.enter_context(worker(home, url, BUDGET_S, name, **where)) for name in ("web", "web-2")]
        urls, processes = [url for url, _ in running], [process for _, process in running]
        asking = Slow(urls, processes, keys.first_steps, addresses.database_url)
        yield asking
        asking.close()


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

    for at in (0, 1):
        slow.post(of_speed(SHARES[0]), f"first-{at}", worker=at)
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
    assert slow.count("select count(*) from turns") == 2 + len(came) + len(promised), "each once"


def test_the_first_answer_stays_and_the_promised_one_is_told_once(slow: Slow) -> None:
    number, quick = of_speed(1.0), of_speed(SHARES[0])
    first = slow.post(number, "m", "ann")
    assert (first.status_code, first.json()["outcome"]) == (202, "deferred")
    assert slow.get("m", 1).content == first.content, "not there yet"
    until(lambda: slow.count("select count(*) from deferred where state = 'done'") == 1)  # looked up, it would be told
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
    number, before = of_speed(2.0), slow.count("select count(*) from turns")
    assert slow.post(number, "killed").status_code == 202
    slow.processes[0].kill()
    slow.processes[0].wait()
    assert slow.get("killed", 1).status_code == 202
    assert value(number) in slow.answer("killed", 1)
    assert slow.count("select max(attempts) from deferred") == 2
    assert slow.count("select count(*) from turns") == before + 2
