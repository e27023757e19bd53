"""The stores on real Postgres and Valkey: durable, encrypted, one row a message, one turn a place."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import psycopg
import pytest

from infra.storage.postgres import Database
from infra.storage.registry import Registry
from infra.storage.sessions import SCRIPTS, ValkeySessionStore
from infra.storage.turns import PostgresTurnStore
from infra.storage.valkey import Valkey, connect
from infra.storage.writer import Writer
from infra.system import RandomIds
from infra.vault import DataKey, Vault
from shared.deferring import Deferral
from shared.effects import Keep
from shared.errors import DecryptionFailed, NotAuthentic, NotFound, SettingsInvalid, StoreUnavailable
from shared.ports import Claim, NewMemory, Outgoing, Person, Recording, Vector
from shared.turn import Request, Session
from tests.infra.storage.records import APP, CANARY, handoff, open_store, record, request


@pytest.fixture
def vault() -> Vault:
    return Vault(b"k" * 32)


@pytest.fixture
async def store(database_url: str, vault: Vault) -> AsyncIterator[PostgresTurnStore]:
    async with open_store(database_url, vault) as opened:
        yield opened


async def test_a_person_is_the_same_for_everybody_who_asks(database_url: str, vault: Vault) -> None:
    async with open_store(database_url, vault) as one, open_store(database_url, vault) as other:
        found = await asyncio.gather(*(s.person(APP, "rest", "ann") for s in (one, other) for _ in range(20)))
        assert len(set(found)) == 1
        assert await one.person(APP, "alexa", "ann") != found[0]
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select count(*) from persons").fetchone() == (2,)


async def test_a_turn_comes_back_whole(store: PostgresTurnStore) -> None:
    person, message = await store.person(APP, "rest", "ann"), request()
    written = record(person, message)
    assert (await store.record(written)).outcome is Recording.STORED
    assert await store.turn(APP, "rest", "m1") == written.turn
    assert await store.last_session(person, "rest", "c1") == written.session
    assert await store.turn(APP, "rest", "m2") is None
    assert await store.turn(APP, "alexa", "m1") is None


async def test_the_same_message_twice_gives_the_first_turn(store: PostgresTurnStore) -> None:
    person = await store.person(APP, "rest", "ann")
    first = record(person, request())
    await store.record(first)
    again = await store.record(record(person, request(), seq=2))
    assert (again.outcome, again.turn) == (Recording.DUPLICATE, first.turn)


@pytest.mark.parametrize("other", [request(text="bye"), request(user="bob")])
async def test_an_id_used_for_something_else_is_a_conflict(store: PostgresTurnStore, other: Request) -> None:
    await store.record(record(await store.person(APP, "rest", "ann"), request()))
    person = await store.person(APP, "rest", other.user)
    assert (await store.record(record(person, other, seq=2))).outcome is Recording.CONFLICT


async def test_a_taken_place_is_stale_and_changes_no_memory(store: PostgresTurnStore) -> None:
    person = await store.person(APP, "rest", "ann")
    await store.record(record(person, request()))
    late = record(person, request(message_id="m2"), remember=(NewMemory("x", CANARY, None),))
    assert (await store.record(late)).outcome is Recording.STALE
    assert await store.memories(person) == []
    assert (await store.record(msgspec.structs.replace(late, turn=record(person, late.request, 2).turn))).outcome is (
        Recording.STORED
    )


async def test_memories_come_and_go_with_their_turn(store: PostgresTurnStore) -> None:
    ann, bob = await store.person(APP, "rest", "ann"), await store.person(APP, "rest", "bob")
    vector = Vector(b"\0\0\x80?")
    await store.record(record(ann, request(), remember=(NewMemory("a", CANARY, vector),), model="v1"))
    [memory] = await store.memories(ann)
    assert (memory.id, memory.text, memory.vector, memory.model) == ("a", CANARY, vector, "v1")
    assert await store.memories(bob) == []
    await store.record(record(bob, request(message_id="m2", user="bob"), forget=("a",)))
    assert len(await store.memories(ann)) == 1, "bob cannot forget what is ann's"
    await store.record(record(ann, request(message_id="m3"), seq=2, forget=("a",)))
    assert await store.memories(ann) == []


async def test_many_writers_of_one_conversation_agree_on_one_order(database_url: str, vault: Vault) -> None:
    async with open_store(database_url, vault) as one, open_store(database_url, vault) as other:
        person = await one.person(APP, "rest", "ann")

        async def put(store: PostgresTurnStore, number: int) -> None:
            message = request(message_id=f"m{number}")
            while True:
                last = await store.last_session(person, "rest", "c1")
                if (await store.record(record(person, message, last.seq + 1))).outcome is Recording.STORED:
                    return

        await asyncio.gather(*(put(s, 10 * i + j) for i, s in enumerate((one, other)) for j in range(10)))
        assert (await one.last_session(person, "rest", "c1")).seq == 20


async def test_one_bad_row_does_not_fail_its_neighbours(store: PostgresTurnStore) -> None:
    person = await store.person(APP, "rest", "ann")
    stranger = Person(APP, "nobody")
    store.people._by_id[stranger] = DataKey(b"x" * 32)  # a row that breaks a foreign key
    good = [record(person, request(message_id=f"m{n}", conversation=f"c{n}")) for n in range(20)]
    bad = record(stranger, request(message_id="bad", conversation="cb"))
    results = await asyncio.gather(*(store.record(r) for r in [*good[:10], bad, *good[10:]]), return_exceptions=True)
    assert [r for r in results if isinstance(r, BaseException)] == [results[10]]
    assert isinstance(results[10], StoreUnavailable)


async def test_an_unforeseen_failure_is_told_and_the_writer_goes_on(
    store: PostgresTurnStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await store.person(APP, "rest", "ann")

    async def broken(rows: object) -> set[tuple[str, bytes]]:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(store._writer, "_store", broken)
    with pytest.raises(StoreUnavailable):
        await store.record(record(person, request()))
    monkeypatch.undo()
    assert (await store.record(record(person, request()))).outcome is Recording.STORED


async def test_what_was_said_is_nowhere_readable(store: PostgresTurnStore, database_url: str) -> None:
    person = await store.person(APP, "rest", CANARY)
    message = request(text=CANARY, message_id=CANARY, user=CANARY, conversation=CANARY)
    more: dict[str, Any] = {
        "remember": (NewMemory("a", CANARY, None),),
        "keep": (Keep(CANARY, {CANARY: CANARY}),),
        "outgoing": (Outgoing({"text": CANARY}),),
        "consent": True,
        "handoff": (handoff(reason=CANARY, user=CANARY, conversation=CANARY),),
        "defers": Deferral("d", 1, "lease", 1.0, told=CANARY, dialogue={CANARY: CANARY}),
    }
    await store.record(record(person, message, **more))
    with psycopg.connect(database_url) as connection:
        tables = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        for (table,) in tables:
            rows = connection.execute(f"select * from {table}".encode()).fetchall()
            assert rows or table in ("api_keys", "channels", "instance", "skills"), f"{table} was not tried"
            assert CANARY not in str(rows)  # bytes are shown with their printable characters


async def test_a_row_moved_to_another_message_does_not_open(store: PostgresTurnStore, database_url: str) -> None:
    person = await store.person(APP, "rest", "ann")
    await store.record(record(person, request()))
    await store.record(record(person, request(message_id="m2"), seq=2))
    with psycopg.connect(database_url) as connection:
        connection.execute("update turns set turn = (select turn from turns where seq = 1) where seq = 2")
    with pytest.raises(DecryptionFailed):
        await store.turn(APP, "rest", "m2")


async def test_unreachable_postgres_is_told_after_patience(vault: Vault) -> None:
    nowhere = "postgresql:///nexus?host=/nonexistent"
    async with Writer(nowhere, patience_s=0.1) as writer:
        store = PostgresTurnStore(Database(nowhere), writer, vault, RandomIds())
        store.people._by_id[Person(APP, "p")] = DataKey(b"x" * 32)
        with pytest.raises(StoreUnavailable):
            await store.record(record(Person(APP, "p"), request()))


@pytest.fixture
async def sessions(store: PostgresTurnStore, redis_url: str, vault: Vault) -> AsyncIterator[ValkeySessionStore]:
    valkey = Valkey(connect(redis_url), SCRIPTS)
    yield ValkeySessionStore(valkey, vault, store.people)
    await valkey.close()


async def test_sessions_claims_and_lanes(store: PostgresTurnStore, sessions: ValkeySessionStore) -> None:
    person, message = await store.person(APP, "rest", "ann"), request()
    opened = await sessions.open(person, message, "one")
    assert (opened.claim, opened.lane, opened.session) == (Claim.MINE, True, None)
    assert await sessions.running(APP, "rest", "m1")
    waiting = await sessions.open(person, request(conversation="c2"), "two")
    assert (waiting.claim, waiting.lane) == (Claim.RUNNING, False)
    assert (await sessions.open(person, request(message_id="m9", conversation="c2"), "nine")).lane, "nobody holds it"
    assert (await sessions.open(person, message, "one")).claim is Claim.MINE
    next_one = await sessions.open(person, request(message_id="m2"), "two")
    assert (next_one.claim, next_one.lane) == (Claim.MINE, False)
    session = Session(1, 5.0, skills={"notes": {"a": [1, "ü"]}}, dialogue={"version": 1, "frames": []})
    await sessions.close(person, message, "one", session)
    assert (await sessions.open(person, message, "three")).claim is Claim.DONE
    assert not await sessions.running(APP, "rest", "m1")
    await sessions.abandon(person, message, "three")
    after = await sessions.open(person, request(message_id="m2"), "two")
    assert (after.claim, after.lane, after.session) == (Claim.MINE, True, session)
    await sessions.abandon(person, request(message_id="m2"), "two")
    assert (await sessions.open(person, request(message_id="m2"), "four")).claim is Claim.MINE


async def test_a_session_that_does_not_open_is_as_if_absent(
    store: PostgresTurnStore, sessions: ValkeySessionStore, redis_url: str
) -> None:
    person, message = await store.person(APP, "rest", "ann"), request()
    await sessions.open(person, message, "one")
    await sessions.close(person, message, "one", Session(1))
    client = connect(redis_url)
    [key] = [key async for key in client.scan_iter("nx:{*}:s*")]
    await client.set(key, b"\x01garbage")
    await client.aclose()
    assert (await sessions.open(person, request(message_id="m2"), "two")).session is None


async def test_api_keys(database_url: str, vault: Vault) -> None:
    async with Database(database_url) as database:
        registry = Registry(database, vault)
        await registry.create_app("shop")
        key = await registry.create_key("shop", "till")
        owner = await registry.owner(key)
        assert (owner.app, owner.name) == ("shop", "till")
        for wrong in (key[:-1] + ("0" if key[-1] != "0" else "1"), "nx_x_y", "", "\udcff", "nx_\0_y"):
            with pytest.raises(NotAuthentic):
                await registry.owner(wrong)
        with pytest.raises(NotFound):
            await registry.create_key("nowhere", "x")
        assert await registry.revoke_key(owner.key_id)
        with pytest.raises(NotAuthentic):
            await registry.owner(key)


async def test_channel_configuration_is_kept_encrypted(database_url: str, vault: Vault) -> None:
    async with Database(database_url) as database:
        registry = Registry(database, vault)
        await registry.create_app("shop")
        assert await registry.channel_config("shop", "alexa") == {}
        assert await registry.channel_config("nowhere", "alexa") is None
        await registry.configure_channel("shop", "alexa", {"skill_id": CANARY, "x": "1"})
        await registry.configure_channel("shop", "alexa", {"x": ""})
        assert await registry.channel_config("shop", "alexa") == {"skill_id": CANARY}
        [(sealed,)] = await database.rows("select config from channels")
        assert CANARY.encode() not in sealed


async def test_another_master_key_is_refused(database_url: str, vault: Vault) -> None:
    async with Database(database_url) as database:
        await Registry(database, vault).check_master_key()
        await Registry(database, vault).check_master_key()
        with pytest.raises(SettingsInvalid, match="another master key"):
            await Registry(database, Vault(b"o" * 32)).check_master_key()
