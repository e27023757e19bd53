"""What came of an attempt is noted whatever the platform and its adapter say: else the message would be sent again."""

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from shared.channel import Delivered, Receipt
from shared.errors import DeliveryFailed
from tests.infra.office import RECEIPT_S, Office, fails, open_office, raises
from tests.infra.storage.records import APP


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with open_office(database_url) as opened:
        yield opened


@pytest.mark.parametrize("provider_id", ["id \ud800", "id \0"], ids=["surrogate", "nul"])
async def test_an_id_that_is_no_text_is_noted_and_its_receipt_finds_it(office: Office, provider_id: str) -> None:
    async def taken() -> Delivered:
        return Delivered(provider_id)

    office.platform.answers["one"] = [taken]
    await office.put("one")
    await office.go()
    assert await office.states() == [("sent", "")]
    await office.outbox.note(APP, "pager", Receipt("failed", provider_id, "no\0thing \ud800", "error\0 1\udfff"))
    assert await office.states() == [("failed", "error 1")]


@pytest.mark.parametrize("answered", [None, Delivered(7)], ids=["nothing", "a number"])  # type: ignore[arg-type]
async def test_what_was_taken_is_not_sent_again_whatever_the_adapter_answers(office: Office, answered: Any) -> None:
    async def taken() -> Delivered:
        return cast(Delivered, answered)

    office.platform.answers["one"] = [taken]
    await office.put("one")
    await office.go()
    await office.go(RECEIPT_S + 30)
    assert office.platform.texts == ["one"]
    assert await office.states() == [("sent", "")]


@pytest.mark.parametrize(
    ("how", "state"), [({"final": True}, "failed"), ({}, "waiting"), ({"in_doubt": True}, "sending")]
)
async def test_a_reason_that_is_no_text_is_noted_without_what_cannot_be_stored(
    office: Office, how: dict[str, bool], state: str
) -> None:
    office.platform.answers["one"] = [raises(DeliveryFailed("error\0 3\ud800 for 1555\x001234567", **how))]
    await office.put("one")
    await office.go()
    assert await office.states() == [(state, "error 3 for …")]


async def test_a_pause_that_is_no_time_is_replaced_by_ours(office: Office) -> None:
    office.platform.answers["one"] = [fails(retry_after=float("nan"))]
    await office.put("one")
    await office.go()
    assert await office.states() == [("waiting", "DatetimeFieldOverflow")]
    await office.go(2)
    assert await office.states() == [("sent", "")]


async def test_a_failure_whose_reason_the_store_refuses_is_final_nevertheless(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failed(*_: Any) -> None:
        monkeypatch.undo()
        raise ValueError("unforeseen")

    monkeypatch.setattr(office.store, "failed", failed)
    office.platform.answers["one"] = [fails(final=True)]
    await office.put("one", "two")
    await office.go()
    assert await office.states() == [("failed", "ValueError"), ("sent", "")]
