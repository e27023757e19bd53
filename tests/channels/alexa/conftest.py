"""What the tests of the Alexa door share: credentials made once, an open door."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from channels.alexa.adapter import AlexaAdapter
from channels.alexa.credentials import AlexaCredentials, make_credentials
from channels.alexa.twin import AlexaTwin
from infra.keysource import key_source
from shared.channel import Wire
from shared.ports import DoorPorts
from shared.testing.adapter_contract import NOW
from shared.testing.fakes import FakeApiKeys, FakeClock, FakeIds
from shared.turn import Request

SAMPLES = Path("channels/alexa/samples").resolve()
GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="session")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> AlexaCredentials:
    """A root, a chain and a key as Amazon has them."""
    return make_credentials(tmp_path_factory.mktemp("alexa"), NOW)


@pytest.fixture(scope="session")
def others(tmp_path_factory: pytest.TempPathFactory) -> AlexaCredentials:
    """Credentials of the same form that nobody here trusts."""
    return make_credentials(tmp_path_factory.mktemp("others"), NOW)


@pytest.fixture
def clock() -> FakeClock:
    """A clock at the contract's time."""
    return FakeClock(NOW)


@pytest.fixture
def door(credentials: AlexaCredentials, clock: FakeClock) -> AlexaAdapter:
    """The door, with real certificate checks."""
    return open_door(credentials, clock)


def open_door(credentials: AlexaCredentials, clock: FakeClock) -> AlexaAdapter:
    """The door of app `contract` that believes `credentials`."""
    ports = DoorPorts(
        clock,
        FakeIds(),
        FakeApiKeys({}),
        lambda platform, config: key_source(platform, config, clock),
        lambda _: b"s" * 32,
    )
    return AlexaAdapter.open("contract", credentials.config(), ports)


@pytest.fixture
def twin(credentials: AlexaCredentials) -> AlexaTwin:
    """A person in front of a device, at the contract's time, with ids that count."""
    numbers = iter(range(1, 1_000))
    return AlexaTwin(credentials, "http://nexus.test", now=lambda: NOW, new_id=lambda: f"twin-{next(numbers)}")


@pytest.fixture
def understand(door: AlexaAdapter, twin: AlexaTwin) -> Callable[[bytes], Request]:
    """Sign a body, verify it and parse it."""

    def understood(body: bytes) -> Request:
        return door.parse(asyncio.run(door.verify(wire_of(twin, body))))

    return understood


def wire_of(twin: AlexaTwin, body: bytes) -> Wire:
    """The signed request with this body."""
    headers = tuple((name.encode(), value.encode()) for name, value in twin.headers(body).items())
    return Wire("POST", "/channels/alexa", headers, body)
