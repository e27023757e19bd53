"""Consent and receipts: who opted out gets nothing, and a final state is never left."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from infra.delivery import Pace
from shared.channel import Delivered, Receipt
from tests.infra.office import Office, fails, open_office
from tests.infra.storage.records import APP


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with open_office(database_url) as opened:
        yield opened


# -- consent -----------------------------------------------------------------------------------------------------------


async def test_who_opted_out_meanwhile_gets_only_what_is_owed(office: Office) -> None:
    await office.put("one")
    await office.put("You will get no more messages.", owed=True, consent=False)
    await office.go()
    assert office.platform.texts == ["You will get no more messages."]
    assert await office.states() == [("failed", "opted out"), ("sent", "")]


async def test_the_confirmation_of_an_opt_out_does_not_wait_behind_what_will_never_be_sent(office: Office) -> None:
    office.platform.answers["one"] = [fails(retry_after=3600.0)]
    await office.put("one", "two")
    await office.put("of another conversation", conversation="c2")
    await office.put("owed", conversation="c3", owed=True)
    await office.put("of another channel", channel="other")
    await office.put("for bob", user="bob", conversation="c4")
    office.outbox = office.worker(Pace(sending_a_door=1))
    await office.outbox.deliver_due()
    await office.outbox.settled()
    await office.put("You will get no more messages.", owed=True, consent=False)
    assert await office.states() == [*[("failed", "opted out")] * 3, *[("waiting", "")] * 4]
    await office.go()
    assert "You will get no more messages." in office.platform.texts
    assert {state for state, _ in (await office.states())[3:]} == {"sent"}


async def test_who_agrees_loses_nothing_that_waits(office: Office) -> None:
    office.platform.answers["one"] = [fails(retry_after=0.0)]
    await office.put("one")
    await office.go()
    await office.put("You are back.", owed=True, consent=True)
    await office.go(2)
    assert office.platform.texts == ["one", "one", "You are back."]


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


async def test_a_receipt_that_comes_while_the_answer_is_noted_finds_its_message(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is committed after the message was looked for and before it was asked whether one is on its way."""
    being_sent, told = office.store.being_sent, asyncio.Event()

    async def answered() -> Delivered:
        await told.wait()
        return Delivered("its id")

    async def asked(app: str, channel: str) -> bool:
        told.set()
        await office.outbox.settled()
        return await being_sent(app, channel)

    office.platform.answers["one"] = [answered]
    monkeypatch.setattr(office.store, "being_sent", asked)
    await office.put("one")
    await office.outbox.deliver_due()
    await office.outbox.note(APP, "pager", Receipt("failed", "its id", reason="30006", opted_out=True))
    assert await office.states() == [("failed", "30006")]
    assert await office.turns.opted_out(await office.person(), "pager")
