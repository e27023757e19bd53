"""The Assistant's tokens: what is signed, for whom, when, and by which key."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import google.auth.crypt
import google.auth.jwt
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jwt.algorithms import RSAAlgorithm

from channels.google.adapter import GoogleAdapter
from channels.google.twins.actions import ActionsTwin
from channels.google.twins.credentials import CERTIFICATES, KEY_ID, load_key, token
from shared.testing.adapter_contract import NOW
from shared.testing.fakes import FakeClock
from tests.channels.google.conftest import GOOD_CLAIMS, PROJECT, enter
from tests.channels.google.wires import ISSUER, assistant, refused

google_jwt: Any = google.auth.jwt  # without types
google_signer: Any = google.auth.crypt.RSASigner


def public_pem(key: rsa.RSAPrivateKey) -> bytes:
    """The public key of the door's certificate, as anybody can read it."""
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_a_good_token_comes_in(door: GoogleAdapter, sign: Callable[..., str]) -> None:
    request = enter(door, assistant(sign()))
    assert (request.message_id, request.received_at, request.deadline) == ("jti-1", NOW, NOW + 9.5)


def test_a_token_of_google_auth_comes_in(door: GoogleAdapter, key: rsa.RSAPrivateKey) -> None:
    """google-auth signs by its own means."""
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    signer = google_signer.from_string(pem, KEY_ID)
    assert enter(door, assistant(google_jwt.encode(signer, GOOD_CLAIMS))).message_id == "jti-1"


def test_google_auth_believes_the_twins_tokens(folder: Path, key: rsa.RSAPrivateKey) -> None:
    """And checks ours by its own means."""
    certificates = json.loads((folder / CERTIFICATES).read_bytes())
    own = token(key, PROJECT, NOW, {"jti": "x"})
    claims = google_jwt.decode(own, certificates, verify=False)
    assert claims["iss"] == ISSUER
    with pytest.raises(Exception, match="Token used too early"):  # its clock is the machine's: the signature held
        google_jwt.decode(own, certificates, audience=PROJECT)


@pytest.mark.parametrize("seconds", [-10, 0, 1_800, 3_600, 3_609])
def test_times_within_the_leeway(
    seconds: float, door: GoogleAdapter, clock: FakeClock, sign: Callable[..., str]
) -> None:
    clock.move(seconds)
    assert enter(door, assistant(sign())).received_at == NOW + seconds


@pytest.mark.parametrize("seconds", [-86_400, -11, 3_610, 86_400])
def test_times_outside_of_it(seconds: float, door: GoogleAdapter, clock: FakeClock, sign: Callable[..., str]) -> None:
    clock.move(seconds)
    assert refused(door, assistant(sign())) == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-project"},
        {"aud": ["another-project"]},
        {"aud": ""},
        {"aud": {}},
        {"aud": None},
        {"iss": "https://accounts.example"},
        {"iss": "accounts.google.com"},
        {"iss": [ISSUER]},
        {"iss": None},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "a\nb"},
        {"jti": "x" * 513},
        {"iat": None},
        {"iat": True},
        {"iat": "now"},
        {"iat": int(NOW) + 11},
        {"exp": None},
        {"exp": int(NOW) - 11},
        {"exp": float("nan")},
        {"exp": float("-inf")},
        {"exp": [1]},
        {"nbf": int(NOW) + 11},
        {"nbf": "later"},
        {"nbf": float("nan")},
    ],
    ids=repr,
)
def test_claims_that_do_not_hold(changes: dict[str, Any], door: GoogleAdapter, key: rsa.RSAPrivateKey) -> None:
    payload = json.dumps({name: value for name, value in (GOOD_CLAIMS | changes).items() if value is not None}).encode()
    own = jwt.api_jws.encode(payload, key, "RS256", {"kid": KEY_ID})
    assert refused(door, assistant(own)) == 403


def test_claims_that_need_not_be_there(door: GoogleAdapter, sign: Callable[..., str]) -> None:
    assert enter(door, assistant(sign(nbf=None))).message_id == "jti-1"
    assert enter(door, assistant(sign(aud=[PROJECT, "another"], future={"a": [1]}))).message_id == "jti-1"


def test_no_algorithm_but_rs256(door: GoogleAdapter, key: rsa.RSAPrivateKey, sign: Callable[..., str]) -> None:
    """Neither none, nor the public key as a secret, nor a weaker or another signature with the right key."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({}, GOOD_CLAIMS)]
    for algorithm in ("none", "None", "HS256"):
        head = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "kid": KEY_ID, "typ": "JWT"}).encode()).rstrip(
            b"="
        )
        signing = head + b"." + parts[1]
        mac = base64.urlsafe_b64encode(hmac.digest(public_pem(key), signing, hashlib.sha256)).rstrip(b"=")
        for signature in (b"", mac, mac * 4, b"A" * 342):
            assert refused(door, assistant(signing + b"." + signature)) == 403
    for algorithm in ("RS384", "RS512", "PS256"):
        other = jwt.encode(GOOD_CLAIMS, key, algorithm, {"kid": KEY_ID})
        assert refused(door, assistant(other)) == 403
    good = sign()
    assert refused(door, assistant(good.partition(".")[0] + "." + other.partition(".")[2])) == 403


def test_the_key_is_one_that_google_lists(door: GoogleAdapter, key: rsa.RSAPrivateKey, tmp_path: Path) -> None:
    ActionsTwin.make(tmp_path, NOW)
    foreign = load_key(tmp_path)
    for headers in (
        {},
        {"kid": "unknown"},
        {"kid": ""},
        {"kid": "../../etc/passwd"},
        {"kid": "https://keys.example/k"},
        {"kid": "x" * 200},
        {"kid": KEY_ID},
        {"kid": KEY_ID, "jku": "https://keys.example/k", "x5c": ["AAAA"]},
        {"kid": KEY_ID, "jwk": json.loads(RSAAlgorithm.to_jwk(foreign.public_key()))},
    ):
        assert refused(door, assistant(jwt.encode(GOOD_CLAIMS, foreign, "RS256", headers))) == 403
    assert refused(door, assistant(jwt.encode(GOOD_CLAIMS, key, "RS256", {}))) == 403
    for wrong in (None, 7, ["a"], {"a": 1}):
        head = base64.urlsafe_b64encode(json.dumps({"alg": "RS256", "kid": wrong}).encode()).rstrip(b"=").decode()
        rest = jwt.encode(GOOD_CLAIMS, foreign, "RS256", {"kid": KEY_ID}).partition(".")[2]
        assert refused(door, assistant(f"{head}.{rest}")) == 403


def test_a_signature_is_written_in_one_way_only(door: GoogleAdapter, sign: Callable[..., str]) -> None:
    """The last character has bits that belong to no byte: they must be zero, or one token would be many."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    good = sign()
    assert len(good.rpartition(".")[2]) % 4 == 2
    at = letters.index(good[-1])
    for same in letters[at + 1 : at + 16]:  # the same bytes, written otherwise
        assert refused(door, assistant(good[:-1] + same)) == 403
    assert enter(door, assistant(good)).message_id == "jti-1"


def test_a_header_that_is_known_proves_nothing(
    door: GoogleAdapter, key: rsa.RSAPrivateKey, sign: Callable[..., str], tmp_path: Path
) -> None:
    """Once a token came in, others with its header are checked like the first."""
    ActionsTwin.make(tmp_path, NOW)
    foreign = load_key(tmp_path)
    assert enter(door, assistant(sign())).message_id == "jti-1"
    forged = jwt.encode(GOOD_CLAIMS, foreign, "RS256", {"kid": KEY_ID})
    assert forged.partition(".")[0] == jwt.encode(GOOD_CLAIMS, key, "RS256", {"kid": KEY_ID}).partition(".")[0]
    assert refused(door, assistant(forged)) == 403


def test_critical_extensions_are_refused(door: GoogleAdapter, sign: Callable[..., str]) -> None:
    assert refused(door, assistant(sign({"crit": ["b64"], "b64": False}))) == 403
    assert refused(door, assistant(sign({"crit": ["future"], "future": 1}))) == 403


@pytest.mark.parametrize(
    "header",
    [
        b"[" * 760,
        b'{"a":' * 150,
        b'{"alg":"RS256","kid":"' + b"\\u0041" * 120 + b'"}',
        b"[1,2,3,4,5,6,7,8]",
        b'"a string of text"',
        b"123456789012345",
        b"null,null,null",
        b"\xff\xfe\x00\x01\x02\x03\x04\x05\x06",
        b'{"alg":"RS256","kid":"' + b"9" * 500,
    ],
    ids=lambda value: repr(value[:12]),
)
def test_headers_that_break_parsers(header: bytes, door: GoogleAdapter, sign: Callable[..., str]) -> None:
    head = base64.urlsafe_b64encode(header).rstrip(b"=").decode()
    assert refused(door, assistant(f"{head}.{sign().partition('.')[2]}")) == 403


@pytest.mark.parametrize(
    "payload", [b"[" * 900, b'"text"', b"[]", b"null", b"{", b"\xff\xff", b'{"aud":' * 300, b"7" * 4_500]
)
def test_claims_that_break_parsers(payload: bytes, door: GoogleAdapter, key: rsa.RSAPrivateKey) -> None:
    assert refused(door, assistant(jwt.api_jws.encode(payload, key, "RS256", {"kid": KEY_ID}))) == 403


def test_nothing_large_is_parsed(door: GoogleAdapter, key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    monkeypatch.setattr(jwt, "get_unverified_header", parsed.append)
    good = token(key, PROJECT, NOW, {"jti": "j"})
    for large in (
        "A" * 2_000 + good,
        good + "A" * 2_000,
        good.replace(".", "." + "A" * 7_000),
        good + ".x",
        "a.b",
        "." * 9,
    ):
        assert refused(door, assistant(large)) == 403
    assert parsed == []


@pytest.mark.fuzz
@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_no_token_but_a_signed_one_comes_in(data: st.DataObject, door: GoogleAdapter, good_token: str) -> None:
    """Whatever stands in the header, it is refused with 403 and nothing else, unless it is the signed token."""
    parts = good_token.split(".")
    number = data.draw(st.integers(0, 2))
    edited = data.draw(
        st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode())
        | st.integers(0, len(parts[number]) - 1).map(lambda at: parts[number][:at] + parts[number][at + 1 :])
        | st.text(max_size=30)
    )
    value = ".".join([*parts[:number], edited, *parts[number + 1 :]])
    if edited != parts[number]:
        assert refused(door, assistant(value.encode("utf-8", "surrogatepass"))) == 403


@pytest.fixture
def good_token(sign: Callable[..., str]) -> str:
    """A token that comes in."""
    return sign()
