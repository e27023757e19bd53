"""`/v1/handoffs`: whose API key it is decides what is seen and given back."""

from collections.abc import AsyncIterator

import msgspec
import pytest

from channels.rest.handoffs import HandoffOut, HandoffsOut
from infra.handing import HandoffsEndpoint
from infra.storage.handoffs import HandoffStore
from infra.storage.postgres import Database
from infra.storage.turns import PostgresTurnStore
from infra.vault import Vault
from shared.channel import Verified, Wire, WireReply
from shared.errors import MethodNotAllowed, NotAuthentic, NotFound
from shared.testing.fakes import FakeClock
from tests.infra.storage.records import APP, NOW, handoff, open_store, record, request

VAULT = Vault(b"k" * 32)


class Office:
    """The endpoint, on a store in which two conversations of the default app are with a human."""

    def __init__(self, turns: PostgresTurnStore, store: HandoffStore) -> None:
        self.turns, self.clock = turns, FakeClock(NOW)
        self._endpoint = HandoffsEndpoint(store, self._admit, self.clock)

    async def ask(self, method: str, path: str, key: str = APP) -> WireReply:
        """An answer; `key` is the name of its app."""
        return await self._endpoint(Wire(method, path, ((b"authorization", key.encode()),)))

    async def listed(self, key: str = APP) -> list[HandoffOut]:
        """What is open."""
        return list(
            msgspec.json.decode((await self.ask("GET", "/v1/handoffs?x=1", key)).body, type=HandoffsOut).handoffs
        )

    async def _admit(self, wire: Wire) -> Verified:
        app = wire.header("authorization") or ""
        if not app:
            raise NotAuthentic("no key")
        return Verified(wire, app, "key")


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with open_store(database_url, VAULT) as turns, Database(database_url) as database:
        ann = await turns.person(APP, "rest", "ann")
        steps = (handoff("h1"), handoff("h2", user="ann", reason="", until=NOW + 60))
        await turns.record(record(ann, request(), handoff=steps))
        yield Office(turns, HandoffStore(database, turns.people))


async def test_the_app_sees_what_is_open(office: Office) -> None:
    first, second = await office.listed()
    assert (first.id, first.state, first.user, first.reason) == ("h1", "open", "ann", "a refund")
    assert (first.started_at, first.until, first.returned_at) == (NOW, NOW + 7200, None)
    assert second.id == "h2"
    office.clock.move(61)
    assert [one.id for one in await office.listed()] == ["h1"]


async def test_another_app_sees_and_returns_nothing(office: Office) -> None:
    assert await office.listed("other") == []
    with pytest.raises(NotFound):
        await office.ask("POST", "/v1/handoffs/h1/return", "other")
    assert len(await office.listed()) == 2


async def test_it_is_given_back_and_may_be_again(office: Office) -> None:
    office.clock.move(5)
    answers = [await office.ask("POST", "/v1/handoffs/h1/return") for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].body == answers[1].body
    out = msgspec.json.decode(answers[0].body, type=HandoffOut)
    assert (out.state, out.returned_at) == ("returned", NOW + 5)
    assert [one.id for one in await office.listed()] == ["h2"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/handoffs/",
        "/v1/handoffs/h1",
        "/v1/handoffs/h1/",
        "/v1/handoffs/h1/return/x",
        "/v1/handoffs//return",
        "/v1/handoffs/../return",
        "/v1/handoffs/h%201/return",
        "/v1/handoffs/" + "h" * 41 + "/return",
        "/v1/handoffs/h9/return",
    ],
)
async def test_other_paths_are_not_found(office: Office, path: str) -> None:
    with pytest.raises(NotFound):
        await office.ask("POST", path)


async def test_methods(office: Office) -> None:
    assert (await office.ask("HEAD", "/v1/handoffs")).status == 200
    with pytest.raises(MethodNotAllowed) as refused:
        await office.ask("POST", "/v1/handoffs")
    assert refused.value.allow == ("GET", "HEAD")
    with pytest.raises(MethodNotAllowed) as refused:
        await office.ask("GET", "/v1/handoffs/h1/return")
    assert refused.value.allow == ("POST",)


async def test_without_a_key_nothing_is_told(office: Office) -> None:
    for method, path in (("GET", "/v1/handoffs"), ("POST", "/v1/handoffs/h1/return")):
        with pytest.raises(NotAuthentic):
            await office.ask(method, path, "")
