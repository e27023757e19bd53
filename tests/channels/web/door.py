"""A web door for tests, with a clock that stands still until it is set, and wires as browsers would send them."""

from collections.abc import Mapping
from itertools import count

import msgspec

from channels.web.adapter import WebAdapter
from channels.web.verify import VisitorToken
from shared.channel import Wire
from shared.errors import KeySourceUnavailable, NotAuthentic
from shared.ports import DoorPorts, KeyOwner, KeySource

PAGE = "https://page.example"
SHOP = "https://shop.example:8443"
FOREIGN = "https://evil.example"
SECRET = b"web-visitor of the app under test"


class SetClock:
    """A clock that shows what it is set to."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.time = now

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


class CountedIds:
    """Ids in order: id-1, id-2 …"""

    def __init__(self) -> None:
        self._numbers = count(1)

    def new(self) -> str:
        return f"id-{next(self._numbers)}"


class NoKeys:
    """No API key is known."""

    async def owner(self, token: str) -> KeyOwner:
        raise NotAuthentic("there are no API keys here")


def no_key_source(config: Mapping[str, str]) -> KeySource:
    """The web door fetches no keys."""
    raise KeySourceUnavailable("there is no key source here")


def ports(clock: SetClock, secret: bytes = SECRET) -> DoorPorts:
    """Ports whose secret is `secret` for every purpose."""
    return DoorPorts(clock, CountedIds(), NoKeys(), no_key_source, lambda purpose: purpose.encode() + secret)


def open_door(clock: SetClock, app: str = "default", secret: bytes = SECRET) -> WebAdapter:
    """A door for PAGE and SHOP."""
    return WebAdapter.open(app, {"origins": f"{PAGE}, {SHOP}"}, ports(clock, secret))


def wire(
    body: bytes = b"", *, origin: str | None = PAGE, token: str | None = None, path: str = "/channels/web"
) -> Wire:
    """What a browser sends from a page of `origin`."""
    headers = [(b"host", b"nexus.example"), (b"content-type", b"application/json")]
    if origin is not None:
        headers.append((b"origin", origin.encode("latin-1")))
    if token is not None:
        headers.append((b"authorization", b"Bearer " + token.encode("latin-1")))
    return Wire("POST", path, tuple(headers), body, "192.0.2.7")


async def open_session(door: WebAdapter, origin: str = PAGE, token: str | None = None) -> VisitorToken:
    """The session that the door gives to a page of `origin`."""
    reply = await door.open_session(wire(origin=origin, token=token, path="/channels/web/session"))
    assert reply.status == 200
    return msgspec.json.decode(reply.body, type=VisitorToken)
