"""Handoffs in the store: they begin, go on and end with turns; operators end them, too. The fake does the same."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from infra.storage.handoffs import HandoffStore
from infra.storage.people import People
from infra.storage.postgres import Database
from infra.storage.registry import Registry
from infra.storage.turns import PostgresTurnStore
from infra.system import RandomIds
from infra.vault import Vault
from shared.errors import DecryptionFailed
from shared.handing import Handoff, HandoffEnded, HandoffHeard, HandoffStep
from shared.ports import Person, Recording, TurnStore
from shared.testing.fakes import FakeTurnStore
from tests.infra.storage.records import APP, NOW, handoff, open_store, record, request

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


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[HandoffStore]:
    async with Database(database_url) as database:
        yield HandoffStore(database, People(database, VAULT, RandomIds()))


async def turn(store: TurnStore, person: Person, seq: int, *steps: HandoffStep) -> Recording:
    message = request(message_id=f"m{person.id}-{seq}")
    return (await store.record(record(person, message, seq, handoff=steps))).outcome


async def test_a_handoff_begins_goes_on_and_ends_with_turns(store: TurnStore) -> None:
    ann = await store.person(APP, "rest", "ann")
    assert await store.handoff(ann, "h1") is None
    began = handoff()
    await turn(store, ann, 1, began)
    assert await store.handoff(ann, "h1") == began
    await turn(store, ann, 2, HandoffHeard("h1", NOW + 9000))
    found = await store.handoff(ann, "h1")
    assert found is not None
    assert (found.until, found.holds(NOW + 8000), found.holds(NOW + 9000)) == (NOW + 9000, True, False)
    await turn(store, ann, 3, HandoffEnded("h1", "person"))
    found = await store.handoff(ann, "h1")
    assert found is not None
    assert (found.returned_at, found.holds(NOW)) == (NOW, False)
    await turn(store, ann, 4, HandoffHeard("h1", NOW + 99999), HandoffEnded("h1", "time"))
    assert await store.handoff(ann, "h1") == found


async def test_one_turn_may_end_one_and_begin_another(store: TurnStore) -> None:
    ann = await store.person(APP, "rest", "ann")
    await turn(store, ann, 1, handoff())
    await turn(store, ann, 2, HandoffEnded("h1", "time"), handoff("h2"))
    first, second = await store.handoff(ann, "h1"), await store.handoff(ann, "h2")
    assert first is not None
    assert second is not None
    assert (first.returned_at, second.returned_at) == (NOW, None)


async def test_nobody_ends_or_sees_what_is_another_persons(store: TurnStore) -> None:
    ann, bob = await store.person(APP, "rest", "ann"), await store.person(APP, "rest", "bob")
    await turn(store, ann, 1, handoff())
    assert await store.handoff(bob, "h1") is None
    assert await store.handoff(Person("other", ann.id), "h1") is None


async def test_the_loser_of_a_race_hands_nothing_over(store: TurnStore) -> None:
    ann = await store.person(APP, "rest", "ann")
    await turn(store, ann, 1)
    message = request(message_id="late")
    assert (await store.record(record(ann, message, 1, handoff=(handoff(),)))).outcome is Recording.STALE
    assert await store.handoff(ann, "h1") is None


async def test_a_person_cannot_end_anothers_by_its_id(real: PostgresTurnStore) -> None:
    ann, bob = await real.person(APP, "rest", "ann"), await real.person(APP, "rest", "bob")
    await turn(real, ann, 1, handoff())
    message = request(message_id="bob", user="bob", conversation="bobs")
    await real.record(record(bob, message, 1, handoff=(HandoffEnded("h1", "person"), HandoffHeard("h1", NOW))))
    assert await real.handoff(ann, "h1") == handoff()


async def test_operators_see_what_is_open_and_give_it_back_once(real: PostgresTurnStore, desk: HandoffStore) -> None:
    ann, bob = await real.person(APP, "rest", "ann"), await real.person(APP, "rest", "bob")
    await turn(real, ann, 1, handoff("h1"), handoff("h3", until=NOW + 10))
    await turn(real, bob, 1, handoff("h2", user="bob", reason=""))
    assert [one.id for one in await desk.open(APP, NOW + 100)] == ["h1", "h2"]
    returned = await desk.give_back(APP, "h1", NOW + 50)
    assert returned is not None
    assert (returned.reason, returned.returned_at) == ("a refund", NOW + 50)
    assert await desk.give_back(APP, "h1", NOW + 60) == returned
    assert await real.handoff(ann, "h1") == returned
    assert [one.id for one in await desk.open(APP, NOW + 100)] == ["h2"]


async def test_apps_are_apart(real: PostgresTurnStore, desk: HandoffStore, database_url: str) -> None:
    async with Database(database_url) as database:
        await Registry(database, VAULT).create_app("other")
    ann = await real.person(APP, "rest", "ann")
    await turn(real, ann, 1, handoff())
    assert await desk.open("other", NOW) == []
    assert await desk.give_back("other", "h1", NOW) is None
    assert await desk.of_app("other", "h1") is None
    assert await desk.open(APP, NOW) == [handoff()]


async def test_it_is_bound_to_its_person_and_id(real: PostgresTurnStore, desk: HandoffStore) -> None:
    ann = await real.person(APP, "rest", "ann")
    await turn(real, ann, 1, handoff("h1"), handoff("h2"))
    await desk._database.execute(
        "update handoffs set body = (select body from handoffs where handoff_id = 'h1') where handoff_id = 'h2'"
    )
    with pytest.raises(DecryptionFailed):
        await desk.of_app(APP, "h2")


async def test_many_begin_at_once_in_one_commit(real: PostgresTurnStore, desk: HandoffStore) -> None:
    people = [await real.person(APP, "rest", f"p{n}") for n in range(20)]
    began: list[Handoff] = [handoff(f"h{n}") for n in range(20)]
    await asyncio.gather(*(turn(real, who, 1, one) for who, one in zip(people, began, strict=True)))
    assert {one.id for one in await desk.open(APP, NOW)} == {one.id for one in began}
