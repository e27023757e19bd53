"""Turns over TCP with two workers: once each, in order, and still there after whatever is killed in between."""

import os
import random
import signal
import string
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import msgspec
import psutil
import pytest

from infra.durability import assert_durable
from infra.telemetry.snapshot import Snapshot
from tests.integration.conftest import Nexus, until

Trouble = Callable[[Nexus], None]


def nothing(nexus: Nexus) -> None:
    """No trouble."""


def flush(nexus: Nexus) -> None:
    """Valkey forgets everything."""
    nexus.flush()


def kill_worker(nexus: Nexus) -> None:
    """A web worker is killed."""
    nexus.kill("web")


def kill_both_workers(nexus: Nexus) -> None:
    """Every web worker is killed."""
    nexus.kill("web")
    nexus.kill("web-2")
    until(lambda: _healthy(nexus))


def kill_postgres(nexus: Nexus) -> None:
    """Postgres is killed right after it said that a turn is stored."""
    nexus.kill("postgres")
    until(lambda: _ready(nexus))


def kill_valkey(nexus: Nexus) -> None:
    """Valkey is killed, and with it all that it held."""
    nexus.kill("valkey")


TROUBLES = [nothing, flush, kill_worker, kill_both_workers, kill_postgres, kill_valkey]
troubled = pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)


def somebody() -> str:
    """A user nobody else is."""
    return "user-" + "".join(random.choices(string.ascii_lowercase, k=12))


def _ready(nexus: Nexus) -> bool:
    with nexus.client() as client:
        try:
            return client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False


def _healthy(nexus: Nexus) -> bool:
    with nexus.client() as client:
        try:
            return client.get("/healthz").status_code == 200
        except httpx.TransportError:
            return False


def stored_turns(nexus: Nexus) -> int:
    """How many turns there are in all."""
    with nexus.database() as connection:
        row = connection.execute("select count(*) from turns").fetchone()
    assert row is not None
    return int(str(row[0]))


@troubled
def test_a_message_sent_again_gets_the_same_bytes(nexus: Nexus, trouble: Trouble) -> None:
    user = somebody()
    first = nexus.say("what can you do?", user, f"again-{user}")
    assert first.status_code == 200, first.text
    before = stored_turns(nexus)
    trouble(nexus)
    again = [nexus.say("what can you do?", user, f"again-{user}") for _ in range(4)]
    assert {response.status_code for response in again} == {200}
    assert {response.content for response in again} == {first.content}
    with nexus.client() as client:
        assert client.get(f"/v1/messages/again-{user}").content == first.content
    assert stored_turns(nexus) == before


@troubled
def test_what_was_told_is_remembered_and_an_open_question_stays_open(nexus: Nexus, trouble: Trouble) -> None:
    user = somebody()
    asked = nexus.say("remember", user).json()
    assert asked["reply"]["expects_answer"] is True
    trouble(nexus)
    nexus.text("the spare key is under the mat", user)
    trouble(nexus)
    assert "the spare key is under the mat" in nexus.text("where is the spare key?", user)
    assert "under the mat" not in nexus.text("where is the spare key?", somebody())


def test_duplicates_at_once_are_one_turn(nexus: Nexus) -> None:
    user = somebody()
    before = stored_turns(nexus)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: nexus.say("tell me a joke", user, f"dup-{user}"), range(32)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert stored_turns(nexus) == before + 1


@pytest.mark.parametrize("trouble", [nothing, flush])
def test_a_conversation_has_one_order(nexus: Nexus, trouble: Trouble) -> None:
    user = somebody()
    nexus.text("hello", user)
    trouble(nexus)
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda n: nexus.say("thank you", user, f"lane-{user}-{n}"), range(24)))
    assert {answer.status_code for answer in answers} == {200}
    with nexus.database() as connection:
        rows = connection.execute(
            "select array_agg(seq order by seq) from turns group by conversation_digest having count(*) = 25"
        ).fetchall()
    assert [row[0] for row in rows if row[0] == list(range(1, 26))]


def test_the_same_id_for_another_text_or_user_is_a_conflict(nexus: Nexus) -> None:
    user = somebody()
    assert nexus.say("hello", user, f"id-{user}").status_code == 200
    for answer in (nexus.say("goodbye", user, f"id-{user}"), nexus.say("hello", somebody(), f"id-{user}")):
        assert (answer.status_code, answer.json()["code"]) == (409, "message_id_reused")
        assert answer.headers["content-type"] == "application/problem+json"


def test_the_stores_are_durable(nexus: Nexus) -> None:
    published = nexus.home.published()
    assert published is not None
    assert published.database_url is not None
    assert_durable(published.database_url)
    with nexus.database() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"show {setting}".encode()).fetchone() == ("on",)


def test_while_postgres_is_away_nothing_is_acknowledged(nexus: Nexus) -> None:
    """Held still rather than killed, so that the outage lasts as long as the test wants."""
    user, pid = somebody(), nexus.pid("postgres")
    nexus.text("hello", user)
    children = [pid, *_children(pid)]
    for one in children:
        os.kill(one, signal.SIGSTOP)
    try:
        answer = nexus.say("hello again", user, f"away-{user}")
        assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
        assert int(answer.headers["retry-after"]) >= 1
    finally:
        for one in children:
            os.kill(one, signal.SIGCONT)
    until(lambda: _ready(nexus))
    assert nexus.say("hello again", user, f"away-{user}").status_code == 200


def _children(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


def test_both_workers_had_work(nexus: Nexus) -> None:
    def counted(worker: str) -> int:
        file = nexus.home.run / "metrics" / f"{worker}.metrics"
        return sum(msgspec.msgpack.decode(file.read_bytes(), type=Snapshot).turns.values())

    user = somebody()
    for number in range(30):
        nexus.say("hello", user, f"w-{user}-{number}")
    until(lambda: counted("web") and counted("web-2"))
