"""A web door for tests, and wires as browsers would send them."""

import msgspec

from channels.web.adapter import WebAdapter
from channels.web.verify import VisitorToken
from shared.channel import Wire
from shared.testing.fakes import FakeClock, door_ports

PAGE = "https://page.example"
SHOP = "https://shop.example:8443"
FOREIGN = "https://evil.example"
SECRET = b"the secret of the app under test"


def open_door(clock: FakeClock | None = None, app: str = "default", secret: bytes = SECRET) -> WebAdapter:
    """A door for PAGE and SHOP."""
    ports = msgspec.structs.replace(door_ports(clock), secret=lambda purpose: purpose.encode() + secret)
    return WebAdapter.open(app, {"origins": f"{PAGE}, {SHOP}"}, ports)


def wire(
    body: bytes = b"",
    *,
    origin: str | None = PAGE,
    token: str | None = None,
    path: str = "/channels/web",
    method: str = "POST",
) -> Wire:
    """What a browser sends from a page of `origin`."""
    headers = [(b"host", b"nexus.example"), (b"content-type", b"application/json")]
    if origin is not None:
        headers.append((b"origin", origin.encode("latin-1")))
    if token is not None:
        headers.append((b"authorization", b"Bearer " + token.encode("latin-1")))
    return Wire(method, path, tuple(headers), body, "192.0.2.7")


async def open_session(door: WebAdapter, origin: str = PAGE, token: str | None = None) -> VisitorToken:
    """The session that the door gives to a page of `origin`."""
    reply = await door.open_session(wire(origin=origin, token=token, path="/channels/web/session"))
    assert reply.status == 200
    return msgspec.json.decode(reply.body, type=VisitorToken)
