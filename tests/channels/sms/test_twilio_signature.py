"""Requests that Twilio's own library signs come in, whatever the URL and the fields look like; nothing else does."""

import asyncio
import base64
import hashlib
import hmac
import json
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from shared.channel import Wire
from shared.errors import DoorShut, Malformed, SignatureInvalid
from tests.channels.sms.twilio_door import (
    ACCOUNT,
    FIELDS,
    FORM,
    PATH,
    PUBLIC,
    TOKEN,
    Fields,
    open_door,
    path_of,
    signed,
    understood,
    wire,
)

DOOR = open_door()

URLS = [
    PUBLIC + PATH,
    f"{PUBLIC}:443{PATH}",
    f"{PUBLIC}{PATH}?foo=1&bar=2",
    f"{PUBLIC}{PATH}?q=a+b%20c%2Bd&empty=&flag",
    f"{PUBLIC}{PATH}?utf8=%E2%9C%93&raw=%zz",
]


@pytest.mark.parametrize("url", URLS)
def test_a_form_comes_in(url: str) -> None:
    assert understood(open_door(), signed(FIELDS, url)).text == "what time is it in Tokyo?"


@pytest.mark.parametrize(
    ("public", "url"),
    [
        ("https://nexus.example:8443", f"https://nexus.example:8443{PATH}"),
        ("https://nexus.example:8443", f"https://nexus.example{PATH}"),
        ("http://nexus.example", f"http://nexus.example{PATH}"),
        ("http://nexus.example", f"http://nexus.example:80{PATH}"),
        ("https://nexus.example/", f"https://nexus.example{PATH}"),
        ("https://nexus.example/behind/a/proxy", f"https://nexus.example/behind/a/proxy{PATH}"),
        ("https://user:pass@nexus.example", f"https://user:pass@nexus.example{PATH}"),
        ("https://user:pass@nexus.example", f"https://user:pass@nexus.example:443{PATH}"),
        ("https://[2001:db8::1]", f"https://[2001:db8::1]{PATH}"),
        ("https://[2001:db8::1]", f"https://[2001:db8::1]:443{PATH}"),
        ("https://[2001:db8::1]:8443", f"https://[2001:db8::1]{PATH}"),
        ("https://[2001:db8::1]:8443", f"https://[2001:db8::1]:8443{PATH}"),
    ],
)
def test_the_public_url_counts_with_and_without_its_port(public: str, url: str) -> None:
    door = open_door({"public_url": public}, production=True)
    assert understood(door, signed(FIELDS, url, target=PATH, host="10.0.0.1:8080")).text


def test_other_apps_have_their_own_path() -> None:
    target = f"/apps/shop{PATH}"
    request = understood(open_door(app="shop"), signed(FIELDS, PUBLIC + target))
    assert request.app == "shop"


@pytest.mark.parametrize(
    "url", [f"https://other.example{PATH}", f"http://nexus.example{PATH}", f"{PUBLIC}{PATH}/", f"{PUBLIC}:8443{PATH}"]
)
def test_another_url_is_refused(url: str) -> None:
    with pytest.raises(SignatureInvalid, match="NEXUS_PUBLIC_URL"):
        understood(open_door(), signed(FIELDS, url, target=PATH))


def test_forwarded_headers_are_not_believed() -> None:
    forwarded = [
        ("x-forwarded-host", "other.example"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "host=other.example;proto=https"),
    ]
    with pytest.raises(SignatureInvalid):
        understood(open_door(), signed(FIELDS, f"https://other.example{PATH}", headers=forwarded))


@pytest.mark.parametrize("url", [f"http://127.0.0.1:8080{PATH}", f"http://localhost:8080{PATH}"])
def test_in_development_this_machine_counts_too(url: str) -> None:
    assert understood(open_door(), signed(FIELDS, url)).text
    with pytest.raises(SignatureInvalid):
        understood(open_door(production=True), signed(FIELDS, url))


def test_in_development_the_host_counts_where_there_is_no_public_url() -> None:
    tunnel = signed(FIELDS, f"https://abc.tunnel.example{PATH}", host="abc.tunnel.example")
    assert understood(open_door({"public_url": ""}), tunnel).text
    with pytest.raises(SignatureInvalid):
        understood(open_door(), tunnel)


def test_in_production_there_must_be_a_public_url() -> None:
    with pytest.raises(DoorShut, match="NEXUS_PUBLIC_URL"):
        open_door({"public_url": ""}, production=True)


# -- fields ----------------------------------------------------------------------------------------------------------

_NAMES = st.text(min_size=1, max_size=8)
_PAIRS = st.lists(st.tuples(_NAMES, st.text(max_size=12)), max_size=8)


@settings(max_examples=500, deadline=None)
@given(pairs=_PAIRS, doubled=st.booleans())
def test_any_fields_are_signed_as_twilio_does(pairs: list[tuple[str, str]], doubled: bool) -> None:
    """Whatever the names and values, in any order and twice: what Twilio's library signs comes in, with more it does not."""
    every = [*FIELDS.items(), *pairs, *(pairs if doubled else [])]
    every = [(name, value) for name, value in every if _whole(name + value)]
    good = signed(every)
    DOOR.authenticate(good)
    with pytest.raises(SignatureInvalid):
        DOOR.authenticate(Wire("POST", good.target, good.headers, good.body + b"&zz-more=1"))


def _whole(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def test_values_of_one_field_are_sorted_and_counted_once() -> None:
    pairs = [*FIELDS.items(), ("Many", "b"), ("Many", "a"), ("Many", "b"), ("Many", "")]
    assert understood(open_door(), signed(pairs)).text


@pytest.mark.parametrize(
    "body", ["a b+c%20d", "100% + 1 = 101 & more", "naïve ☃ 👍🏽", "\n\r\t", "=&=&", "%25%2B", "\u00a0x\u00a0y"]
)
def test_words_survive_their_encoding(body: str) -> None:
    assert understood(open_door(), signed(FIELDS | {"Body": f"x{body}x"})).text == f"x{body}x"


def test_spaces_may_be_encoded_either_way() -> None:
    fields = FIELDS | {"Body": "one two"}
    body = urlencode(fields, quote_via=quote).encode()
    assert b"%20" in body
    assert understood(open_door(), signed(fields, body=body)).text == "one two"


def test_a_lone_surrogate_is_dropped() -> None:
    fields = {**FIELDS, "Body": "a"}
    body = urlencode(fields).encode().replace(b"Body=a", b"Body=a%ED%A0%80b%00c")
    text = PUBLIC + PATH + "".join(n + v for n, v in sorted(fields.items()))
    raw = text.encode().replace(b"Bodya", b"Bodya\xed\xa0\x80b\x00c")
    assert understood(open_door(), wire(_hmac(raw), body)).text == "abc"


def test_too_many_fields_are_refused_at_once() -> None:
    with pytest.raises(SignatureInvalid, match="fields"):
        open_door().authenticate(wire("x", b"&".join(b"a=%d" % n for n in range(2_000))))


# -- who else may not come in ----------------------------------------------------------------------------------------


def test_one_signature_is_needed() -> None:
    good = signed(FIELDS)
    for headers in ([], [h for h in good.headers if h[0] == b"x-twilio-signature"] * 2):
        bare = [h for h in good.headers if h[0] != b"x-twilio-signature"]
        with pytest.raises(SignatureInvalid, match="once"):
            understood(open_door(), Wire("POST", good.target, (*bare, *headers), good.body))


def test_another_account_is_refused() -> None:
    with pytest.raises(SignatureInvalid, match="another Twilio account"):
        understood(open_door(), signed(FIELDS | {"AccountSid": ACCOUNT[:-1] + "0"}))


def test_refusals_are_403_and_tell_no_number() -> None:
    door = open_door()
    with pytest.raises(SignatureInvalid) as caught:
        understood(door, signed(FIELDS, token="another"))
    reply = door.render_error(caught.value)
    assert reply.status == 403
    assert b"5550" not in reply.body


# -- JSON ------------------------------------------------------------------------------------------------------------


def as_json(body: bytes, query: str = "", told: str | None = None, kind: str = "application/json") -> Wire:
    digest = hashlib.sha256(body).hexdigest() if told is None else told
    url = f"{PUBLIC}{PATH}?{query}bodySHA256={digest}"
    return wire(RequestValidator(TOKEN).compute_signature(url, {}), body, path_of(url), kind=kind)


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
@pytest.mark.parametrize("query", ["", "a=1&"])
def test_json_comes_in_by_the_hash_of_its_body(kind: str, query: str) -> None:
    body = json.dumps({**FIELDS, "NumMedia": 0, "Unknown": {"deep": [1]}}).encode()
    good = as_json(body, query, kind=kind)
    assert RequestValidator(TOKEN).validate(PUBLIC + good.target, body.decode(), good.header("x-twilio-signature"))
    assert understood(open_door(), good).text == "what time is it in Tokyo?"


@pytest.mark.parametrize("told", ["", "0" * 64, "é", hashlib.sha256(b"other").hexdigest()])
def test_json_with_another_hash_is_refused(told: str) -> None:
    with pytest.raises(SignatureInvalid, match="bodySHA256"):
        understood(open_door(), as_json(json.dumps(FIELDS).encode(), told=told))


def test_json_without_a_hash_is_refused() -> None:
    """Where Twilio's own validator fails with a TypeError."""
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC + PATH, {})
    with pytest.raises(SignatureInvalid, match="bodySHA256"):
        understood(open_door(), wire(signature, json.dumps(FIELDS).encode(), kind="application/json"))


def test_a_hash_in_upper_case_is_the_same_hash() -> None:
    body = json.dumps(FIELDS).encode()
    assert understood(open_door(), as_json(body, told=hashlib.sha256(body).hexdigest().upper())).text


def test_a_signed_address_alone_is_no_form() -> None:
    """A JSON request with its body taken away is signed as an empty form is; there is nothing in it."""
    stripped = as_json(json.dumps(FIELDS).encode())
    headers = ((b"content-type", FORM.encode()), *stripped.headers[1:])
    door = open_door()
    verified = asyncio.run(door.verify(Wire("POST", stripped.target, headers, b"")))
    with pytest.raises(Malformed):
        door.parse(verified)


def _hmac(text: bytes) -> str:

    return base64.b64encode(hmac.digest(TOKEN.encode(), text, "sha1")).decode()


def test_the_helper_signs_as_the_library_validates() -> None:
    good = signed(FIELDS)
    assert RequestValidator(TOKEN).validate(PUBLIC + PATH, Fields(FIELDS.items()), good.header("x-twilio-signature"))
