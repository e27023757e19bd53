"""Whose requests come in: the Assistant's tokens, Dialogflow's credentials, and nothing in between."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
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
from channels.google.twins.credentials import CERTIFICATES, KEY_ID, certificate, load_key, token
from shared.channel import Verified, Wire
from shared.errors import DoorShut, KeySourceUnavailable, Malformed, NotAuthentic, SignatureInvalid
from shared.ports import SigningKey
from shared.testing.adapter_contract import NOW
from shared.testing.fakes import FakeClock, door_ports
from shared.turn import Request
from tests.channels.google.conftest import PROJECT, SAMPLES, TARGET, enter, open_door

ACTIONS = (SAMPLES / "actions" / "no_match.json").read_bytes()
ES = (SAMPLES / "es" / "fallback.json").read_bytes()
CX = (SAMPLES / "cx" / "no_match.json").read_bytes()
ISSUER = "https://accounts.google.com"
google_jwt: Any = google.auth.jwt  # without types
google_signer: Any = google.auth.crypt.RSASigner
GOOD: dict[str, Any] = {
    "iss": ISSUER,
    "aud": PROJECT,
    "nbf": int(NOW) - 300,
    "iat": int(NOW),
    "exp": int(NOW) + 3_600,
    "jti": "jti-1",
}


def assistant(signature: str | bytes, body: bytes = ACTIONS) -> Wire:
    """A request with the Assistant's header."""
    value = signature if isinstance(signature, bytes) else signature.encode()
    return Wire("POST", TARGET, ((b"google-assistant-signature", value),), body)


def dialogflow(authorization: str | bytes, body: bytes = ES, target: str = TARGET) -> Wire:
    """A request with an Authorization header."""
    value = authorization if isinstance(authorization, bytes) else authorization.encode()
    return Wire("POST", target, ((b"authorization", value),), body)


def refused(door: GoogleAdapter, wire: Wire) -> int:
    """The status with which the door refuses `wire`."""
    with pytest.raises(NotAuthentic) as found:
        enter(door, wire)
    return door.render_error(found.value).status


@pytest.fixture
def sign(key: rsa.RSAPrivateKey) -> Callable[..., str]:
    """Sign claims with the key that the door believes."""

    def signed(headers: dict[str, Any] | None = None, **changes: Any) -> str:
        claims = {name: value for name, value in (GOOD | changes).items() if value is not None}
        return jwt.encode(claims, key, "RS256", {"kid": KEY_ID, **(headers or {})})

    return signed


def public_pem(key: rsa.RSAPrivateKey) -> bytes:
    """The public key of the door's certificate, as anybody can read it."""
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


# -- the Assistant's tokens ----------------------------------------------------------------------------------------


def test_a_good_token_comes_in(door: GoogleAdapter, sign: Callable[..., str]) -> None:
    request = enter(door, assistant(sign()))
    assert (request.message_id, request.received_at, request.deadline) == ("jti-1", NOW, NOW + 9.5)


def test_a_token_of_google_auth_comes_in(door: GoogleAdapter, key: rsa.RSAPrivateKey) -> None:
    """google-auth signs by its own means."""
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    signer = google_signer.from_string(pem, KEY_ID)
    assert enter(door, assistant(google_jwt.encode(signer, GOOD))).message_id == "jti-1"


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
    payload = json.dumps({name: value for name, value in (GOOD | changes).items() if value is not None}).encode()
    own = jwt.api_jws.encode(payload, key, "RS256", {"kid": KEY_ID})
    assert refused(door, assistant(own)) == 403


def test_claims_that_need_not_be_there(door: GoogleAdapter, sign: Callable[..., str]) -> None:
    assert enter(door, assistant(sign(nbf=None))).message_id == "jti-1"
    assert enter(door, assistant(sign(aud=[PROJECT, "another"], future={"a": [1]}))).message_id == "jti-1"


def test_no_algorithm_but_rs256(door: GoogleAdapter, key: rsa.RSAPrivateKey, sign: Callable[..., str]) -> None:
    """Neither none, nor the public key as a secret, nor a weaker or another signature with the right key."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({}, GOOD)]
    for algorithm in ("none", "None", "HS256"):
        head = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "kid": KEY_ID, "typ": "JWT"}).encode()).rstrip(
            b"="
        )
        signing = head + b"." + parts[1]
        mac = base64.urlsafe_b64encode(hmac.digest(public_pem(key), signing, hashlib.sha256)).rstrip(b"=")
        for signature in (b"", mac, mac * 4, b"A" * 342):
            assert refused(door, assistant(signing + b"." + signature)) == 403
    for algorithm in ("RS384", "RS512", "PS256"):
        other = jwt.encode(GOOD, key, algorithm, {"kid": KEY_ID})
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
        assert refused(door, assistant(jwt.encode(GOOD, foreign, "RS256", headers))) == 403
    assert refused(door, assistant(jwt.encode(GOOD, key, "RS256", {}))) == 403
    for wrong in (None, 7, ["a"], {"a": 1}):
        head = base64.urlsafe_b64encode(json.dumps({"alg": "RS256", "kid": wrong}).encode()).rstrip(b"=").decode()
        rest = jwt.encode(GOOD, foreign, "RS256", {"kid": KEY_ID}).partition(".")[2]
        assert refused(door, assistant(f"{head}.{rest}")) == 403


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


# -- Dialogflow's credentials --------------------------------------------------------------------------------------


def basic(user_and_password: str) -> str:
    """The value of a Basic header."""
    return "Basic " + base64.b64encode(user_and_password.encode()).decode()


def test_both_forms_come_in_by_token_and_by_password(door: GoogleAdapter, config: dict[str, str]) -> None:
    for header in (f"Bearer {config['token']}", f"bearer {config['token']}", basic(config["basic"])):
        assert enter(door, dialogflow(header, ES)).native["form"] == "es"
        assert enter(door, dialogflow(header, CX)).native["form"] == "cx"


def test_wrong_credentials_are_401(door: GoogleAdapter, config: dict[str, str]) -> None:
    for header in (
        "",
        "Bearer",
        "Bearer ",
        f"Bearer  {config['token']}",
        f"Bearer {config['token']} ",
        f"Bearer {config['token'][:-1]}",
        f"Token {config['token']}",
        config["token"],
        basic(config["basic"] + "x"),
        basic("simulator"),
        basic(":"),
        "Basic " + config["basic"],
        "Basic ====",
        basic(config["token"]),
        f"Bearer {base64.b64encode(config['basic'].encode()).decode()}",
    ):
        assert refused(door, dialogflow(header)) == 401


def test_a_token_may_hold_any_character(clock: FakeClock) -> None:
    door = open_door({"token": "gehört.zu.uns", "basic": "nutzer:paßwort:mit:doppelpunkt"}, clock)
    assert enter(door, dialogflow("Bearer gehört.zu.uns")).native["form"] == "es"
    assert enter(door, dialogflow(basic("nutzer:paßwort:mit:doppelpunkt"))).native["form"] == "es"
    assert refused(door, dialogflow("Bearer gehört.zu.uns".encode("latin-1"))) == 401


# -- ID tokens of the service agent --------------------------------------------------------------------------------

PUBLIC_URL = "https://nexus.example"
AGENT = "service-4711@gcp-sa-dialogflow.iam.gserviceaccount.com"


@pytest.fixture
def agents_door(folder: Path, clock: FakeClock) -> GoogleAdapter:
    """A door for the service agent of project 4711."""
    values = {"project_number": "4711", "public_url": PUBLIC_URL + "/", "certs": str(folder / CERTIFICATES)}
    return open_door(values, clock)


@pytest.mark.parametrize(
    ("audience", "target", "good"),
    [
        (PUBLIC_URL + TARGET, TARGET, True),
        (PUBLIC_URL, TARGET, True),
        (PUBLIC_URL + TARGET, TARGET + "?a=b", True),
        (PUBLIC_URL + "/apps/shop" + TARGET, "/apps/shop" + TARGET, True),
        (PUBLIC_URL + TARGET, "/apps/shop" + TARGET, False),
        (PUBLIC_URL + "/apps/shop" + TARGET, TARGET, False),
        (PUBLIC_URL + TARGET + "/", TARGET, False),
        ("https://elsewhere.example" + TARGET, TARGET, False),
        (TARGET, TARGET, False),
        ("", TARGET, False),
        (AGENT, TARGET, False),
    ],
)
def test_an_id_token_is_for_this_address(
    audience: str, target: str, good: bool, agents_door: GoogleAdapter, sign: Callable[..., str]
) -> None:
    wire = dialogflow("Bearer " + sign(aud=audience, email=AGENT, email_verified=True), CX, target)
    if good:
        assert enter(agents_door, wire).native["form"] == "cx"
    else:
        assert refused(agents_door, wire) == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "service-4712@gcp-sa-dialogflow.iam.gserviceaccount.com"},
        {"email": AGENT.upper()},
        {"email": AGENT + ".example"},
        {"email": None},
        {"email": [AGENT]},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": None},
        {"iss": "https://accounts.example"},
        {"exp": int(NOW) - 11},
        {"exp": None},
    ],
    ids=repr,
)
def test_an_id_token_is_the_agents(
    changes: dict[str, Any], agents_door: GoogleAdapter, sign: Callable[..., str]
) -> None:
    claims = {"aud": PUBLIC_URL + TARGET, "email": AGENT, "email_verified": True, **changes}
    assert refused(agents_door, dialogflow("Bearer " + sign(**claims), CX)) == 401


def test_the_assistants_token_is_no_id_token(agents_door: GoogleAdapter, sign: Callable[..., str]) -> None:
    assert refused(agents_door, dialogflow("Bearer " + sign(), CX)) == 401


# -- which scheme --------------------------------------------------------------------------------------------------


def test_neither_header_is_401(door: GoogleAdapter) -> None:
    assert refused(door, Wire("POST", TARGET, (), ES)) == 401


def test_the_signature_wins(door: GoogleAdapter, config: dict[str, str], sign: Callable[..., str]) -> None:
    """A signature that does not hold is not made good by a password; one that does is not spoilt by a wrong one."""
    good = (b"authorization", f"Bearer {config['token']}".encode())
    wrong = (b"authorization", b"Bearer the-persons-own-token")
    forged, signed = (b"google-assistant-signature", b"nonsense"), (b"google-assistant-signature", sign().encode())
    for headers in ((good, forged), (forged, good)):
        assert refused(door, Wire("POST", TARGET, headers, ES)) == 403
    for headers in ((wrong, signed), (signed, wrong), (good, signed)):
        assert enter(door, Wire("POST", TARGET, headers, ACTIONS)).native["form"] == "actions"
    assert refused(door, Wire("POST", TARGET, ((b"google-assistant-signature", b""), good), ES)) == 403


@pytest.mark.parametrize("body", [ES, CX, b"{}"])
def test_a_signed_body_must_be_the_assistants(body: bytes, door: GoogleAdapter, sign: Callable[..., str]) -> None:
    with pytest.raises(Malformed):
        enter(door, assistant(sign(), body))


@pytest.mark.parametrize(
    "body", [ACTIONS, b"{}", ES[:-2] + b',"detectIntentResponseId":"x"}', CX[:-2] + b',"responseId":"x"}', b"[]", b""]
)
def test_dialogflows_body_must_be_one_of_its_two(body: bytes, door: GoogleAdapter, config: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        enter(door, dialogflow(f"Bearer {config['token']}", body))


@pytest.mark.parametrize(
    ("values", "closed", "names"),
    [
        ({"token": "t"}, assistant("x"), "NEXUS_GOOGLE_PROJECT_ID"),
        ({"project_id": "p"}, dialogflow("Bearer x"), "NEXUS_DIALOGFLOW_TOKEN"),
        ({"project_id": "p"}, dialogflow(basic("a:b")), "NEXUS_DIALOGFLOW_BASIC"),
    ],
)
def test_a_scheme_without_credentials_says_how_to_open_it(
    values: dict[str, str], closed: Wire, names: str, clock: FakeClock
) -> None:
    with pytest.raises(NotAuthentic, match=names):
        enter(open_door(values, clock), closed)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "NEXUS_DIALOGFLOW_PROJECT_NUMBER"),
        ({"basic": "no-colon"}, "user:password"),
        ({"project_number": "my-project", "public_url": PUBLIC_URL}, "digits"),
        ({"project_number": "4711"}, "NEXUS_PUBLIC_URL"),
        ({"token": "t", "cx_timeout": "31"}, "cx_timeout"),
        ({"token": "t", "cx_timeout": "soon"}, "cx_timeout"),
        ({"token": "t", "trust": "everybody"}, "trust"),
        ({"token": "t", "rich": "html"}, "rich"),
        ({"project_id": "p", "certs": "/nowhere/certs.json"}, "NEXUS_GOOGLE_CERTS"),
    ],
)
def test_settings_that_do_not_open_the_door(values: dict[str, str], says: str, clock: FakeClock) -> None:
    with pytest.raises(DoorShut, match=says):
        open_door(values, clock)


def test_cx_may_wait_longer(clock: FakeClock) -> None:
    request = enter(open_door({"token": "t", "cx_timeout": "30"}, clock), dialogflow("Bearer t", CX))
    assert request.deadline == NOW + 29.5


def test_secrets_are_not_shown(config: dict[str, str], clock: FakeClock) -> None:
    door = open_door(config, clock)
    assert config["token"] not in repr(vars(door))
    assert config["basic"] not in repr(vars(door))


def test_when_no_key_can_be_fetched_it_is_503(door: GoogleAdapter, sign: Callable[..., str]) -> None:
    class Down:
        async def key(self, name: str) -> SigningKey:
            raise KeySourceUnavailable("no network")

    shut = GoogleAdapter.open("contract", {"project_id": PROJECT}, door_ports(FakeClock(NOW), keys=Down()))
    with pytest.raises(KeySourceUnavailable) as found:
        enter(shut, assistant(sign()))
    assert door.render_error(found.value).status == 503


def test_only_what_this_door_verified_can_be_parsed(door: GoogleAdapter) -> None:
    with pytest.raises(TypeError):
        door.parse(Verified(dialogflow("x"), "contract", "google"))


def test_statuses(door: GoogleAdapter) -> None:
    assert door.render_error(SignatureInvalid("x")).status == door.render_error(NotAuthentic("x")).status == 401
    assert door.render_error(SignatureInvalid("x", 403)).status == 403


def test_a_certificate_counts_while_it_is_valid(
    door: GoogleAdapter, clock: FakeClock, key: rsa.RSAPrivateKey, sign: Callable[..., str]
) -> None:
    ends = certificate(key, NOW).not_valid_after_utc.timestamp()
    clock.move(ends - NOW + 1)
    late = int(clock.now())
    assert refused(door, assistant(sign(nbf=late - 300, iat=late, exp=late + 3_600))) == 403


def requests_of(door: GoogleAdapter, wires: Sequence[Wire]) -> list[Request]:
    """The requests of some wires."""
    return [enter(door, wire) for wire in wires]


def test_apps_make_different_ids_of_one_session(
    config: dict[str, str], clock: FakeClock, sign: Callable[..., str]
) -> None:
    """The same session seen twice gives the same id; nobody can work it out from the session alone."""
    body = (SAMPLES / "actions" / "main_first_time.json").read_bytes()
    first, again = requests_of(open_door(config, clock), [assistant(sign(), body), assistant(sign(jti="jti-2"), body)])
    assert first.user == again.user
    assert first.conversation not in first.user
