"""Calls of skills: carried out once the turn is stored, in order, again under the same key, in time or not at all."""

import asyncio
import io
import itertools
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from core.skillbook import LoadedSkill
from infra.calls import Carriers
from infra.delivery import Pace
from infra.outbox import Outbox
from infra.storage.postgres import Database
from infra.telemetry.logs import configure_logging
from shared.errors import DeliveryFailed, DoorShut, WebFailed
from shared.manifest import SkillManifest, SkillSetting
from shared.outside import NewCall, PastCall
from shared.skill import CallContext, Skill, call
from shared.testing.web import FakeOutside, recorded
from tests.infra.office import VAULT, Office
from tests.infra.storage.records import APP, CANARY, open_store, record, request

_numbers = itertools.count(1)


class Lamp(Skill):
    """Switches as it is told, unless a test has something else happen at its next attempts."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []
        self.next: list[Exception | asyncio.Event] = []

    @call("switch")
    async def switch(self, call: CallContext) -> None:
        """Notes what it is to do, and its key."""
        assert call.config == {"token": "t-1"}
        self.done.append((call.content["to"], call.key))
        match self.next.pop(0) if self.next else None:
            case asyncio.Event() as event:
                await event.wait()
            case Exception() as error:
                raise error

    @property
    def tried(self) -> list[str]:
        """What it was to do, in order."""
        return [to for to, _ in self.done]


MANIFEST = SkillManifest("lamp", "Lamp", "Shines.", "skill:Lamp", {}, settings=(SkillSetting("token", "…"),))


class Room(Office):
    """An outbox whose calls go to a lamp."""

    lamp = Lamp()

    def worker(self, pace: Pace | None = None) -> Outbox:
        """See `Office.worker`."""
        outside = FakeOutside(recorded(Path("/nowhere"), self.clock), {"token": "t-1"})
        carriers = Carriers(self.doors, [LoadedSkill(MANIFEST, self.lamp, {})], outside, self.clock)
        return Outbox(self.store, carriers, self.counts, self.clock, lambda: 1.0, self.fresh, pace)

    async def call(
        self, *tos: str, user: str = "ann", within_s: float = 60.0, skill: str = "lamp", lane: str = "", **more: Any
    ) -> None:
        """A turn that asks for these, in a conversation of its own."""
        self.clock.move(0.001)
        person, now = await self.person(user), self.clock.now()
        said = request(f"m{next(_numbers)}", f"m{next(_numbers)}", user, f"c{next(_numbers)}", "pager")
        calls = tuple(NewCall(skill, "switch", {"to": to}, now + within_s, lane) for to in tos)
        await self.turns.record(record(person, msgspec.structs.replace(said, received_at=now), calls=calls, **more))

    async def told(self, user: str = "ann") -> list[PastCall]:
        """What the skill knows of its calls for somebody, newest first."""
        return await self.turns.calls(await self.person(user), "lamp", 10)

    async def ends(self, user: str = "ann") -> list[tuple[str, str]]:
        """State and reason of each, newest first."""
        return [(one.state, one.reason) for one in await self.told(user)]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that is logged."""
    root, out = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    configure_logging("debug", out)
    yield out
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
async def room(database_url: str) -> AsyncIterator[Room]:
    Room.lamp = Lamp()
    async with open_store(database_url, VAULT) as turns, Database(database_url, patience_s=0.5) as database:
        yield Room(turns, database)


async def test_calls_are_carried_out_in_order_each_under_a_key_of_its_own(room: Room) -> None:
    await room.call("on", "off")
    await room.call("on")
    assert room.lamp.done == [], "not before the turn is stored and the outbox has its turn"
    assert await room.ends() == [("waiting", "")] * 3
    await room.go()
    assert room.lamp.tried == ["on", "off", "on"]
    assert len({key for _, key in room.lamp.done}) == 3
    assert await room.ends() == [("done", "")] * 3
    assert [one.content for one in await room.told()] == [{"to": "on"}, {"to": "off"}, {"to": "on"}]
    await room.go(100_000)
    assert len(room.lamp.done) == 3


async def test_a_worker_that_dies_between_commit_and_call_loses_nothing(room: Room) -> None:
    await room.call("on")
    taken = await room.store.take(room.clock.now(), {"skill:lamp": 20.0}, 20.0, [], 10)
    assert [one.attempt for one in taken] == [1]  # and dies here: nothing was done
    await room.go(19)
    assert room.lamp.done == []
    await room.go(2)
    assert room.lamp.tried == ["on"]
    assert await room.ends() == [("done", "")]


async def test_a_worker_that_dies_during_the_call_repeats_it_under_the_same_key(room: Room) -> None:
    room.lamp.next = [asyncio.Event()]
    await room.call("on")
    dying = room.worker()
    assert await dying.deliver_due() == 1
    await room.until(lambda: room.lamp.done)
    for task in list(dying._sending):
        task.cancel()
    await room.go(21)
    assert [to for to, _ in room.lamp.done] == ["on", "on"]
    assert len({key for _, key in room.lamp.done}) == 1


@pytest.mark.parametrize("error", [DeliveryFailed("busy"), WebFailed("no answer in time"), RuntimeError("a bug")])
async def test_what_was_not_done_is_tried_again_under_the_same_key(room: Room, error: Exception) -> None:
    room.lamp.next = [error, error]
    await room.call("on")
    for _ in range(6):
        await room.go(2)
    assert len(room.lamp.done) == 3
    assert len({key for _, key in room.lamp.done}) == 1
    assert await room.ends() == [("done", "")]


async def test_what_is_too_late_is_not_done(room: Room) -> None:
    await room.call("on", within_s=10)
    await room.go(11)
    assert room.lamp.done == []
    assert await room.ends() == [("failed", "too late: it could not be done in time")]


async def test_tries_end_when_the_time_is_over_and_the_end_is_told_then(room: Room) -> None:
    room.lamp.next = [DeliveryFailed("lamp: unreachable", retry_after=0.0)] * 100
    await room.call("on", within_s=30)
    for _ in range(31):
        await room.go(1)
    assert 4 <= len(room.lamp.done) <= 6
    assert await room.ends() == [("failed", "too late: it could not be done in time")]
    ended = (await room.told())[0].ended_at
    assert ended is not None
    assert ended - (await room.told())[0].at <= 31


async def test_a_final_refusal_is_not_tried_again(room: Room) -> None:
    room.lamp.next = [DeliveryFailed("lamp: there is no such lamp", final=True)]
    await room.call("on")
    await room.go()
    await room.go(10)
    assert room.lamp.tried == ["on"]
    assert await room.ends() == [("failed", "lamp: there is no such lamp")]


async def test_who_gives_up_in_doubt_says_so(room: Room) -> None:
    room.lamp.next = [WebFailed("no answer in time", in_doubt=True), *[DeliveryFailed("busy")] * 100]
    await room.call("on", within_s=20)
    for _ in range(22):
        await room.go(1)
    assert await room.ends() == [("doubt", "in doubt: it may have been done")]


async def test_one_lane_does_not_hold_up_another_nor_the_conversation(room: Room) -> None:
    room.lamp.next = [DeliveryFailed("busy")]
    await room.call("hall", lane="hall")
    await room.call("hall again", lane="hall")
    await room.call("kitchen", lane="kitchen")
    await room.put("a message")
    await room.go()
    assert room.lamp.tried == ["hall", "kitchen"]
    assert room.platform.texts == ["a message"]
    await room.go(2)
    assert room.lamp.tried == ["hall", "kitchen", "hall", "hall again"]


async def test_two_people_are_apart(room: Room) -> None:
    room.lamp.next = [DeliveryFailed("busy")]
    await room.call("of ann")
    await room.call("of bob", user="bob")
    await room.go()
    assert room.lamp.tried == ["of ann", "of bob"], "one does not wait for the other"
    assert [one.content["to"] for one in await room.told("ann")] == ["of ann"]
    assert [one.content["to"] for one in await room.told("bob")] == ["of bob"]
    assert await room.turns.calls(await room.person("bob"), "other", 10) == []


async def test_a_skill_that_is_gone_fails_for_good(room: Room) -> None:
    await room.call("on", skill="lamps")
    await room.go()
    assert room.lamp.done == []
    assert await room.states() == [("failed", "no skill does this any more")]


async def test_who_opted_out_of_messages_has_lamps_all_the_same(room: Room) -> None:
    await room.call("on", consent=False)
    await room.go()
    assert room.lamp.tried == ["on"]


async def test_a_shut_door_keeps_no_call_waiting(room: Room) -> None:
    room.doors.shut.add("pager")
    with pytest.raises(DoorShut):
        await room.doors.adapter(APP, "pager")
    await room.call("on")
    await room.go()
    assert room.lamp.tried == ["on"]


async def test_contents_and_lanes_are_neither_stored_readable_nor_logged(
    room: Room, database_url: str, log: io.StringIO
) -> None:
    room.lamp.next = [RuntimeError(CANARY)]
    await room.call(CANARY, lane=CANARY)
    await room.go()
    await room.go(10)
    assert [one.content for one in await room.told()] == [{"to": CANARY}]
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("select * from outbox").fetchall()
    assert CANARY not in repr(rows)
    assert CANARY not in repr([bytes(cell) for row in rows for cell in row if isinstance(cell, bytes | memoryview)])
    assert "message sent" in log.getvalue()
    assert CANARY not in log.getvalue()
