"""Deferred answers on real Postgres: promised and ended with their turns, taken over once, sealed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from infra.storage.deferred import DeferredStore
from infra.storage.people import People
from infra.storage.postgres import Database
from infra.storage.turns import PostgresTurnStore
from infra.system import RandomIds
from infra.vault import Vault
from shared.deferring import Deferral, Settled, answer_id
from shared.ports import Person, Recording, TurnRecord
from shared.turn import Request
from tests.infra.storage.records import APP, CANARY, NOW, open_store, record, request

VAULT = Vault(b"k" * 32)
DIALOGUE = {"version": 1, "frames": [{"intent": CANARY}]}


@pytest.fixture
async def turns(database_url: str) -> AsyncIterator[PostgresTurnStore]:
    async with open_store(database_url, VAULT) as opened:
        yield opened


@pytest.fixture
async def store(database_url: str, turns: PostgresTurnStore) -> AsyncIterator[DeferredStore]:
    async with Database(database_url) as database:
        yield DeferredStore(database, turns.people, VAULT)


def deferral(id_: str = "d1", **more: Any) -> Deferral:
    values: dict[str, Any] = {
        "id": id_,
        "seq": 1,
        "lease": "one",
        "until": NOW + 5,
        "told": CANARY,
        "dialogue": DIALOGUE,
    }
    return Deferral(**{**values, "place": "here", **more})


async def defer(
    turns: PostgresTurnStore, message_id: str = "m1", id_: str = "d1", seq: int = 1
) -> tuple[Person, Request]:
    """A message whose answer comes later."""
    person, message = await turns.person(APP, "rest", "ann"), request(CANARY, message_id)
    held = await turns.record(record(person, message, seq, defers=deferral(id_)))
    assert held.outcome is Recording.STORED
    return person, message


def answer(
    person: Person, message: Request, seq: int = 2, id_: str = "d1", state: Any = "done", **more: Any
) -> TurnRecord:
    """The turn that is the answer."""
    settled = Settled(id_, state, NOW + 9, **more)
    return record(person, replace(message, message_id=answer_id(id_)), seq, settled=settled)


async def test_it_is_pending_until_the_turn_that_is_the_answer(turns: PostgresTurnStore) -> None:
    person, message = await defer(turns)
    [pending] = await turns.deferred(person, ("none", "d1"))
    assert (pending.id, pending.state, pending.at, pending.ended_at, pending.turn) == ("d1", "pending", NOW, None, None)
    assert await turns.deferred_of(APP, "rest", "m1") == pending
    assert await turns.last_deferred(person, NOW + 1e6) == pending
    done = answer(person, message, dialogue=DIALOGUE)
    await turns.record(done)
    [ended] = await turns.deferred(person, ("d1",))
    assert (ended.state, ended.ended_at, ended.turn, ended.dialogue) == ("done", NOW + 9, done.turn, DIALOGUE)
    assert await turns.deferred_of(APP, "rest", "m2") is None


async def test_the_loser_of_a_race_promises_nothing(turns: PostgresTurnStore) -> None:
    person, message = await defer(turns)
    lost = await turns.record(record(person, message, 2, defers=deferral("d2")))
    stale = await turns.record(record(person, request(message_id="m2"), 1, defers=deferral("d3")))
    assert (lost.outcome, stale.outcome) == (Recording.DUPLICATE, Recording.STALE)
    assert [one.id for one in await turns.deferred(person, ("d1", "d2", "d3"))] == ["d1"]


async def test_two_workers_that_finish_it_at_once_are_one_answer(database_url: str, turns: PostgresTurnStore) -> None:
    async with open_store(database_url, VAULT) as other:
        for number in range(8):
            person, message = await defer(turns, f"m{number}", f"d{number}", 2 * number + 1)
            first, second = (answer(person, message, 2 * number + 2, f"d{number}") for _ in range(2))
            results = await asyncio.gather(turns.record(first), other.record(second))
            assert sorted(one.outcome.value for one in results) == ["duplicate", "stored"]
            [found] = await turns.deferred(person, (f"d{number}",))
            assert found.turn == results[0].turn == results[1].turn
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select count(*) from turns").fetchone() == (16,)


async def test_told_is_the_end_and_comes_with_the_turn_that_tells_it(turns: PostgresTurnStore) -> None:
    person, message = await defer(turns)
    await turns.record(record(person, request(message_id="m2"), 2, told=("d1",)))
    assert (await turns.deferred(person, ("d1",)))[0].state == "pending", "nothing was there to be told"
    await turns.record(answer(person, message, 3))
    stranger = await turns.person(APP, "rest", "bob")
    await turns.record(record(stranger, request(message_id="m3", user="bob"), 1, told=("d1",)))
    assert (await turns.deferred(person, ("d1",)))[0].state == "done"
    assert await turns.deferred(stranger, ("d1",)) == []
    await turns.record(record(person, request(message_id="m4"), 4, told=("d1",)))
    assert (await turns.deferred(person, ("d1",)))[0].state == "told"
    assert (await turns.record(answer(person, message, 5))).outcome is Recording.DUPLICATE
    assert (await turns.deferred(person, ("d1",)))[0].state == "told"


async def test_outside_a_conversation_it_can_be_told_too(turns: PostgresTurnStore) -> None:
    person, message = await defer(turns)
    await turns.tell(APP, "d1")
    assert (await turns.deferred(person, ("d1",)))[0].state == "pending"
    await turns.record(answer(person, message, state="failed"))
    await turns.tell("other", "d1")
    assert (await turns.deferred(person, ("d1",)))[0].state == "failed"
    await turns.tell(APP, "d1")
    assert (await turns.deferred(person, ("d1",)))[0].state == "told"


async def test_the_newest_of_the_last_hour(turns: PostgresTurnStore) -> None:
    person, message = await defer(turns)
    await turns.record(answer(person, message))
    found = await turns.last_deferred(person, NOW + 8)
    assert (found and found.id) == "d1"
    assert await turns.last_deferred(person, NOW + 9) is None
    assert await turns.last_deferred(await turns.person(APP, "rest", "bob"), 0) is None


async def test_what_lost_its_lease_is_taken_once_with_its_request(
    turns: PostgresTurnStore, store: DeferredStore
) -> None:
    person, message = await defer(turns)
    assert await store.take(NOW + 4.9, "two", NOW + 10, 9) == []
    taken = await asyncio.gather(*(store.take(NOW + 5, f"worker {n}", NOW + 10, 9) for n in range(4)))
    [left] = [one for some in taken for one in some]
    assert (left.person, left.request, left.attempt) == (person, message, 2)
    assert left.deferral == replace(deferral(), lease=left.deferral.lease, until=NOW + 10)
    assert await store.take(NOW + 9.9, "late", NOW + 20, 9) == []
    [again] = await store.take(NOW + 10, "third", NOW + 20, 9)
    assert again.attempt == 3
    await turns.record(answer(person, message))
    assert await store.take(NOW + 1000, "nobody", NOW + 2000, 9) == []


async def test_a_lease_is_renewed_only_by_who_has_it(turns: PostgresTurnStore, store: DeferredStore) -> None:
    await defer(turns)
    await store.renew("two", NOW + 100, [(APP, "d1")])
    await store.renew("one", NOW + 100, [("other", "d1"), (APP, "d2")])
    await store.renew("one", NOW + 100, [])
    assert len(await store.take(NOW + 5, "two", NOW + 10, 9)) == 1
    await store.renew("one", NOW + 100, [(APP, "d1")])
    await store.renew("two", NOW + 50, [(APP, "d1")])
    assert await store.take(NOW + 49, "three", NOW + 100, 9) == []
    assert len(await store.take(NOW + 50, "three", NOW + 100, 9)) == 1


async def test_no_word_of_it_is_readable(database_url: str, turns: PostgresTurnStore) -> None:
    person, message = await defer(turns)
    await turns.record(answer(person, message, dialogue=DIALOGUE))
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("select * from deferred").fetchall()
    assert len(rows) == 1
    assert CANARY not in repr(rows)
    assert CANARY.encode() not in b"".join(bytes(part) for row in rows for part in row if isinstance(part, bytes))


async def test_one_that_cannot_be_read_keeps_nobody_elses_back(database_url: str, turns: PostgresTurnStore) -> None:
    for number, user in enumerate(("bob", "ann")):
        person, message = await turns.person(APP, "rest", user), request(message_id=f"m{number}", user=user)
        await turns.record(record(person, message, defers=deferral(f"d{number}", until=NOW + 5 + number)))
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "delete from person_keys k using identities i where i.person_id = k.person_id and i.user_digest = %s",
            (VAULT.id_digest("user", "rest", "bob"),),
        )
    async with Database(database_url) as database:
        store = DeferredStore(database, People(database, VAULT, RandomIds()), VAULT)
        [left] = await store.take(NOW + 9, "two", NOW + 20, 9)
    assert left.request.user == "ann"
