"""Telnyx: what its key signed comes in, and nothing else; the answer is an empty 200, and the words go by its API."""

import asyncio
import base64
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey
from telnyx.lib.webhook_verification import WebhookVerificationError, verify_webhook_signature
from telnyx.types import DeliveryUpdateWebhookEvent, InboundMessageWebhookEvent

from channels.sms.carrier import Carrier
from channels.sms.message import Letter, letter_of
from channels.sms.telnyx.carrier import Telnyx
from channels.sms.telnyx.contract import TelnyxContract
from channels.sms.twins.telnyx import TelnyxTwin
from channels.sms.twins.telnyx_api import TelnyxApi, parts
from shared.channel import Receipt, Wire
from shared.errors import DeliveryFailed, DoorShut, Malformed, SignatureInvalid
from shared.testing.adapter.values import turn_of
from shared.testing.adapter_contract import NOW
from shared.testing.fakes import door_ports
from shared.testing.platforms import AnswerRefused
from shared.testing.platforms.api import Failure
from shared.turn import Attachment, Keyword, Reply
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

KEY = SigningKey(bytes([3]) * 32)
PUBLIC_KEY = base64.b64encode(bytes(KEY.verify_key)).decode()
CONFIG = {**TelnyxContract.config, "telnyx_public_key": PUBLIC_KEY}
PATH = "/channels/sms/telnyx"
Golden = Callable[[str, Any], None]


def door(**more: str) -> Carrier:
    return open_carrier("telnyx", CONFIG | more)


def signed(body: bytes, at: float = NOW, key: SigningKey = KEY) -> Wire:
    """A webhook signed by PyNaCl, with which Telnyx' own library checks."""
    stamp = str(int(at))
    mac = base64.b64encode(key.sign(stamp.encode() + b"|" + body).signature)
    headers = ((b"content-type", b"application/json"), (b"telnyx-timestamp", stamp.encode()))
    return Wire("POST", PATH, (*headers, (b"telnyx-signature-ed25519", mac)), body)


@pytest.mark.parametrize("name", samples("telnyx"))
def test_samples(name: str, golden: Golden) -> None:
    golden(f"telnyx_{name.partition('.')[0]}", understood(door(), signed(sample("telnyx", name))))


@pytest.mark.parametrize("name", samples("telnyx", "message_*"))
def test_the_samples_are_what_telnyx_library_reads(name: str) -> None:
    body = json.loads(sample("telnyx", name))
    model = InboundMessageWebhookEvent if "received" in name else DeliveryUpdateWebhookEvent
    event = model.model_validate(body)
    assert event.data is not None
    assert event.data.payload is not None
    assert event.data.payload.id == body["data"]["payload"]["id"]


def test_telnyx_library_and_we_agree() -> None:
    """Over the same headers, key and bytes: what it takes we take, what it refuses we refuse."""
    body, now = sample("telnyx", "message_received_unicode.json"), time.time()
    carrier = open_carrier("telnyx", CONFIG, at=now)
    for wire, good in (
        (signed(body, now), True),
        (signed(body, now - 290), True),
        (signed(body, now - 310), False),
        (signed(body, now + 310), False),
        (signed(body, now, SigningKey(bytes([4]) * 32)), False),
        (Wire("POST", PATH, signed(body, now).headers, body + b" "), False),
        (Wire("POST", PATH, signed(body, now).headers[:2], body), False),
    ):
        headers = {name.decode(): value.decode() for name, value in wire.headers}
        if good:
            verify_webhook_signature(wire.body, headers, PUBLIC_KEY)
            assert request_of(carrier, wire).text
        else:
            with pytest.raises(WebhookVerificationError):
                verify_webhook_signature(wire.body, headers, PUBLIC_KEY)
            with pytest.raises(SignatureInvalid):
                understood(carrier, wire)


def test_a_retry_is_the_same_message_whatever_its_attempt() -> None:
    """A retry is signed anew, with another attempt in `meta`; what identifies the message is the event's id."""
    body = sample("telnyx", "message_received_sms.json")
    first = request_of(door(), signed(body))
    again = request_of(door(), signed(body.replace(b'"attempt": 1', b'"attempt": 2'), NOW + 60))
    assert first.message_id == again.message_id == "telnyx:bf6307bd-884d-4c1f-b6ea-c62b8c495d3c"


def test_the_answer_is_due_within_two_seconds() -> None:
    request = request_of(door(), signed(sample("telnyx", "message_received_sms.json")))
    assert 1 <= request.deadline - request.received_at < 2
    reply = door().render(request, turn_of(request, REPLIES["long"]))
    assert (reply.status, reply.body) == (200, b"")


def test_a_message_to_nobody_is_malformed() -> None:
    body = json.loads(sample("telnyx", "message_received_sms.json"))
    body["data"]["payload"]["to"] = []
    with pytest.raises(Malformed, match="to"):
        understood(door(), signed(json.dumps(body).encode()))


def test_receipts_in_any_order_and_twice_say_the_same() -> None:
    names = ["finalized_delivered", "sent", "finalized_delivered", "finalized_unconfirmed"]
    found = [receipt_of(door(), signed(sample("telnyx", f"message_{name}.json"))) for name in names]
    assert [one.state for one in found] == ["delivered", "sent", "delivered", "sent"]
    assert {one.reference for one in found} == {REFERENCE}
    assert found[0] == found[2]


def test_events_about_anything_else_are_acknowledged_and_mean_nothing() -> None:
    assert receipt_of(door(), signed(sample("telnyx", "other_event.json"))) == Receipt("sent")


@pytest.mark.parametrize("word", ["STOP", "stop all", "Unsubscribe", "CANCEL", "end", "quit"])
def test_telnyx_blocks_us_after_these_words_so_they_answer_no_question(word: str) -> None:
    body = sample("telnyx", "message_received_stop.json").replace(b'"Stop"', json.dumps(word).encode())
    keyword = request_of(door(), signed(body)).keyword
    assert keyword is not None
    assert (keyword.meaning, keyword.ordinary, keyword.carrier_answers) == ("stop", False, True)


@pytest.mark.parametrize(
    ("word", "meaning"), [("REVOKE", "stop"), ("Stop.", "stop"), ("START", "start"), ("help", "help")]
)
def test_to_other_words_nexus_replies(word: str, meaning: str) -> None:
    body = sample("telnyx", "message_received_stop.json").replace(b'"Stop"', json.dumps(word).encode())
    keyword = request_of(door(help_text="Call us."), signed(body)).keyword
    assert keyword is not None
    assert (keyword.meaning, keyword.carrier_answers) == (meaning, False)
    assert keyword.reply == ("Call us." if meaning == "help" else "")


def test_end_with_a_hidden_character_is_not_known_to_block() -> None:
    for hidden in ("END\u00a0", "EN\0D", "\u200bEND"):
        event = json.loads(sample("telnyx", "message_received_sms.json"))
        event["data"]["payload"]["text"] = hidden
        keyword = request_of(door(), signed(json.dumps(event).encode())).keyword
        assert keyword == Keyword("stop", ordinary=True), ascii(hidden)


# -- what goes out -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REPLIES)
def test_what_is_sent(name: str, golden: Golden) -> None:
    carrier = door(mms="always")
    request = request_of(carrier, signed(sample("telnyx", "message_received_sms.json")))
    assert isinstance(carrier, Telnyx)
    letters = [letter_of(one.content) for one in carrier.outgoing(request, turn_of(request, REPLIES[name]))]
    golden(f"telnyx_send_{name}", [carrier.message(letter, REFERENCE) for letter in letters])


@pytest.fixture
def api() -> Iterator[TelnyxApi]:
    with TelnyxApi(CONFIG["telnyx_api_key"]) as api:
        yield api


TEXT = Letter("+14155550123", "It is 5 pm – 東京 🗼", sender="+15005550008")


def send(carrier: Carrier, letter: Letter = TEXT, reference: str = REFERENCE) -> str:
    return asyncio.run(carrier.deliver(letter.content(), reference)).provider_id


def test_what_is_sent_twice_under_one_reference_goes_out_once(api: TelnyxApi) -> None:
    carrier = door(telnyx_api_base=api.url)
    api.fail(Failure(500, taken=True))
    with pytest.raises(DeliveryFailed):
        send(carrier)
    assert send(carrier) == send(carrier) == api.messages[0].id
    assert len(api.messages) == 1
    assert send(carrier, reference="another") != api.messages[0].id


def test_the_reference_comes_back_in_the_signed_address(api: TelnyxApi) -> None:
    send(door(telnyx_api_base=api.url, telnyx_failover_url="https://other.example/channels/sms/telnyx"))
    body = json.loads(api.messages[0].call.body)
    assert body["webhook_url"] == f"https://nexus.example/channels/sms/telnyx?reference={REFERENCE}"
    assert body["webhook_failover_url"] == f"https://other.example/channels/sms/telnyx?reference={REFERENCE}"
    report = json.loads(sample("telnyx", "message_sent.json"))
    report["data"]["payload"]["webhook_url"] = body["webhook_url"]
    assert receipt_of(door(), signed(json.dumps(report).encode())).reference == REFERENCE


@pytest.mark.parametrize(
    ("failure", "final", "opted_out", "retry_after"),
    [
        (Failure(400, 10002), True, False, None),
        (Failure(409, 40300), True, True, None),
        (Failure(409, 10099), False, False, 5),
        (Failure(402, 20100), False, False, 300),
        (Failure(401, 10009), False, False, 300),
        (Failure(429, retry_after="7"), False, False, 7),
        (Failure(503), False, False, 5),
    ],
)
def test_failures(api: TelnyxApi, failure: Failure, final: bool, opted_out: bool, retry_after: float | None) -> None:
    api.fail(failure)
    carrier = door(telnyx_api_base=api.url)
    with pytest.raises(DeliveryFailed) as raised:
        send(carrier)
    error = raised.value
    assert (error.final, error.opted_out) == (final, opted_out)
    assert retry_after is None or error.retry_after == retry_after
    assert "4155550123" not in str(error)
    assert send(carrier), "what failed once may go well afterwards"


def test_without_any_number_nothing_can_be_sent() -> None:
    with pytest.raises(DeliveryFailed, match="telnyx_from") as raised:
        send(door(), Letter("+14155550123", "Hello."))
    assert raised.value.final


@pytest.mark.parametrize("key", ["", "no key", "AAAA", "é", base64.b64encode(bytes(33)).decode()])
def test_a_public_key_that_is_none_shuts_the_door(key: str) -> None:
    with pytest.raises(DoorShut, match="telnyx_public_key"):
        Telnyx.open("default", CONFIG | {"telnyx_public_key": key}, door_ports())


@pytest.mark.parametrize(
    ("text", "number"),
    [("", 1), ("x" * 160, 1), ("x" * 161, 2), ("€" * 80, 1), ("€" * 81, 2), ("東" * 70, 1), ("東" * 71, 2)],
)
def test_parts_as_the_twin_counts_them(text: str, number: int) -> None:
    assert parts(text) == number


# -- the twin ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    TelnyxTwin.make(tmp_path, NOW)
    return tmp_path


def test_a_talk_with_the_twin(folder: Path) -> None:
    served = Served(
        open_carrier("telnyx", TelnyxTwin.config(folder)), lambda request: Reply(text=f"You said: {request.text}")
    )
    with TelnyxTwin(folder, PUBLIC, client=served.client(), now=lambda: NOW) as twin:
        assert twin.say("Grüße & 東京 🗼").text == "You said: Grüße & 東京 🗼"
        assert twin.again().status == 200
        heard = twin.exchange(twin.picture("a key", [("https://media.example/key", "image/heic")]))
        assert heard.text == "You said: a key"
        assert served.requests[-1].attachments == (Attachment("https://media.example/key", "image/heic"),)
        served.settle()
        assert len(served.delivered) == 2, "a message that is sent again is answered once"
        url = f"{twin.url}?reference={REFERENCE}"
        reports = [twin.status("id-1", state, webhook_url=url) for state in ("delivered", "sent", "delivered")]
        assert [twin.post(one).status for one in reports] == [204, 204, 204]
    assert [one.state for one in served.receipts] == ["delivered", "sent", "delivered"]


def test_the_twin_complains(folder: Path) -> None:
    served = Served(open_carrier("telnyx", TelnyxTwin.config(folder)), lambda request: Reply(text=""))
    with TelnyxTwin(folder, PUBLIC, client=served.client(), now=lambda: NOW) as twin:
        twin.first_s = 0.1
        assert twin.say("hello").text == "(no answer)"
        with pytest.raises(AnswerRefused, match="HTTP 400"):
            twin.exchange(twin.signed(b"{}", "x"))
        with pytest.raises(AnswerRefused, match="HTTP 403"):
            twin.exchange(twin.signed(b"{}", "x", at=NOW - 400))
