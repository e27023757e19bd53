"""What turns leave behind beside themselves: documents, consents, what goes out. Alike in the real store and in the fake."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import psycopg
import pytest

from infra.storage.turns import PostgresTurnStore
from infra.vault import Vault
from shared.effects import Keep
from shared.errors import DecryptionFailed
from shared.ports import Outgoing, Person, Recording, TurnStore
from shared.testing.fakes import FakeTurnStore
from tests.infra.storage.records import APP, NOW, open_store, record, request

VAULT = Vault(b"k" * 32)


@pytest.fixture(name="store", params=["real", "fake"])
async def either_store(request: pytest.FixtureRequest) -> AsyncIterator[TurnStore]:
    """The real store, then the fake."""
    if request.param == "fake":
        yield FakeTurnStore()
    else:
        async with open_store(request.getfixturevalue("database_url"), VAULT) as opened:
            yield opened


@pytest.fixture
async def real(database_url: str) -> AsyncIterator[PostgresTurnStore]:
    async with open_store(database_url, VAULT) as opened:
        yield opened


class Talk:
    """One person whose turns keep things."""

    def __init__(self, store: TurnStore, person: Person, user: str = "ann") -> None:
        self._store, self.person, self._user = store, person, user
        self._seq = 0

    async def turn(self, seq: int | None = None, channel: str = "rest", **more: Any) -> Recording:
        """The next turn, or one for the place `seq`."""
        self._seq += 1
        message = request(message_id=f"{channel}-{self._user}-{self._seq}", user=self._user, channel=channel)
        return (await self._store.record(record(self.person, message, seq or self._seq, **more))).outcome

    async def keep(self, **documents: dict[str, Any] | None) -> None:
        """A turn that keeps these."""
        await self.turn(keep=tuple(Keep(name, content) for name, content in documents.items()))


async def talk(store: TurnStore, user: str = "ann") -> Talk:
    return Talk(store, await store.person(APP, "rest", user), user)


async def test_a_document_is_kept_replaced_and_removed(store: TurnStore) -> None:
    ann = await talk(store)
    assert await store.document(ann.person, "list") is None
    content = {"items": ["milk", {"n": 1.5, "ü": None}], "": True}
    await ann.keep(list=content, other={"a": 1})
    assert await store.document(ann.person, "list") == content
    await ann.keep(list={"items": []})
    assert await store.document(ann.person, "list") == {"items": []}
    await ann.keep(list=None)
    assert await store.document(ann.person, "list") is None
    assert await store.document(ann.person, "other") == {"a": 1}
    await ann.keep(list=None)
    await ann.keep(list={})
    assert await store.document(ann.person, "list") == {}


async def test_a_document_belongs_to_one_person(store: TurnStore) -> None:
    ann, bob = await talk(store), await talk(store, "bob")
    await ann.keep(list={"of": "ann"})
    await bob.keep(list=None)
    assert await store.document(ann.person, "list") == {"of": "ann"}
    assert await store.document(bob.person, "list") is None


async def test_of_two_keeps_in_one_reply_the_later_counts(store: TurnStore) -> None:
    ann = await talk(store)
    await ann.turn(keep=(Keep("list", {"n": 1}), Keep("list", None), Keep("list", {"n": 3})))
    assert await store.document(ann.person, "list") == {"n": 3}
    await ann.turn(keep=(Keep("list", {"n": 4}), Keep("list", None)))
    assert await store.document(ann.person, "list") is None


async def test_the_newest_consent_counts_for_its_channel(store: TurnStore) -> None:
    ann = await talk(store)
    assert not await store.opted_out(ann.person, "sms")
    await ann.turn(channel="sms", consent=False)
    assert await store.opted_out(ann.person, "sms")
    assert not await store.opted_out(ann.person, "rest")
    await ann.turn(channel="sms")
    assert await store.opted_out(ann.person, "sms"), "a turn that says nothing about it changes nothing"
    await ann.turn(channel="sms", consent=True)
    assert not await store.opted_out(ann.person, "sms")


async def test_what_a_turn_leaves_follows_only_turns_that_were_stored(store: TurnStore) -> None:
    ann = await talk(store)
    await ann.keep(list={"n": 1})
    stale = await ann.turn(seq=1, keep=(Keep("list", None), Keep("new", {})), consent=False)
    assert stale is Recording.STALE
    assert await store.document(ann.person, "list") == {"n": 1}
    assert await store.document(ann.person, "new") is None
    assert not await store.opted_out(ann.person, "rest")


async def test_turns_of_one_commit_may_keep_the_same_document(real: PostgresTurnStore) -> None:
    person = await real.person(APP, "rest", "ann")
    messages = [request(message_id=f"m{n}", conversation=f"c{n}") for n in range(40)]
    records = [record(person, message, keep=(Keep("list", {"n": n}),)) for n, message in enumerate(messages)]
    recorded = await asyncio.gather(*(real.record(one) for one in records))
    assert {one.outcome for one in recorded} == {Recording.STORED}
    assert await real.document(person, "list") in [{"n": n} for n in range(40)]


async def test_what_goes_out_is_stored_once_and_in_its_order(real: PostgresTurnStore, database_url: str) -> None:
    person = await real.person(APP, "sms", "ann")
    message = request(channel="sms")
    first = record(person, message, outgoing=(Outgoing({"n": 1}, "twilio"), Outgoing({"n": 2})))
    again = record(person, message, seq=2, outgoing=(Outgoing({"n": 3}),))
    assert (await real.record(first)).outcome is Recording.STORED
    assert (await real.record(again)).outcome is Recording.DUPLICATE
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "select outgoing_id, channel, place, seq, position, state, attempts from outbox order by seq, position"
        ).fetchall()
    trace = first.turn.trace_id
    assert rows == [
        (f"{trace}-0", "sms", "twilio", 1, 0, "waiting", 0),
        (f"{trace}-1", "sms", "", 1, 1, "waiting", 0),
    ]


async def test_who_waits_for_something_to_go_out_is_told(real: PostgresTurnStore) -> None:
    told: list[bool] = []
    real._made = lambda: told.append(True)
    person = await real.person(APP, "rest", "ann")
    await real.record(record(person, request()))
    assert told == []
    going = record(person, request(message_id="m2"), seq=2, outgoing=(Outgoing({}),))
    await real.record(going)
    await real.record(msgspec.structs.replace(going))
    assert told == [True], "once, by the commit"


async def test_a_document_moved_to_somebody_else_does_not_open(real: PostgresTurnStore, database_url: str) -> None:
    ann, bob = await talk(real), await talk(real, "bob")
    await ann.keep(list={"of": "ann"})
    await bob.keep(list={"of": "bob"})
    with psycopg.connect(database_url) as connection:
        of_ann = "(select content from documents where person_id = %s)"
        query = f"update documents set content = {of_ann} where person_id = %s"
        connection.execute(query.encode(), (ann.person.id, bob.person.id))
    with pytest.raises(DecryptionFailed):
        await real.document(bob.person, "list")


async def test_consents_are_only_appended(real: PostgresTurnStore, database_url: str) -> None:
    ann = await talk(real)
    for granted in (False, True, False):
        await ann.turn(consent=granted)
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("select granted, source, channel from consents order by number").fetchall()
    assert rows == [(False, "keyword", "rest"), (True, "keyword", "rest"), (False, "keyword", "rest")]


async def test_consents_of_one_commit_count_in_the_order_they_were_said(
    real: PostgresTurnStore, database_url: str
) -> None:
    person = await real.person(APP, "rest", "ann")
    said = [request(message_id=f"m{n}", conversation=f"c{n}") for n in range(20)]
    late_first = [msgspec.structs.replace(one, received_at=NOW - n) for n, one in enumerate(said)]
    records = [record(person, one, consent=one is not late_first[0]) for one in late_first]
    await asyncio.gather(*(real.record(one) for one in records))
    with psycopg.connect(database_url) as connection:
        commits = connection.execute("select count(distinct xmin::text) from consents").fetchone()
        rows = connection.execute("select extract(epoch from at)::float8 from consents order by number").fetchall()
    assert commits == (1,)
    assert [at for (at,) in rows] == [NOW - n for n in reversed(range(20))]
    assert await real.opted_out(person, "rest"), "the last word counts"
