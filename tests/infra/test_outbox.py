"""The outbox: everything is sent, once and in order, whatever the platform, the workers and Postgres do."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest

from infra.delivery import Pace
from shared.channel import Delivered, Receipt
from shared.errors import StoreUnavailable
from tests.infra.office import RECEIPT_S, Answer, Office, fails, open_office, raises
from tests.infra.storage.records import APP, NOW


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
    await office.go()
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
