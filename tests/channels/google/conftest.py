"""What the tests of the Google door share: credentials made once, doors that believe them, and ways through."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from channels.google.adapter import GoogleAdapter
from channels.google.twins.actions import ActionsTwin
from channels.google.twins.credentials import KEY_ID, load_key, token
from channels.google.twins.cx import DialogflowCxTwin
from channels.google.twins.es import DialogflowTwin
from infra.keysource import key_source
from shared.channel import Wire, WireReply
from shared.errors import NexusError
from shared.ports import DoorPorts
from shared.testing.adapter.values import turn_of
from shared.testing.adapter_contract import NOW
from shared.testing.fakes import FakeApiKeys, FakeClock, FakeIds
from shared.turn import Reply, Request

SAMPLES = Path("channels/google/samples").resolve()
PROJECT = "nexus-simulator"
TARGET = "/channels/google"
GOOD_CLAIMS: dict[str, Any] = {
    "iss": "https://accounts.google.com",
    "aud": PROJECT,
    "nbf": int(NOW) - 300,
    "iat": int(NOW),
    "exp": int(NOW) + 3_600,
    "jti": "jti-1",
}

Make = Callable[[Request], Reply]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Credentials of all three forms: a key with its certificate, a token, a user with password."""
    folder = tmp_path_factory.mktemp("google")
    for twin in (ActionsTwin, DialogflowTwin, DialogflowCxTwin):
        twin.make(folder, NOW)
    return folder


@pytest.fixture(scope="session")
def config(folder: Path) -> dict[str, str]:
    """The settings of a door that believes all of them."""
    return {**ActionsTwin.config(folder), **DialogflowTwin.config(folder), **DialogflowCxTwin.config(folder)}


@pytest.fixture(scope="session")
def key(folder: Path) -> rsa.RSAPrivateKey:
    """The key that Google signs with here."""
    return load_key(folder)


@pytest.fixture
def clock() -> FakeClock:
    """A clock at the contract's time."""
    return FakeClock(NOW)


@pytest.fixture
def door(config: dict[str, str], clock: FakeClock) -> GoogleAdapter:
    """The door, with real keys."""
    return open_door(config, clock)


def open_door(config: Mapping[str, str], clock: FakeClock, app: str = "contract") -> GoogleAdapter:
    """The door of `app` with these settings."""
    ports = DoorPorts(
        clock,
        FakeIds(),
        FakeApiKeys({}),
        lambda platform, values: key_source(platform, values, clock),
        lambda purpose: purpose.encode().ljust(32, b"s"),
    )
    return GoogleAdapter.open(app, config, ports)


@pytest.fixture
def credential(key: rsa.RSAPrivateKey, config: dict[str, str]) -> Callable[[str], tuple[bytes, bytes]]:
    """The header that proves the sender of a form: actions, es or cx."""

    def header(form: str) -> tuple[bytes, bytes]:
        if form == "actions":
            return b"google-assistant-signature", token(key, PROJECT, NOW, {"jti": "jti-1"}).encode()
        return b"authorization", f"Bearer {config['token']}".encode()

    return header


@pytest.fixture
def sign(key: rsa.RSAPrivateKey) -> Callable[..., str]:
    """Sign claims with the key that the door believes."""

    def signed(headers: dict[str, Any] | None = None, **changes: Any) -> str:
        claims = {name: value for name, value in (GOOD_CLAIMS | changes).items() if value is not None}
        return jwt.encode(claims, key, "RS256", {"kid": KEY_ID, **(headers or {})})

    return signed


@pytest.fixture
def understand(
    door: GoogleAdapter, credential: Callable[[str], tuple[bytes, bytes]]
) -> Callable[[str, bytes], Request]:
    """Send a body of a form with its credential: the request it becomes."""
    return lambda form, body: enter(door, Wire("POST", TARGET, (credential(form),), body))


def enter(door: GoogleAdapter, wire: Wire) -> Request:
    """Verify and parse."""
    return door.parse(asyncio.run(door.verify(wire)))


def served(door: GoogleAdapter, answer: Make) -> httpx.Client:
    """A client whose server is the door, with `answer` for an engine."""

    def handle(request: httpx.Request) -> httpx.Response:
        headers = tuple((name.lower(), value) for name, value in request.headers.raw)
        reply = _reply(Wire(request.method, request.url.raw_path.decode(), headers, request.content))
        return httpx.Response(reply.status, headers=list(reply.headers), content=reply.body)

    def _reply(wire: Wire) -> WireReply:
        try:
            request = enter(door, wire)
        except NexusError as error:
            return door.render_error(error)
        return door.render(request, turn_of(request, answer(request)))

    return httpx.Client(transport=httpx.MockTransport(handle))


def counting() -> Callable[[], str]:
    """Ids that count."""
    numbers = iter(range(1, 10_000))
    return lambda: f"id-{next(numbers)}"


def twin_options(client: httpx.Client, **more: Any) -> dict[str, Any]:
    """What a twin needs to talk to a served door at the contract's time."""
    return {"client": client, "now": lambda: NOW, "new_id": counting()} | more
