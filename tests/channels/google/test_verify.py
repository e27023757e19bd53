"""Whose requests come in: Dialogflow's credentials, and which scheme counts."""

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from channels.google.adapter import GoogleAdapter
from channels.google.twins.credentials import CERTIFICATES, certificate
from shared.channel import Verified, Wire
from shared.errors import DoorShut, KeySourceUnavailable, Malformed, NotAuthentic, SignatureInvalid
from shared.ports import SigningKey
from shared.testing.adapter_contract import NOW
from shared.testing.fakes import FakeClock, door_ports
from shared.turn import Request
from tests.channels.google.conftest import PROJECT, SAMPLES, TARGET, enter, open_door
from tests.channels.google.wires import ACTIONS, CX, ES, assistant, dialogflow, refused


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
    ("values", "closed", "variable", "setting"),
    [
        ({"token": "t"}, assistant("x"), "NEXUS_GOOGLE_PROJECT_ID", "project_id="),
        ({"project_id": "p"}, dialogflow("Bearer x"), "NEXUS_DIALOGFLOW_TOKEN", "token="),
        ({"project_id": "p"}, dialogflow(basic("a:b")), "NEXUS_DIALOGFLOW_BASIC", "basic="),
    ],
)
def test_a_scheme_without_credentials_says_how_to_open_it(
    values: dict[str, str], closed: Wire, variable: str, setting: str, clock: FakeClock
) -> None:
    with pytest.raises(NotAuthentic, match=f"set {variable}.*, or run `nexus channels configure google {setting}"):
        enter(open_door(values, clock, "default"), closed)
    with pytest.raises(NotAuthentic, match=f"; run `nexus channels configure google --app shop {setting}"):
        enter(open_door(values, clock, "shop"), closed)


def test_a_door_without_any_credentials_names_all_that_open_it(clock: FakeClock) -> None:
    with pytest.raises(DoorShut, match=r"NEXUS_GOOGLE_PROJECT_ID.*NEXUS_DIALOGFLOW_PROJECT_NUMBER"):
        open_door({}, clock, "default")
    with pytest.raises(DoorShut, match="run `nexus channels configure google --app shop project_id=… token=…`"):
        open_door({}, clock, "shop")


@pytest.mark.parametrize(
    ("values", "says"),
    [
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
