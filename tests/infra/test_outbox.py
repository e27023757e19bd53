"""The outbox on real Postgres, with a clock that is moved and a platform that does as it is told."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Self

import msgspec
import pytest

from infra.delivery import Pace
from infra.outbox import Outbox
from infra.storage.outbox import OutboxStore
from infra.storage.postgres import Database
from infra.storage.turns import PostgresTurnStore
from infra.vault import Vault
from shared.channel import ChannelAdapter, Delivered, Receipt, Verified, Wire, WireReply
from shared.errors import DeliveryFailed, DoorShut, StoreUnavailable
from shared.ports import DoorPorts, Outgoing, Person
from shared.testing.fakes import FakeClock
from shared.turn import Request, Turn
from tests.infra.storage.records import APP, NOW, open_store, record, request

VAULT = Vault(b"k" * 32)
RECEIPT_S = 60.0
Answer = Callable[[], Awaitable[Delivered]]


class Platform(ChannelAdapter):
    """Takes every message unless it is told otherwise, and keeps what came: text and reference, in the order they came."""

    name: ClassVar[str] = "pager"
    receipt_s: ClassVar[float] = RECEIPT_S

    def __init__(self) -> None:
        self.came: list[tuple[str, str]] = []
        self.answers: dict[str, list[Answer]] = {}  # text → what to do in place of taking it, at its next attempts
        self.busy = 0
        self.busiest = 0

    async def deliver(self, content: Mapping[str, Any], reference: str) -> Delivered:
        """See ChannelAdapter."""
        text = str(content["text"])
        self.came.append((text, reference))
        self.busy += 1
        self.busiest = max(self.busy, self.busiest)
        try:
            await asyncio.sleep(0)
            if self.answers.get(text):
                return await self.answers[text].pop(0)()
            return Delivered(f"id of {text}")
        finally:
            self.busy -= 1

    @property
    def texts(self) -> list[str]:
        """What came, in order."""
        return [text for text, _ in self.came]

    @classmethod
    def open(cls, app: str, config: Mapping[str, str], ports: DoorPorts) -> Self:
        """Not through configuration."""
        raise DoorShut("made by the test")

    async def verify(self, wire: Wire) -> Verified:
        """Nothing comes in."""
        raise NotImplementedError

    def parse(self, verified: Verified) -> Request:
        """Nothing comes in."""
        raise NotImplementedError

    def render(self, request: Request, turn: Turn) -> WireReply:
        """Nothing is answered."""
        raise NotImplementedError


def fails(**how: Any) -> Answer:
    """The platform does not take it."""

    async def answer() -> Delivered:
        raise DeliveryFailed("pager: error 30003 for +15551234567", **how)

    return answer


def raises(error: Exception) -> Answer:
    """The adapter breaks."""

    async def answer() -> Delivered:
        raise error

    return answer


class Doors:
    """Every channel leads to the platform, unless it is shut."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.shut: set[str] = set()

    def receipt_times(self) -> dict[str, float]:
        """Only the pager is loaded."""
        return {"pager": RECEIPT_S}

    async def adapter(self, app: str, channel: str) -> ChannelAdapter:
        """The platform."""
        if channel in self.shut:
            raise DoorShut("no credentials")
        return self.platform


class Counts:
    """Counts."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.told: dict[str, int] = {}

    def delivery(self, channel: str, state: str) -> None:
        """Keep it."""
        self.ended.append(state)

    def waiting(self, channels: Mapping[str, int]) -> None:
        """Keep it."""
        self.told = dict(channels)


class Office:
    """An outbox with all around it."""

    def __init__(self, turns: PostgresTurnStore, database: Database) -> None:
        self.turns, self.database = turns, database
        self.clock, self.platform, self.counts = FakeClock(NOW), Platform(), Counts()
        self.doors = Doors(self.platform)
        self.store = OutboxStore(database, turns.people, VAULT)
        self.fresh = asyncio.Event()
        self.outbox = self.worker()
        self._numbers = itertools.count(1)

    def worker(self, pace: Pace | None = None) -> Outbox:
        """Another outbox on the same stores."""
        return Outbox(self.store, self.doors, self.counts, self.clock, lambda: 1.0, self.fresh, pace)

    async def put(
        self, *texts: str, user: str = "ann", conversation: str = "c1", channel: str = "pager", **more: Any
    ) -> list[str]:
        """A turn that leaves these to go out; their references."""
        self.clock.move(0.001)  # made one after the other
        person = await self.turns.person(APP, channel, user)
        said = request(f"m{next(self._numbers)}", f"m{next(self._numbers)}", user, conversation, channel)
        message = msgspec.structs.replace(said, received_at=self.clock.now())
        last = await self.turns.last_session(person, channel, conversation)
        outgoing = tuple(Outgoing({"text": text}) for text in texts)
        made = record(person, message, last.seq + 1, outgoing=outgoing, **more)
        await self.turns.record(made)
        return [f"{made.turn.trace_id}-{position}" for position in range(len(texts))]

    async def go(self, seconds: float = 0.0) -> None:
        """Let time pass, then deliver until nothing is due."""
        self.clock.move(seconds)
        while await self.outbox.deliver_due():
            await self.outbox.settled()

    async def states(self) -> list[tuple[str, str]]:
        """State and reason of every message, in the order they were made."""
        rows = await self.database.rows("select state, reason from outbox order by created_at, seq, position, channel")
        return [(state, reason) for state, reason in rows]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for a condition, with a deadline."""
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110 (a condition of any kind)
                await asyncio.sleep(0.005)

    async def person(self, user: str = "ann", channel: str = "pager") -> Person:
        """The person behind a name."""
        return await self.turns.person(APP, channel, user)


@asynccontextmanager
async def open_office(database_url: str) -> AsyncIterator[Office]:
    async with open_store(database_url, VAULT) as turns, Database(database_url, patience_s=0.5) as database:
        yield Office(turns, database)


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with open_office(database_url) as opened:
        yield opened


# -- sending -----------------------------------------------------------------------------------------------------------


async def test_messages_leave_in_order_under_their_references(office: Office) -> None:
    references = await office.put("one", "two") + await office.put("three")
    await office.put("elsewhere", conversation="c2")
    await office.go()
    assert [came for came in office.platform.came if came[0] != "elsewhere"] == list(
        zip(["one", "two", "three"], references, strict=True)
    )
    assert await office.states() == [("sent", "")] * 4
    assert office.counts.ended == ["sent"] * 4
    await office.go(100_000)
    assert len(office.platform.came) == 4, "nothing is sent twice"


async def test_what_is_not_taken_is_tried_again_and_holds_up_only_its_conversation(office: Office) -> None:
    office.platform.answers["one"] = [fails(retry_after=0.0)] * 3
    [reference, _] = await office.put("one", "two")
    await office.put("other", conversation="c2")
    await office.go()
    assert sorted(office.platform.texts) == ["one", "other"]
    for pause in (1.0, 2.0):
        await office.go(0.9 * pause)
        assert office.platform.texts.count("one") == int(pause), "not before its time"
        await office.go(0.2 * pause)
    await office.go(10)
    assert [came for came in office.platform.came if came[0] == "one"] == [("one", reference)] * 4
    assert office.platform.texts[-1] == "two"
    assert {state for state, _ in await office.states()} == {"sent"}


async def test_the_platform_may_ask_for_a_longer_pause(office: Office) -> None:
    office.platform.answers["one"] = [fails(retry_after=300.0)]
    await office.put("one")
    await office.go()
    await office.go(299)
    assert len(office.platform.came) == 1
    await office.go(2)
    assert await office.states() == [("sent", "")]


async def test_what_will_never_be_taken_fails_with_its_reason_and_lets_the_next_pass(office: Office) -> None:
    office.platform.answers["one"] = [fails(final=True)]
    await office.put("one", "two")
    await office.go()
    assert await office.states() == [("failed", "pager: error 30003 for …"), ("sent", "")]
    assert not await office.turns.opted_out(await office.person(), "pager")


async def test_after_a_day_it_is_given_up(office: Office) -> None:
    office.platform.answers["one"] = [fails(retry_after=3600.0)] * 100
    await office.put("one")
    for _ in range(30):
        await office.go(3601)
    assert len(office.platform.came) == 23
    assert await office.states() == [("failed", "too old: it could not be delivered in time")]


async def test_a_shut_door_is_waited_for(office: Office) -> None:
    office.doors.shut.add("pager")
    await office.put("one")
    await office.go()
    assert (office.platform.came, await office.states()) == ([], [("waiting", "door_shut")])
    office.doors.shut.clear()
    await office.go(2)
    assert await office.states() == [("sent", "")]


async def test_two_workers_send_each_message_once(office: Office) -> None:
    for number in range(30):
        await office.put(f"{number} a", f"{number} b", conversation=f"c{number % 10}")
    other = office.worker()
    for _ in range(60):
        await asyncio.gather(*(worker.deliver_due() for worker in (office.outbox, other)))
        await asyncio.gather(*(worker.settled() for worker in (office.outbox, other)))
    assert len(office.platform.came) == len(set(office.platform.came)) == 60
    for conversation in range(10):
        numbers = [int(text.split()[0]) for text in office.platform.texts if int(text.split()[0]) % 10 == conversation]
        assert numbers == sorted(numbers)


async def test_a_slow_door_does_not_hold_up_another(office: Office) -> None:
    release = asyncio.Event()

    async def slow() -> Delivered:
        await release.wait()
        return Delivered("")

    for number in range(40):
        office.platform.answers[f"slow {number}"] = [slow]
        await office.put(f"slow {number}", conversation=f"c{number}")
    await office.put("quick", channel="other")
    outbox = office.worker(Pace(sending=32, sending_a_door=8))
    while await outbox.deliver_due():
        pass
    await office.until(lambda: "quick" in office.platform.texts)
    assert office.platform.busiest <= 16
    release.set()
    await outbox.settled()


# -- in doubt ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [fails(in_doubt=True), raises(ConnectionResetError()), raises(TimeoutError())])
async def test_in_doubt_a_receipt_is_waited_for_and_settles_it(office: Office, answer: Answer) -> None:
    office.platform.answers["one"] = [answer]
    [reference, _] = await office.put("one", "two")
    await office.go()
    await office.go(RECEIPT_S - 1)
    assert office.platform.texts == ["one"], "the order holds too"
    await office.outbox.note(APP, "pager", Receipt("delivered", "its id", reference))
    await office.go(RECEIPT_S)
    assert office.platform.texts == ["one", "two"]
    assert [state for state, _ in await office.states()] == ["delivered", "sent"]


async def test_without_a_receipt_it_is_sent_again_under_the_same_reference(office: Office) -> None:
    office.platform.answers["one"] = [fails(in_doubt=True)]
    [reference] = await office.put("one")
    await office.go()
    await office.go(RECEIPT_S + 1)
    assert office.platform.came == [("one", reference)] * 2
    assert office.counts.ended == ["doubt", "sent"]


async def test_a_platform_that_does_not_answer_is_given_up_in_doubt(office: Office) -> None:
    never = asyncio.Event()

    async def silent() -> Delivered:
        await never.wait()
        raise AssertionError("it was given up")

    office.platform.answers["one"] = [silent]
    await office.put("one")
    office.outbox = office.worker(Pace(send_s=0.02))
    await office.go()
    assert await office.states() == [("sending", "no answer in time")]


async def test_what_a_dead_worker_took_is_in_doubt_until_its_lease_ends(office: Office) -> None:
    [reference] = await office.put("one")
    [taken] = await office.store.take(office.clock.now(), {"pager": 80.0}, 10.0, (), 5)  # and then it is killed
    await office.go(79)
    assert office.platform.came == []
    await office.go(2)
    assert office.platform.came == [("one", reference)]
    await office.store.failed(taken, "said too late", office.clock.now())
    await office.store.later(taken, NOW, "said too late", office.clock.now(), in_doubt=False)
    assert await office.states() == [("sent", "")], "whoever lost the lease has no say"


async def test_stopping_lets_what_is_being_sent_end(office: Office) -> None:
    release = asyncio.Event()

    async def slow() -> Delivered:
        await release.wait()
        return Delivered("")

    office.platform.answers["one"] = [slow]
    await office.put("one", "two")
    async with office.outbox:
        await office.until(lambda: office.platform.came)
        asyncio.get_running_loop().call_later(0.02, release.set)
    assert [state for state, _ in await office.states()] == ["sent", "waiting"]


async def test_stopping_leaves_what_takes_too_long_to_others(office: Office) -> None:
    async def slow() -> Delivered:
        await asyncio.Event().wait()
        raise AssertionError("it was cancelled")

    office.platform.answers["one"] = [slow]
    await office.put("one")
    async with office.worker(Pace(close_s=0.02)):
        await office.until(lambda: office.platform.came)
    assert await office.states() == [("sending", "")]
    await office.go(RECEIPT_S + 30)
    assert await office.states() == [("sent", "")]


# -- consent -----------------------------------------------------------------------------------------------------------


async def test_who_opted_out_meanwhile_gets_only_what_is_owed(office: Office) -> None:
    await office.put("one")
    await office.put("You will get no more messages.", owed=True, consent=False)
    await office.go()
    assert office.platform.texts == ["You will get no more messages."]
    assert await office.states() == [("failed", "opted out"), ("sent", "")]


async def test_a_platform_that_knows_of_an_opt_out_is_believed(office: Office) -> None:
    office.platform.answers["one"] = [fails(final=True, opted_out=True)]
    await office.put("one", "two")
    await office.put("three", conversation="c2")
    await office.put("owed", conversation="c3", owed=True)
    await office.put("for bob", user="bob", conversation="c4")
    office.outbox = office.worker(Pace(sending_a_door=1))
    await office.outbox.deliver_due()
    await office.outbox.settled()
    assert await office.turns.opted_out(await office.person(), "pager")
    assert await office.states() == [
        ("failed", "opted out"),
        ("failed", "opted out"),
        ("failed", "opted out"),
        ("waiting", ""),
        ("waiting", ""),
    ]
    await office.go()
    assert sorted(office.platform.texts) == ["for bob", "one", "owed"]


async def test_an_old_refusal_does_not_undo_a_new_start(office: Office) -> None:
    [old] = await office.put("one")
    await office.go()
    office.clock.move(60)
    await office.put("You are back.", owed=True, consent=True)
    await office.outbox.note(APP, "pager", Receipt("failed", reference=old, reason="30006", opted_out=True))
    assert not await office.turns.opted_out(await office.person(), "pager")
    office.clock.move(60)
    [new] = await office.put("two")
    await office.go()
    for _ in range(2):
        await office.outbox.note(APP, "pager", Receipt("failed", reference=new, reason="30006", opted_out=True))
    assert await office.turns.opted_out(await office.person(), "pager")
    rows = await office.database.rows("select granted, source from consents order by number")
    assert rows == [(True, "keyword"), (False, "platform")], "told twice, noted once"


# -- receipts ----------------------------------------------------------------------------------------------------------

_FINAL = [Receipt("delivered", "id of one"), Receipt("failed", "id of one", reason="30005")]
_SENT = Receipt("sent", "id of one")


@pytest.mark.parametrize("final", _FINAL, ids=lambda receipt: receipt.state)
@pytest.mark.parametrize("order", ["sent first", "final first", "twice", "then the other"])
async def test_receipts_in_any_order_end_in_the_final_state(office: Office, final: Receipt, order: str) -> None:
    other = _FINAL[1 - _FINAL.index(final)]
    orders: dict[str, Sequence[Receipt]] = {
        "sent first": (_SENT, final),
        "final first": (final, _SENT),
        "twice": (final, final, _SENT, _SENT),
        "then the other": (final, other),
    }
    await office.put("one")
    await office.go()
    for receipt in orders[order]:
        await office.outbox.note(APP, "pager", receipt)
    assert await office.states() == [(final.state, final.reason)]


async def test_receipts_for_nothing_of_ours_change_nothing(office: Office) -> None:
    await office.put("one")
    await office.put("two", channel="other")
    await office.go()
    for receipt in (Receipt("failed", "id of nothing"), Receipt("failed"), Receipt("failed", reference="trace-0-0")):
        await office.outbox.note(APP, "pager", receipt)
    await office.outbox.note(APP, "pager", Receipt("failed", "id of two"))
    await office.outbox.note("another app", "pager", Receipt("failed", "id of one"))
    assert [state for state, _ in await office.states()] == ["sent", "sent"]


async def test_a_receipt_that_overtakes_the_answer_finds_its_message(office: Office) -> None:
    told = asyncio.Event()

    async def overtaken() -> Delivered:
        told.set()
        await asyncio.sleep(0.05)
        return Delivered("its id")

    office.platform.answers["one"] = [overtaken]
    await office.put("one")
    await office.outbox.deliver_due()
    await told.wait()
    await office.outbox.note(APP, "pager", Receipt("delivered", "its id"))
    await office.outbox.settled()
    assert await office.states() == [("delivered", "")]


# -- outages -----------------------------------------------------------------------------------------------------------


async def test_what_was_sent_while_postgres_is_away_is_noted_when_it_is_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = iter([True, True])

    async def sent(*args: Any) -> None:
        if next(away, False):
            raise StoreUnavailable("down")
        monkeypatch.undo()
        await office.store.sent(*args)

    monkeypatch.setattr(office.store, "sent", sent)
    await office.put("one")
    office.outbox = office.worker(Pace(poll_s=0.01))
    await office.go()
    assert office.platform.texts == ["one"]
    assert await office.states() == [("sent", "")]


@pytest.mark.parametrize("trouble", [StoreUnavailable("down"), RuntimeError("unforeseen")])
async def test_trouble_does_not_end_the_loop(
    office: Office, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    tried = itertools.count(1)

    async def take(*_: Any) -> list[Any]:
        if next(tried) == 3:
            monkeypatch.undo()
        raise trouble

    monkeypatch.setattr(office.store, "take", take)
    await office.put("one")
    async with office.worker(Pace(poll_s=0.01)):
        await office.until(lambda: "sent" in office.counts.ended)
    assert office.platform.texts == ["one"]


async def test_the_loop_sends_what_was_just_committed_and_counts_what_waits(office: Office) -> None:
    office.platform.answers["later"] = [fails(retry_after=1000.0)]
    await office.put("later")
    async with office.worker(Pace(poll_s=30.0)):
        await office.until(lambda: office.counts.told)
        assert office.counts.told == {"pager": 1}
        await office.put("now", conversation="c2")
        office.fresh.set()
        await office.until(lambda: "now" in office.platform.texts)


async def test_logs_hold_no_content(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    office.platform.answers["secret"] = [raises(RuntimeError("secret +15551234567")), fails(final=True)]
    await office.put("secret")
    with caplog.at_level("DEBUG"):
        await office.go()
        await office.go(100)
    assert [state for state, _ in await office.states()] == ["failed"]
    told = "".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert "message not sent" in told
    assert "secret" not in told
    assert "1555" not in told
