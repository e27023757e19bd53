"""Deferred answers of workers that live, stall and die, on real Postgres, with a clock that is moved."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from core.background import LEASE_S
from core.decide import Decider
from core.engine import Engine
from core.skillbook import LoadedSkill, SkillBook
from infra.deferring import Finisher, Pace
from infra.entered import Entered
from infra.storage.deferred import DeferredStore
from infra.storage.postgres import Database
from infra.storage.turns import PostgresTurnStore
from infra.system import RandomIds
from infra.vault import Vault
from shared.channel import ChannelAdapter, Verified, Wire
from shared.errors import DoorShut
from shared.manifest import IntentSpec, SkillManifest
from shared.ports import Outgoing
from shared.skill import Skill, TurnContext
from shared.testing.fakes import FakeClock, FakeModel, FakeSessionStore
from shared.turn import Kind, Outcome, Reply, Request, Turn
from tests.infra.office import Platform
from tests.infra.storage.records import APP, open_store

VAULT = Vault(b"k" * 32)


class Patient(Skill):
    """Answers when it is let."""

    def __init__(self) -> None:
        self.let = asyncio.Event()
        self.asked = 0

    async def handle(self, turn: TurnContext) -> Reply:
        """See Skill."""
        self.asked += 1
        await self.let.wait()
        return Reply(text="There it is.")


class Writing(Platform):
    """Writes later, from where the message came in."""

    def later(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        """See ChannelAdapter."""
        return (Outgoing({"text": turn.reply.text if turn.reply else ""}, "carrier"),)

    def at(self, place: str) -> ChannelAdapter:
        """At a carrier."""
        if place != "carrier":
            raise RuntimeError("no such carrier")
        return self


class Doors:
    """One door, open or shut."""

    def __init__(self) -> None:
        self.door: ChannelAdapter | None = Writing()

    async def adapter(self, app: str, channel: str) -> ChannelAdapter:
        """See Finds."""
        if self.door is None:
            raise DoorShut("shut")
        return self.door


class Town:
    """Workers on the same stores."""

    def __init__(self, stack: AsyncExitStack, url: str) -> None:
        self._stack, self._url = stack, url
        self.clock, self.sessions, self.skill, self.doors = FakeClock(), FakeSessionStore(), Patient(), Doors()

    async def worker(self) -> tuple[Engine, Finisher, PostgresTurnStore]:
        """One more."""
        turns = await self._stack.enter_async_context(open_store(self._url, VAULT))
        database = await self._stack.enter_async_context(Database(self._url))
        specs = {"slow.answer": IntentSpec("…")}
        book = SkillBook([LoadedSkill(SkillManifest("slow", "Slow", "…", "s:S", specs), self.skill, {})])
        decider = Decider(turns, FakeModel({"slow": "slow.answer"}), book, self.clock, RandomIds(), "UTC")
        engine = Engine(turns, self.sessions, decider, self.clock, RandomIds())
        self._stack.push_async_callback(engine.background.close, 0)
        store = DeferredStore(database, turns.people, VAULT)
        pace = Pace(poll_s=0.01)
        return engine, Finisher(store, engine.background, self.doors, self.clock, lambda: 0.5, pace), turns

    def request(self, message_id: str = "m") -> Request:
        """Something that takes long."""
        now = self.clock.now()
        return Request(
            app=APP, channel="pager", message_id=message_id, conversation="c", user="ann", kind=Kind.UTTERANCE,
            received_at=now, deadline=now + 0.05, text="slow",
        )  # fmt: skip


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        yield Town(stack, database_url)


async def test_what_is_kept_is_nobody_elses_and_what_is_left_is_taken_once(town: Town) -> None:
    (one, keeper, _), (two, taker, turns), (_, third, _) = [await town.worker() for _ in range(3)]
    assert (await one.run(town.request())).outcome is Outcome.DEFERRED
    for _ in range(3):
        town.clock.move(LEASE_S - 1)
        assert await taker.take_over() == 0
        await keeper.keep()
    await one.background.close(0)
    await keeper.keep()
    town.clock.move(LEASE_S)
    assert sorted(await asyncio.gather(taker.take_over(), third.take_over())) == [0, 1]
    town.skill.let.set()
    for background in (two.background, third._background):
        await background.settled()
    found = await two.find(APP, "pager", "m")
    assert found is not None
    assert (found.outcome, found.reply and found.reply.text) == (Outcome.ANSWERED, "There it is.")
    [job] = await turns.deferred(await turns.person(APP, "pager", "ann"), await _ids(turns))
    assert (job.state, town.skill.asked) == ("done", 2)


async def _ids(turns: PostgresTurnStore) -> tuple[str, ...]:
    person = await turns.person(APP, "pager", "ann")
    return (await turns.last_session(person, "pager", "c")).deferred


async def test_who_takes_over_writes_through_the_same_place(town: Town, database_url: str) -> None:
    (one, _, _), (two, taker, turns) = [await town.worker() for _ in range(2)]
    entered = Entered(Writing(), Verified(Wire("POST", "/", ()), APP, "p"), "carrier")
    await one.run(town.request(), entered)
    await one.background.close(0)
    town.clock.move(LEASE_S)
    town.skill.let.set()
    assert await taker.take_over() == 1
    await two.background.settled()
    rows = await turns._database.rows("select place, state from outbox")
    assert rows == [("carrier", "waiting")]
    assert await _ids(turns) == (), "it is told"


async def test_behind_a_shut_door_it_waits_until_the_person_speaks(town: Town) -> None:
    (one, _, _), (two, taker, turns) = [await town.worker() for _ in range(2)]
    await one.run(town.request(), Entered(Writing(), Verified(Wire("POST", "/", ()), APP, "p"), "carrier"))
    await one.background.close(0)
    town.clock.move(LEASE_S)
    town.skill.let.set()
    town.doors.door = None
    assert await taker.take_over() == 1
    await two.background.settled()
    assert len(await _ids(turns)) == 1


async def test_while_it_is_open_it_takes_over_by_itself(town: Town) -> None:
    (one, _, _), (two, taker, _) = [await town.worker() for _ in range(2)]
    await one.run(town.request())
    await one.background.close(0)
    town.clock.move(LEASE_S)
    town.skill.let.set()
    async with taker, asyncio.timeout(10):
        while True:
            found = await two.find(APP, "pager", "m")
            if found is not None and found.outcome is Outcome.ANSWERED:
                break
            await asyncio.sleep(0.01)
