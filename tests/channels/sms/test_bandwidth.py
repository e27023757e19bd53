"""Bandwidth: callbacks with the right user and password come in, alone or several; messages are what its library would send."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bandwidth.models import InboundCallback, MessageRequest, StatusCallback  # type: ignore[import-untyped]

from channels.sms.bandwidth.carrier import Bandwidth
from channels.sms.bandwidth.contract import APPLICATION, CALLER, BandwidthContract
from channels.sms.carrier import Carrier
from channels.sms.message import Letter, letter_of
from channels.sms.twins.bandwidth import BandwidthTwin
from channels.sms.twins.bandwidth_api import BandwidthApi
from shared.channel import Receipt, Wire
from shared.errors import DeliveryFailed, Malformed, SignatureInvalid
from shared.testing.adapter.values import turn_of
from shared.testing.adapter_contract import NOW
from shared.testing.platforms import AnswerRefused
from shared.testing.platforms.api import Failure
from shared.turn import Attachment, Reply
from tests.channels.replies import REPLIES
from tests.channels.sms.carriers import (
    PUBLIC,
    REFERENCE,
    Served,
    open_carrier,
    receipt_of,
    request_of,
    sample,
    samples,
    understood,
)

CONFIG = dict(BandwidthContract.config)
PATH = "/channels/sms/bandwidth"
Golden = Callable[[str, Any], None]


def door(**more: str) -> Carrier:
    return open_carrier("bandwidth", CONFIG | more)


def called(body: bytes | list[dict[str, Any]], caller: bytes = CALLER) -> Wire:
    """A callback with the application's user and password."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = ((b"content-type", b"application/json"), (b"authorization", b"Basic " + base64.b64encode(caller)))
    return Wire("POST", PATH, headers, content)


def callbacks(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(sample("bandwidth", f"{name}.json"))
    return found


@pytest.mark.parametrize("name", samples("bandwidth"))
def test_samples(name: str, golden: Golden) -> None:
    golden(f"bandwidth_{name.partition('.')[0]}", understood(door(), called(sample("bandwidth", name))))


@pytest.mark.parametrize("name", samples("bandwidth"))
def test_the_samples_are_what_bandwidths_library_reads(name: str) -> None:
    for one in callbacks(name.partition(".")[0]):
        model = InboundCallback if one["type"] == "message-received" else StatusCallback
        read = model.from_dict(one)
        assert read is not None
        assert read.message.id == one["message"]["id"]
        assert not read.additional_properties


def test_credentials_with_a_colon_and_more_than_ascii() -> None:
    more = {"bandwidth_callback_user": "übung", "bandwidth_callback_password": "a:b c%"}
    wire = called(sample("bandwidth", "message_received_sms.json"), "übung:a:b c%".encode())
    assert request_of(door(**more), wire).text
    with pytest.raises(SignatureInvalid):
        understood(door(), wire)


def test_a_refusal_asks_for_user_and_password() -> None:
    """Bandwidth presents them only after a 401 with a challenge that it knows (RFC 7235)."""
    with pytest.raises(SignatureInvalid) as raised:
        understood(door(), Wire("POST", PATH, (), b"[]"))
    reply = door().render_error(raised.value)
    assert reply.status == 401
    assert [value for name, value in reply.headers if name == b"www-authenticate"] == [
        b'Basic realm="nexus", charset="UTF-8"'
    ]
    malformed = door().render_error(Malformed("a text"))
    assert b"www-authenticate" not in dict(malformed.headers)


# -- several callbacks in one list -----------------------------------------------------------------------------------------


def test_several_messages_of_one_person_become_one_with_an_id_of_its_own() -> None:
    both = callbacks("message_received_several")
    request = request_of(door(), called(both))
    assert request.text == "What time is it in Tokyo?\nAnd in Paris?"
    assert request.message_id == request_of(door(), called(both)).message_id
    alone = [request_of(door(), called([one])).message_id for one in both]
    assert len({request.message_id, *alone}) == 3


def test_a_word_among_others_is_no_keyword() -> None:
    both = callbacks("message_received_several")
    both[1]["message"]["text"] = "STOP"
    assert request_of(door(), called(both)).keyword is None
    assert request_of(door(), called(both[1:])).keyword is not None


@pytest.mark.parametrize("change", [{"from": "+14155550999"}, {"owner": "+15005550999"}])
def test_messages_of_several_people_are_refused_so_that_they_come_again(change: dict[str, str]) -> None:
    both = callbacks("message_received_several")
    both[1]["message"] |= change
    with pytest.raises(Malformed, match="several people"):
        understood(door(), called(both))


def test_messages_and_receipts_in_one_list_are_refused() -> None:
    with pytest.raises(Malformed, match="several people"):
        understood(door(), called(callbacks("message_received_sms") + callbacks("message_delivered")))


def test_several_receipts_of_one_message_come_to_the_one_that_settles_it() -> None:
    sending, delivered, failed = (callbacks(f"message_{name}") for name in ("sending", "delivered", "failed"))
    for several, state in (
        (sending + delivered, "delivered"),
        (delivered + sending, "delivered"),
        (failed + sending, "failed"),
    ):
        assert receipt_of(door(), called(several)).state == state
    delivered[0]["message"]["id"] = "another"
    with pytest.raises(Malformed, match="several people"):
        understood(door(), called(sending + delivered))


def test_an_empty_list_is_malformed() -> None:
    with pytest.raises(Malformed, match="empty"):
        understood(door(), called([]))


# -- receipts and keywords -------------------------------------------------------------------------------------------------


def test_receipts_in_any_order_and_twice_say_the_same() -> None:
    found = [receipt_of(door(), called(callbacks(f"message_{name}"))) for name in ("delivered", "sending", "delivered")]
    assert [one.state for one in found] == ["delivered", "sent", "delivered"]
    assert {one.reference for one in found} == {REFERENCE}
    assert found[0] == found[2]


def test_an_opt_out_is_told() -> None:
    found = receipt_of(door(), called(callbacks("message_failed_opted_out")))
    assert found == Receipt("failed", "14762070468292kw2fuqty55yp2c4", REFERENCE, "4775", opted_out=True)


def test_events_about_anything_else_are_acknowledged_and_mean_nothing() -> None:
    other = callbacks("message_sending")
    other[0]["type"] = "request-approved"
    assert receipt_of(door(), called(other)) == Receipt("sent")


def test_the_network_answers_stop_to_toll_free_numbers_only() -> None:
    for name, answered in (("message_received_stop", False), ("message_received_stop_toll_free", True)):
        keyword = request_of(door(), called(callbacks(name))).keyword
        assert keyword is not None
        assert keyword.carrier_answers is answered


# -- what goes out -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REPLIES)
def test_what_is_sent(name: str, golden: Golden) -> None:
    carrier = door(mms="always")
    request = request_of(carrier, called(sample("bandwidth", "message_received_sms.json")))
    assert isinstance(carrier, Bandwidth)
    letters = [letter_of(one.content) for one in carrier.outgoing(request, turn_of(request, REPLIES[name]))]
    golden(f"bandwidth_send_{name}", [carrier.message(letter, REFERENCE) for letter in letters])


@pytest.fixture
def api() -> Iterator[BandwidthApi]:
    user = (CONFIG["bandwidth_api_user"], CONFIG["bandwidth_api_password"])
    with BandwidthApi(CONFIG["bandwidth_account_id"], APPLICATION, user) as api:
        yield api


TEXT = Letter("+14155550123", "It is 5 pm – 東京 🗼", sender="+15005550009")
PICTURE = Letter("+14155550123", "Look.", ("https://media.example/key.png",), "+15005550009")


def send(carrier: Carrier, letter: Letter = TEXT) -> str:
    return asyncio.run(carrier.deliver(letter.content(), REFERENCE)).provider_id


@pytest.mark.parametrize("letter", [TEXT, PICTURE], ids=["text", "picture"])
def test_a_message_is_what_bandwidths_library_would_send(api: BandwidthApi, letter: Letter) -> None:
    provider_id = send(door(bandwidth_api_base=api.url), letter)
    taken = api.messages[0]
    assert (taken.id, taken.reference) == (provider_id, REFERENCE)
    said = {"text": letter.text, "tag": REFERENCE} | ({"media": list(letter.media)} if letter.media else {})
    theirs = MessageRequest.from_dict(
        {"applicationId": APPLICATION, "to": ["+14155550123"], "from": "+15005550009", **said}
    )
    assert theirs is not None
    assert json.loads(taken.call.body) == json.loads(theirs.to_json())


@pytest.mark.parametrize(
    ("failure", "final", "retry_after"),
    [
        (Failure(400), True, None),
        (Failure(402), False, 300),
        (Failure(403), False, 300),
        (Failure(429, retry_after="7"), False, 7),
        (Failure(500), False, 5),
    ],
)
def test_failures(api: BandwidthApi, failure: Failure, final: bool, retry_after: float | None) -> None:
    api.fail(failure)
    carrier = door(bandwidth_api_base=api.url)
    with pytest.raises(DeliveryFailed) as raised:
        send(carrier)
    assert raised.value.final is final
    assert retry_after is None or raised.value.retry_after == retry_after
    assert "4155550123" not in str(raised.value)
    assert send(carrier), "what failed once may go well afterwards"


def test_without_any_number_nothing_can_be_sent() -> None:
    with pytest.raises(DeliveryFailed, match="bandwidth_from") as raised:
        send(door(), Letter("+14155550123", "Hello."))
    assert raised.value.final


# -- the twin ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    BandwidthTwin.make(tmp_path, NOW)
    return tmp_path


def test_a_talk_with_the_twin(folder: Path) -> None:
    served = Served(
        open_carrier("bandwidth", BandwidthTwin.config(folder)), lambda request: Reply(text=f"You said: {request.text}")
    )
    with BandwidthTwin(folder, PUBLIC, client=served.client(), now=lambda: NOW) as twin:
        assert twin.say("Grüße & 東京 🗼").text == "You said: Grüße & 東京 🗼"
        twin.again()
        heard = twin.exchange(twin.picture("a key", ["https://media.example/key.png"]))
        assert heard.text == "You said: a key"
        assert served.requests[-1].attachments == (Attachment("https://media.example/key.png", "image/png"),)
        served.settle()
        assert len(served.delivered) == 2, "a message that is sent again is answered once"
        first, second = twin.challenged(twin.request("with a challenge"))
        assert second is not None
        assert (first.status, second.status) == (401, 200)
        served.settle()
        report = twin.status("id-1", "message-delivered", reference=REFERENCE)
        assert twin.post(report).status == 204
    assert served.receipts == [Receipt("delivered", "id-1", REFERENCE)]


def test_the_twin_complains(folder: Path) -> None:
    served = Served(open_carrier("bandwidth", BandwidthTwin.config(folder)), lambda request: Reply(text=""))
    with BandwidthTwin(folder, PUBLIC, client=served.client(), now=lambda: NOW) as twin:
        twin.first_s = 0.1
        assert twin.say("hello").text == "(no answer)"
        with pytest.raises(AnswerRefused, match="HTTP 400"):
            twin.exchange(twin.callbacks([{"type": "message-received", "message": {"id": "x"}}]))
