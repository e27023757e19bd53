"""Vonage: what its own libraries sign comes in, and nothing else; what goes out is what its libraries would send."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jwt.warnings import InsecureKeyLengthWarning
from vonage_http_client.auth import Auth  # type: ignore[import-untyped]

from channels.sms.carrier import Carrier
from channels.sms.twins.vonage import token
from channels.sms.vonage.contract import SECRET, VonageContract
from channels.sms.vonage.fields import fields_of
from channels.sms.vonage.signature import METHODS, PAST_S
from shared.channel import Wire
from shared.errors import Malformed, SignatureInvalid
from shared.testing.adapter_contract import NOW
from tests.channels.sms.carriers import (
    REFERENCE,
    open_carrier,
    receipt_of,
    request_of,
    sample,
    samples,
    understood,
)

CONFIG = dict(VonageContract.config)
PATH = "/channels/sms/vonage"
Golden = Callable[[str, Any], None]


def door(**more: str) -> Carrier:
    return open_carrier("vonage", CONFIG | more)


def by_token(body: bytes, **changed: Any) -> Wire:
    """A webhook of the Messages API, signed by PyJWT, which Vonage's own library signs with."""
    claims = {
        "iss": "Vonage",
        "iat": int(NOW),
        "jti": "c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5",
        "payload_hash": hashlib.sha256(body).hexdigest(),
        "api_key": CONFIG["vonage_api_key"],
        "application_id": CONFIG["vonage_application_id"],
    }
    token = jwt.encode(claims | changed, SECRET, "HS256")
    headers = ((b"content-type", b"application/json"), (b"authorization", f"Bearer {token}".encode()))
    return Wire("POST", PATH, headers, body)


def by_fields(fields: dict[str, str], method: Any = "sha256", kind: str = "json", at: float = NOW) -> Wire:
    """A webhook of the SMS API, signed by Vonage's own library."""
    signed = fields | {"timestamp": str(int(at)), "nonce": "bcd1d9c2"}
    auth = Auth(api_key="a1b2c3d4", signature_secret=SECRET, signature_method=method)
    signed["sig"] = auth.sign_params(dict(signed))
    body = json.dumps(signed) if kind == "json" else urlencode(signed)
    mime = b"application/json" if kind == "json" else b"application/x-www-form-urlencoded"
    return Wire("POST", PATH, ((b"content-type", mime),), body.encode())


OLDER = json.loads(sample("vonage", "older_message.json"))


@pytest.mark.parametrize("name", samples("vonage", "[!o]*.json"))
def test_samples_of_the_messages_api(name: str, golden: Golden) -> None:
    golden(f"vonage_{name.partition('.')[0]}", understood(door(), by_token(sample("vonage", name))))


@pytest.mark.parametrize("name", samples("vonage", "older_*"))
def test_samples_of_the_sms_api(name: str, golden: Golden) -> None:
    body, kind = sample("vonage", name), "json" if name.endswith(".json") else "form"
    fields = json.loads(body) if kind == "json" else dict(parse_qsl(body.decode()))
    golden(f"vonage_{name.replace('.', '_')}", understood(door(), by_fields(fields, kind=kind)))


@pytest.mark.parametrize("kind", ["json", "form"])
@pytest.mark.parametrize("method", [one for one in METHODS if one != "md5hash"])
def test_fields_that_vonages_library_signed(method: str, kind: str) -> None:
    request = request_of(door(vonage_signature_method=method), by_fields(OLDER, method, kind))
    assert request.text == OLDER["text"]
    assert request.message_id == "vonage:0A0000000123ABCD1"
    assert (request.user, request.native["to"]) == ("+14155550123", "+15005550007")


def test_fields_with_an_md5_hash() -> None:
    """The dashboard's default, which the Python library does not make: the example of Vonage's guide, by hand."""
    fields = OLDER | {"timestamp": str(int(NOW))}
    text = "".join(f"&{name}={fields[name].replace('&', '_').replace('=', '_')}" for name in sorted(fields))
    fields["sig"] = hashlib.md5((text + SECRET).encode()).hexdigest().upper()
    wire = Wire("POST", PATH, ((b"content-type", b"application/json"),), json.dumps(fields).encode())
    assert request_of(door(vonage_signature_method="md5hash"), wire).text == OLDER["text"]


@pytest.mark.parametrize("signed", METHODS[:-1])
def test_only_the_configured_method_counts(signed: str) -> None:
    for method in METHODS:
        if method != signed:
            with pytest.raises(SignatureInvalid):
                understood(door(vonage_signature_method=method), by_fields(OLDER, signed))


@pytest.mark.parametrize(
    "text", ["é 東京 🗼", "a&b=c", 'quote " back \\ slash / \b\f\n\r\t', "+ %41 &amp;", "\u2028", ""]
)
@pytest.mark.parametrize("kind", ["json", "form"])
def test_any_text_of_the_sms_api_is_read_as_json_reads_it(text: str, kind: str) -> None:
    assert request_of(door(), by_fields(OLDER | {"text": text}, kind=kind)).text == text.strip()


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(min_size=1), st.text(), min_size=1, max_size=20), st.booleans())
def test_fields_are_taken_apart_as_json_means_them(fields: dict[str, str], escaped: bool) -> None:
    body = json.dumps(fields, ensure_ascii=escaped, indent=1 if escaped else None).encode()
    assert fields_of(Wire("POST", PATH, ((b"content-type", b"application/json"),), body)) == fields


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.sampled_from([b'{"', b'"}', b":", b",", b"\\u", b" "]), st.booleans())
def test_any_bytes_are_fields_or_refused(body: bytes, is_json: bool) -> None:
    kind = b"application/json" if is_json else b"application/x-www-form-urlencoded"
    try:
        found = fields_of(Wire("POST", PATH, ((b"content-type", kind),), b'{"' + body + b'"}' if is_json else body))
    except SignatureInvalid:
        return
    assert all(isinstance(value, str) for value in found.values())


def test_altered_fields_are_refused() -> None:
    wire = by_fields(OLDER)
    for old, new in ((b"blue", b"red"), (b'"sig"', b'"gis"'), (b"14155550123", b"14155550124"), (b"bcd1", b"bcd2")):
        assert old in wire.body
        with pytest.raises(SignatureInvalid):
            understood(door(), Wire("POST", PATH, wire.headers, wire.body.replace(old, new)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"{",
        b"[]",
        b'{"a":"b"',
        b'{"a":"b",}',
        b'{"a":{"b":"c"}}',
        b'{"a":["b"]}',
        b'{"a":"b","a":"b"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\x"}',
        b'{"a":"\xff"}',
        b'{"a":"b"} {"c":"d"}',
        b"[" * 60_000,
        b'{"' + b"\\" * 60_000,
        b"{" + b'"a":"b",' * 8_000 + b'"c":"d"}',
        b"9" * 60_000,
    ],
)
@pytest.mark.parametrize("mime", [b"application/json", b"application/x-www-form-urlencoded", b"text/plain"])
def test_what_nobody_signed_is_refused_however_broken(body: bytes, mime: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        understood(door(), Wire("POST", PATH, ((b"content-type", mime),), body))


def test_fields_for_another_account_are_refused() -> None:
    with pytest.raises(SignatureInvalid):
        understood(door(), by_fields(OLDER | {"api-key": "another"}))


@pytest.mark.parametrize(
    ("seconds", "good"), [(0, True), (-PAST_S, True), (-PAST_S - 1, False), (300, True), (301, False)]
)
def test_the_window_of_both_schemes(seconds: float, good: bool) -> None:
    """It is as wide as Vonage tries again; what comes twice within is one message."""
    body = sample("vonage", "message_sms.json")
    for wire in (by_token(body, iat=int(NOW + seconds)), by_fields(OLDER, at=NOW + seconds)):
        if good:
            assert request_of(door(), wire).message_id == request_of(door(), wire).message_id
        else:
            with pytest.raises(SignatureInvalid):
                understood(door(), wire)


def test_an_application_that_is_not_set_may_be_any() -> None:
    wire = by_token(sample("vonage", "message_sms.json"), application_id="any")
    with pytest.raises(SignatureInvalid):
        understood(door(), wire)
    assert request_of(door(vonage_application_id=""), wire).text


def test_a_short_signature_secret_works_without_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    body = sample("vonage", "message_sms.json")
    claims = {"iat": int(NOW), "payload_hash": hashlib.sha256(body).hexdigest(), "api_key": CONFIG["vonage_api_key"]}
    headers = ((b"content-type", b"application/json"), (b"authorization", b"Bearer " + token(claims, "short").encode()))
    found = request_of(door(vonage_signature_secret="short"), Wire("POST", PATH, headers, body))
    assert found.text == "What time is it in Tokyo?"
    assert InsecureKeyLengthWarning not in {warned.category for warned in recwarn.list}


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "HS512"},
        {"alg": "none"},
        {"typ": "JWT"},
        {"alg": "HS256", "crit": ["future"], "future": 1},
        {"alg": "HS256", "b64": False},
        ["HS256"],
        "HS256",
    ],
    ids=repr,
)
def test_the_secret_makes_no_other_token_good(header: Any) -> None:
    """A mac that holds is that of HS256, or it counts for nothing."""
    body = sample("vonage", "message_sms.json")
    good = dict(by_token(body).headers)[b"authorization"].removeprefix(b"Bearer ").split(b".")
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=")
    for first in (head, b"&" + good[0], b"", b"e30", b"bm9uc2Vuc2U"):
        signed = first + b"." + good[1]
        mac = base64.urlsafe_b64encode(hmac.digest(SECRET.encode(), signed, "sha256")).rstrip(b"=")
        headers = ((b"content-type", b"application/json"), (b"authorization", b"Bearer " + signed + b"." + mac))
        with pytest.raises(SignatureInvalid):
            understood(door(), Wire("POST", PATH, headers, body))


def test_other_channels_are_no_text_messages() -> None:
    body = sample("vonage", "message_sms.json").replace(b'"sms"', b'"whatsapp"', 1)
    with pytest.raises(Malformed, match="text message"):
        understood(door(), by_token(body))


def test_binary_messages_are_malformed() -> None:
    with pytest.raises(Malformed, match="binary"):
        understood(door(), by_fields(OLDER | {"type": "binary", "data": "00ff"}))


def test_receipts_in_any_order_and_twice_say_the_same() -> None:
    twin_states = ["delivered", "submitted", "delivered", "read"]
    found = [receipt_of(door(), by_token(sample("vonage", f"status_{state}.json"))) for state in twin_states]
    assert [one.state for one in found] == ["delivered", "sent", "delivered", "delivered"]
    assert {one.reference for one in found} == {REFERENCE}
    assert found[0] == found[2]


def test_a_reference_that_cannot_be_ours_is_none() -> None:
    body = sample("vonage", "status_delivered.json").replace(REFERENCE.encode(), b"\\u0000" + b"x" * 10)
    assert receipt_of(door(), by_token(body)).reference == ""


def test_opt_out_assist_answers_keywords() -> None:
    wire = by_token(sample("vonage", "message_stop.json"))
    ours, theirs = (request_of(door(**more), wire).keyword for more in ({}, {"vonage_answers_keywords": "yes"}))
    assert ours is not None
    assert theirs is not None
    assert (ours.carrier_answers, theirs.carrier_answers) == (False, True)


def test_the_network_answers_stop_to_toll_free_numbers() -> None:
    for word, answered in (("STOP", True), ("unstop", True), ("quit", False), ("help", False)):
        body = (
            sample("vonage", "message_stop.json")
            .replace(b'"15005550007"', b'"18885550109"')
            .replace(b'"STOP"', f'"{word}"'.encode())
        )
        keyword = request_of(door(), by_token(body)).keyword
        assert keyword is not None
        assert keyword.carrier_answers is answered, word
