"""Plivo: what its own library signs comes in, and nothing else; answers are what its library would write."""

import asyncio
import base64
import hmac
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree

import pytest
from plivo import plivoxml  # type: ignore[import-untyped]
from plivo.utils import validate_signature, validate_v3_signature  # type: ignore[import-untyped]
from plivo.utils.signature_v3 import construct_post_url, get_signature_v3  # type: ignore[import-untyped]

from channels.sms.carrier import Carrier
from channels.sms.message import Letter, letter_of
from channels.sms.plivo.carrier import Plivo
from channels.sms.plivo.contract import NONCE, TOKEN, PlivoContract
from channels.sms.twins.plivo import PlivoTwin
from channels.sms.twins.plivo_api import PlivoApi
from channels.sms.twins.plivo_rules import complaints
from shared.channel import Receipt, Wire, WireReply
from shared.errors import DeliveryFailed, DoorShut, Malformed, SignatureInvalid
from shared.testing.adapter.values import turn_of
from shared.testing.adapter_contract import NOW
from shared.testing.fakes import door_ports
from shared.testing.platforms import Answer, AnswerRefused
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
    wire_of,
)

CONFIG = dict(PlivoContract.config)
PATH = "/channels/sms/plivo"
FORM = (b"content-type", b"application/x-www-form-urlencoded")
Golden = Callable[[str, Any], None]


def door(**more: str) -> Carrier:
    return open_carrier("plivo", CONFIG | more)


def signed(body: bytes, url: str = PUBLIC + PATH, target: str = "", token: str = TOKEN, main: str = "") -> Wire:
    """A form signed by version 2, which Plivo's library can check and not make."""
    mac = base64.b64encode(hmac.digest(token.encode(), url.partition("?")[0].encode() + NONCE.encode(), "sha256"))
    assert validate_signature(url, NONCE, mac.decode(), token)
    headers = (FORM, (f"x-plivo-signature{main}-v2".encode(), mac), (b"x-plivo-signature-v2-nonce", NONCE.encode()))
    return Wire("POST", target or "/" + url.partition("://")[2].partition("/")[2], headers, body)


def signed_v3(
    fields: dict[str, str], url: str = PUBLIC + PATH, token: str = TOKEN, before: str = "", main: str = ""
) -> Wire:
    """A form that Plivo's library signed by version 3; `before` is another signature in the same header."""
    mac = get_signature_v3(token, construct_post_url(url, dict(fields)).decode(), NONCE).decode()
    assert validate_v3_signature("POST", url, NONCE, token, mac, dict(fields))
    headers = (
        FORM,
        (f"x-plivo-signature{main}-v3".encode(), (before + mac).encode()),
        (b"x-plivo-signature-v3-nonce", NONCE.encode()),
    )
    return Wire("POST", "/" + url.partition("://")[2].partition("/")[2], headers, urlencode(fields).encode())


FIELDS = dict(parse_qsl(sample("plivo", "message_sms.txt").decode(), keep_blank_values=True))


@pytest.mark.parametrize("name", samples("plivo"))
def test_samples(name: str, golden: Golden) -> None:
    golden(f"plivo_{name.partition('.')[0]}", understood(door(), signed(sample("plivo", name))))


@pytest.mark.parametrize("query", ["", "?a=1", "?b=2&a=1&a=0&c=", "?reference=x%20y&z=%41"])
@pytest.mark.parametrize("text", ["hello", "é 東京 🗼 + & = %41", ""])
def test_forms_that_plivos_library_signed(query: str, text: str) -> None:
    fields = FIELDS | {"Text": text}
    assert request_of(door(), signed_v3(fields, PUBLIC + PATH + query)).text == text
    assert request_of(door(), signed(urlencode(fields).encode(), PUBLIC + PATH + query)).text == text


def test_either_of_two_signatures_and_the_main_accounts_count() -> None:
    for wire in (
        signed_v3(FIELDS, before="b2xkIHNpZ25hdHVyZQ==,"),
        signed_v3(FIELDS, main="-ma"),
        signed(urlencode(FIELDS).encode(), main="-ma"),
    ):
        assert request_of(door(), wire).text


def test_version_3_is_not_passed_over_for_version_2() -> None:
    """Where both are there, the one that covers the fields counts."""
    good, other = signed_v3(FIELDS), signed(urlencode(FIELDS | {"Text": "other"}).encode())
    with pytest.raises(SignatureInvalid):
        understood(door(), Wire("POST", PATH, (*good.headers, *other.headers), other.body))


def test_altered_fields_and_addresses_are_refused_by_version_3() -> None:
    good = signed_v3(FIELDS, PUBLIC + PATH + "?a=1")
    for wire in (
        Wire("POST", good.target, good.headers, good.body.replace(b"Tokyo", b"Kyoto")),
        Wire("POST", good.target, good.headers, good.body + b"&Extra=1"),
        Wire("POST", PATH + "?a=2", good.headers, good.body),
        Wire("POST", PATH, good.headers, good.body),
    ):
        with pytest.raises(SignatureInvalid):
            understood(door(), wire)


@pytest.mark.parametrize(
    "url", ["https://nexus.example:443/channels/sms/plivo", "https://nexus.example/channels/sms/plivo"]
)
def test_the_port_may_be_signed_or_not(url: str) -> None:
    for public in ("https://nexus.example", "https://nexus.example:443"):
        assert request_of(door(public_url=public), signed(urlencode(FIELDS).encode(), url)).text


def test_too_many_fields_are_refused_before_anything_else() -> None:
    good = signed_v3(FIELDS)
    with pytest.raises(SignatureInvalid):
        understood(door(), Wire("POST", PATH, good.headers, b"a=b&" * 15_000))


def test_what_is_no_text_message() -> None:
    with pytest.raises(Malformed, match="text message"):
        understood(door(), signed(urlencode(FIELDS | {"Type": "whatsapp"}).encode()))


def test_receipts_in_any_order_and_twice_say_the_same() -> None:
    url = f"{PUBLIC}{PATH}?reference={REFERENCE}"
    states = ["delivered", "sent", "queued", "delivered"]
    found = [receipt_of(door(), signed(sample("plivo", f"status_{state}.txt"), url)) for state in states]
    assert [one.state for one in found] == ["delivered", "sent", "sent", "delivered"]
    assert {one.reference for one in found} == {REFERENCE}
    assert found[0] == found[3]
    opted_out = receipt_of(door(), signed(sample("plivo", "status_opted_out.txt"), url))
    assert opted_out == Receipt("failed", "6b4d5f1e-8f0e-11ec-bd6f-0242ac110005", REFERENCE, "200", opted_out=True)


def test_a_reference_that_cannot_be_ours_is_none() -> None:
    for query in ("?reference=%00", "?reference=" + "x" * 300):
        assert receipt_of(door(), signed(sample("plivo", "status_sent.txt"), PUBLIC + PATH + query)).reference == ""


def test_plivo_confirms_stop_and_help_where_it_says_that_it_understood() -> None:
    for text, intent, answered in (
        ("STOP", "optout", True),
        ("help", "help", True),
        ("START", "optin", False),
        ("STOP", "", False),
    ):
        keyword = request_of(
            door(), signed(urlencode(FIELDS | {"Text": text, "MessageIntent": intent}).encode())
        ).keyword
        assert keyword is not None
        assert keyword.carrier_answers is answered, (text, intent)


def test_end_is_ordinary_unless_plivo_has_acted_upon_it() -> None:
    for intent, ordinary in (("", True), ("optout", False)):
        keyword = request_of(
            door(), signed(urlencode(FIELDS | {"Text": "END", "MessageIntent": intent}).encode())
        ).keyword
        assert keyword is not None
        assert keyword.ordinary is ordinary


# -- what goes out -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REPLIES)
def test_what_is_answered(name: str, golden: Golden) -> None:
    carrier = door(mms="always")
    request = request_of(carrier, signed(sample("plivo", "message_sms.txt")))
    turn = turn_of(request, REPLIES[name])
    reply = carrier.render(request, turn)
    assert complaints(answer_of(reply)) == []
    assert isinstance(carrier, Plivo)
    letters = [letter_of(one.content) for one in carrier.outgoing(request, turn)]
    golden(f"plivo_answer_{name}.xml", reply.body.decode() + "\n")
    golden(f"plivo_send_{name}", [carrier.message(letter, REFERENCE) for letter in letters])
    assert not (letters and b"<Message" in reply.body), "an answer is in the XML or goes by the API, not both"


def answer_of(reply: WireReply) -> Answer:
    return Answer(reply.status, {name.decode(): value.decode() for name, value in reply.headers}, reply.body)


def test_an_answer_is_what_plivos_library_would_write() -> None:
    carrier = door()
    request = request_of(carrier, signed(sample("plivo", "message_sms.txt")))
    text = "5 < 6 & \"7\" > 'ü' 東京 🗼"
    theirs = plivoxml.ResponseElement().add(
        plivoxml.MessageElement(
            text,
            src="15005550010",
            dst="14155550123",
            type="sms",
            callback_url="https://nexus.example/channels/sms/plivo",
            callback_method="POST",
        )
    )
    ours = carrier.render(request, turn_of(request, Reply(text=text))).body.decode()
    assert ElementTree.canonicalize(ours) == ElementTree.canonicalize(theirs.to_string(pretty=False))


def test_an_app_of_its_own_is_called_back_at_its_own_door() -> None:
    carrier = open_carrier("plivo", CONFIG, app="shop")
    body = sample("plivo", "message_sms.txt")
    request = request_of(carrier, signed(body, f"{PUBLIC}/apps/shop{PATH}"))
    reply = carrier.render(request, turn_of(request, Reply(text="Hello.")))
    assert b'callbackUrl="https://nexus.example/apps/shop/channels/sms/plivo"' in reply.body


@pytest.fixture
def api() -> Iterator[PlivoApi]:
    with PlivoApi(CONFIG["plivo_auth_id"], TOKEN) as api:
        yield api


PICTURE = Letter("+14155550123", "Look.", ("https://media.example/key.png",), "+15005550010")


def send(carrier: Carrier, letter: Letter = PICTURE) -> str:
    return asyncio.run(carrier.deliver(letter.content(), REFERENCE)).provider_id


def test_a_picture_goes_by_the_api(api: PlivoApi) -> None:
    provider_id = send(door(plivo_api_base=api.url))
    taken = api.messages[0]
    assert (taken.id, taken.reference, taken.text, taken.media) == (provider_id, REFERENCE, "Look.", PICTURE.media)
    assert (taken.recipient, taken.sender) == ("14155550123", "15005550010")


@pytest.mark.parametrize(
    ("failure", "final", "retry_after"),
    [
        (Failure(400), True, None),
        (Failure(402), False, 300),
        (Failure(401), False, 300),
        (Failure(429, retry_after="7"), False, 7),
        (Failure(500), False, 5),
    ],
)
def test_failures(api: PlivoApi, failure: Failure, final: bool, retry_after: float | None) -> None:
    api.fail(failure)
    carrier = door(plivo_api_base=api.url)
    with pytest.raises(DeliveryFailed) as raised:
        send(carrier)
    assert raised.value.final is final
    assert retry_after is None or raised.value.retry_after == retry_after
    assert "4155550123" not in str(raised.value)
    assert send(carrier), "what failed once may go well afterwards"


def test_without_any_number_nothing_can_be_sent() -> None:
    with pytest.raises(DeliveryFailed, match="plivo_from") as raised:
        send(door(), Letter("+14155550123", "Hello."))
    assert raised.value.final


def test_without_a_public_address_the_door_is_shut_in_production() -> None:
    with pytest.raises(DoorShut, match="NEXUS_PUBLIC_URL"):
        Plivo.open("default", CONFIG, door_ports())


# -- the twin ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    PlivoTwin.make(tmp_path, NOW)
    return tmp_path


def test_a_talk_with_the_twin(folder: Path) -> None:
    def engine(text: str) -> Reply:
        return REPLIES["picture"] if text == "picture" else Reply(text=f"You said: {text}")

    served = Served(
        open_carrier("plivo", PlivoTwin.config(folder) | {"mms": "always"}), lambda request: engine(request.text)
    )
    with PlivoTwin(folder, PUBLIC, client=served.client(), now=lambda: NOW) as twin:
        assert twin.say("Grüße & 東京 = 🗼").text == "You said: Grüße & 東京 = 🗼"
        assert (
            twin.exchange(twin.webhook({"Type": "sms", "Text": "by version 3"}, "v3")).text == "You said: by version 3"
        )
        heard = twin.exchange(twin.picture("a key", ["https://media.example/key.jpg"]))
        assert heard.text == "You said: a key"
        assert served.requests[-1].attachments == (Attachment("https://media.example/key.jpg", "image/jpeg"),)
        heard = twin.say("picture")
        assert (heard.text, heard.shown) == ("Look.\na key", ("https://media.example/key.png",))
        assert twin.post(twin.status("uuid-1", "delivered", query=f"reference={REFERENCE}")).status == 204
    assert served.receipts == [Receipt("delivered", "uuid-1", REFERENCE)]


def test_the_twin_complains(folder: Path) -> None:
    served = Served(open_carrier("plivo", PlivoTwin.config(folder)), lambda request: Reply(text=""))
    with PlivoTwin(folder, PUBLIC, client=served.client(), now=lambda: NOW) as twin:
        twin.first_s = 0.1
        assert twin.say("hello").text == "(no answer)"
        with pytest.raises(AnswerRefused, match="HTTP 400"):
            twin.exchange(twin.signed({"Text": "nobody"}, "x"))


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("<Response><Message src='1500' dst='x'>a</Message></Response>", "dst is no number"),
        ("<Response><Message src='15005550010' dst='14155550123'> </Message></Response>", "says nothing"),
        ("<Response><Message src='15005550010' dst='14155550123' to='1'>a</Message></Response>", "no attribute to"),
        ("<Response><Message src='15005550010' dst='14155550123' type='mms'>a</Message></Response>", "type"),
        ("<Response><Message src='15005550010' dst='14155550123'><Body/></Message></Response>", "elements"),
        (f"<Response><Message src='15005550010' dst='14155550123'>{'x' * 1601}</Message></Response>", "1600"),
        ("<Response><Speak>a</Speak></Response>", "cannot answer"),
        ("<Response>text</Response>", "outside"),
        ("<response/>", "the root is"),
        ("<Response>", "well-formed"),
        ("<!DOCTYPE a><Response/>", "DTD"),
    ],
)
def test_what_plivo_would_refuse(document: str, complaint: str) -> None:
    found = complaints(Answer(200, {"content-type": "application/xml"}, document.encode()))
    assert any(complaint in one for one in found), found


def test_the_twin_signs_as_plivos_library_checks(folder: Path) -> None:
    twin = PlivoTwin(folder, PUBLIC)
    sent = twin.request("é & = 🗼")
    wire, token = wire_of(sent), twin.account.auth_token
    nonce, mac = wire.header("x-plivo-signature-v2-nonce"), wire.header("x-plivo-signature-v2")
    assert validate_signature(sent.url, nonce, mac, token)
    newer = twin.webhook({"Text": "é & = 🗼"}, "v3")
    wire, fields = wire_of(newer), dict(parse_qsl(newer.body.decode(), keep_blank_values=True))
    nonce, mac = wire.header("x-plivo-signature-v3-nonce"), wire.header("x-plivo-signature-v3")
    assert validate_v3_signature("POST", newer.url, nonce, token, mac, fields)
