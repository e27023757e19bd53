"""What the answers of carriers' APIs come to, the same for all of them, whatever status, body or pace they have."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, suppress
from typing import Any

import msgspec
import pytest

from channels.sms import api as sms_api
from channels.sms.bandwidth.contract import BandwidthContract
from channels.sms.plivo.contract import PlivoContract
from channels.sms.telnyx.contract import TelnyxContract
from channels.sms.twins.api import CarrierApi
from channels.sms.vonage.contract import VonageContract
from shared.channel import Delivered
from shared.errors import DeliveryFailed
from shared.testing.platforms.api import Back, Call, Failure
from tests.channels.sms.carriers import REFERENCE, open_carrier
from tests.channels.sms.twilio_door import ACCOUNT, TOKEN

LETTER = {"to": "+14155550199", "from": "+14155550100", "text": "Your tea is ready."}

CONFIG: dict[str, dict[str, str]] = {
    "twilio": {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN},
    "vonage": {**VonageContract.config, "vonage_application_id": ""},
    "plivo": dict(PlivoContract.config),
    "telnyx": dict(TelnyxContract.config),
    "bandwidth": dict(BandwidthContract.config),
}
TAKEN: dict[str, Callable[[Any], Any]] = {
    "twilio": lambda own: {"sid": own},
    "vonage": lambda own: {"message_uuid": own},
    "plivo": lambda own: {"message_uuid": [own]},
    "telnyx": lambda own: {"data": {"id": own}},
    "bandwidth": lambda own: {"id": own},
}
OPTED_OUT: dict[str, Any] = {
    "twilio": {"code": 21610},
    "vonage": {"type": "https://developer.vonage.com/api-errors/messages#1240"},
    "telnyx": {"errors": [{"code": "40300"}]},
}

every_carrier = pytest.mark.parametrize("place", CONFIG)
Send = Callable[[str, Back], Delivered]


class Says(CarrierApi):
    """An API that says `back` to whatever it is asked, which was `heard`."""

    back = Back(500)
    heard: Call | None = None

    def answer(self, call: Call) -> Back:
        self.heard = call
        return self.back

    def failed(self, failure: Failure) -> Back:
        return self.back


async def deliver(place: str, base: str) -> Delivered:
    door = open_carrier(place, CONFIG[place] | {f"{place}_api_base": base})
    return await door.deliver(LETTER, REFERENCE)


@pytest.fixture(scope="module")
def api() -> Iterator[Says]:
    with Says() as api:
        yield api


@pytest.fixture
def send(api: Says) -> Send:
    """Sends a letter by a carrier whose API says this."""

    def send(place: str, back: Back) -> Delivered:
        api.back = back
        return asyncio.run(deliver(place, api.url))

    return send


def refused(send: Send, place: str, back: Back) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as raised:
        send(place, back)
    assert "415555" not in str(raised.value)
    return raised.value


def json(value: Any) -> bytes:
    return msgspec.json.encode(value)


# -- taken -----------------------------------------------------------------------------------------------------------


@every_carrier
@pytest.mark.parametrize("status", [200, 201, 202, 207])
def test_what_was_taken_has_the_carriers_id(send: Send, place: str, status: int) -> None:
    assert send(place, Back(status, json(TAKEN[place]("id-1")))) == Delivered("id-1")


@every_carrier
@pytest.mark.parametrize("own", ["", 7, None, [], "a\nb", "x" * 300])
def test_what_was_taken_is_not_sent_again_though_its_id_is_unusable(send: Send, place: str, own: Any) -> None:
    """Its receipts find it by our reference."""
    assert send(place, Back(202, json(TAKEN[place](own)))) == Delivered("")


@every_carrier
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"<html>", b'{"id": "cut', b"\xff", b'{"data": [], "sid": {}}'])
def test_what_was_taken_is_not_sent_again_though_the_answer_is_unreadable(send: Send, place: str, body: bytes) -> None:
    assert send(place, Back(200, body)) == Delivered("")


@every_carrier
def test_an_id_that_no_store_holds_is_none(send: Send, place: str) -> None:
    body = json(TAKEN[place]("X")).replace(b'"X"', rb'"\ud800"')
    assert send(place, Back(202, body)) == Delivered("")


# -- not taken, or nobody knows --------------------------------------------------------------------------------------


@every_carrier
@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 524, 599])
def test_after_a_fault_of_the_carriers_the_receipt_is_waited_for(send: Send, place: str, status: int) -> None:
    """Whatever failed there may have failed after the message was taken."""
    error = refused(send, place, Back(status, b"oops"))
    assert (error.final, error.in_doubt) == (False, True)
    assert str(status) in str(error)


@every_carrier
def test_who_asks_to_come_again_has_taken_nothing(send: Send, place: str) -> None:
    for status in (429, 503):
        error = refused(send, place, Back(status, b"", headers=(("Retry-After", "9"),)))
        assert (error.final, error.in_doubt, error.retry_after) == (False, False, 9.0)


@every_carrier
@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_an_answer_that_points_elsewhere_loses_no_message(send: Send, place: str, status: int) -> None:
    error = refused(send, place, Back(status, b"", headers=(("Location", "https://elsewhere.example/"),)))
    assert (error.final, error.in_doubt, error.retry_after) == (False, False, sms_api.LATER_S)


@every_carrier
@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_told_as_such(send: Send, place: str, status: int) -> None:
    error = refused(send, place, Back(status, json({"code": 20003, "errors": [{"code": "10009"}]})))
    assert (error.final, error.opted_out, error.in_doubt) == (False, False, False)
    assert error.retry_after == sms_api.LATER_S
    assert "credentials" in str(error)


@pytest.mark.parametrize("place", OPTED_OUT)
@pytest.mark.parametrize("status", [400, 401, 403, 409, 422, 429, 500])
def test_who_opted_out_is_known_by_the_code_whatever_the_status(send: Send, place: str, status: int) -> None:
    error = refused(send, place, Back(status, json(OPTED_OUT[place])))
    assert (error.final, error.opted_out, error.in_doubt) == (True, True, False)


@every_carrier
def test_without_credit_a_message_waits(send: Send, place: str) -> None:
    error = refused(send, place, Back(402))
    assert (error.final, error.retry_after) == (False, sms_api.LATER_S)


@every_carrier
@pytest.mark.parametrize("status", [400, 404, 405, 413, 422])
def test_what_the_carrier_refuses_is_refused_for_good(send: Send, place: str, status: int) -> None:
    body = {"code": "14155550199 no", "type": "+14155550199", "errors": [{"code": "14155550199"}], "error": "415555"}
    error = refused(send, place, Back(status, json(body)))
    assert (error.final, error.opted_out) == (True, False)


# -- how much and how long -------------------------------------------------------------------------------------------

Writes = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(head: bytes, writes: Writes) -> AsyncIterator[str]:
    """A server that says `head` and then writes on; its address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(ConnectionError):  # the client may have heard enough
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head)
            await writes(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_an_answer_without_an_end_is_cut() -> None:
    written = 0

    async def pours(writer: asyncio.StreamWriter) -> None:
        nonlocal written
        while written < 1_000 * sms_api.MAX_ANSWER:
            writer.write(b" " * sms_api.MAX_ANSWER)
            await writer.drain()
            written += sms_api.MAX_ANSWER

    async with serving(b"HTTP/1.1 201 Created\r\n\r\n", pours) as base:
        assert await asyncio.wait_for(deliver("twilio", base), 10) == Delivered("")
    assert written < 500 * sms_api.MAX_ANSWER


def test_a_packed_answer_is_not_asked_for_and_not_unpacked(api: Says, send: Send) -> None:
    """A few kilobytes may unpack to gigabytes."""
    packed = gzip.compress(json({"sid": "SM1"}))
    assert send("twilio", Back(201, packed, headers=(("Content-Encoding", "gzip"),))) == Delivered("")
    assert api.heard is not None
    assert api.heard.headers["accept-encoding"] == "identity"


async def test_an_answer_in_drops_is_waited_for_no_longer_than_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sms_api, "WHOLE_S", 0.3)
    stopped = asyncio.Event()

    async def drips(writer: asyncio.StreamWriter) -> None:
        try:
            for _ in range(200):
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)
        finally:
            stopped.set()

    async with serving(b"HTTP/1.1 201 Created\r\ncontent-length: 1000\r\n\r\n", drips) as base:
        started = asyncio.get_running_loop().time()
        with pytest.raises(DeliveryFailed) as raised:
            await deliver("twilio", base)
        assert asyncio.get_running_loop().time() - started < 3
        assert (raised.value.final, raised.value.in_doubt) == (False, True)
        await asyncio.wait_for(stopped.wait(), 5)
