"""What the tests of the carriers beside Twilio share: open doors, their samples, and a server whose engine is a function."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from channels.sms.adapter import SmsAdapter
from channels.sms.carrier import Carrier
from shared.channel import Delivered, Receipt, Wire, WireReply
from shared.errors import NexusError
from shared.testing.adapter.values import turn_of
from shared.testing.adapter_contract import NOW
from shared.testing.fakes import FakeClock, door_ports
from shared.testing.platforms import Sent
from shared.turn import Reply, Request

PUBLIC = "https://nexus.example"
REFERENCE = "0198c0de-0000-7000-8000-000000000001"
SAMPLES = Path("channels/sms").resolve()

Engine = Callable[[Request], Reply | None]


def open_carrier(place: str, config: Mapping[str, str], *, at: float = NOW, app: str = "default") -> Carrier:
    """The door at one carrier, at that time. A setting that is "" counts as not set."""
    full = {"public_url": PUBLIC, **config}
    ports = door_ports(FakeClock(at))
    door = SmsAdapter.open(app, {key: value for key, value in full.items() if value}, ports).at(place)
    assert isinstance(door, Carrier)
    return door


def wire_of(sent: Sent) -> Wire:
    """The request that a twin sends."""
    parts = urlsplit(sent.url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    return Wire(
        sent.method, target, tuple((name.encode(), value.encode()) for name, value in sent.headers.items()), sent.body
    )


def understood(door: Carrier, sent: Sent | Wire) -> Request | Receipt:
    """Verify, and parse what is no receipt. Raises what they raise."""
    verified = asyncio.run(door.verify(sent if isinstance(sent, Wire) else wire_of(sent)))
    return door.receipt(verified) or door.parse(verified)


def request_of(door: Carrier, sent: Sent | Wire) -> Request:
    """The message that it is."""
    found = understood(door, sent)
    assert isinstance(found, Request)
    return found


def receipt_of(door: Carrier, sent: Sent | Wire) -> Receipt:
    """The receipt that it is."""
    found = understood(door, sent)
    assert isinstance(found, Receipt)
    return found


def sample(place: str, name: str) -> bytes:
    """The bytes of a sample, as they come over the wire."""
    return (SAMPLES / place / "samples" / name).read_bytes().rstrip(b"\n")


def samples(place: str, pattern: str = "*") -> list[str]:
    """The names of a carrier's samples."""
    return sorted(path.name for path in (SAMPLES / place / "samples").glob(pattern))


class Served:
    """A server of one door: what comes in is answered by `engine`, once a message id, and then sent by the carrier's API."""

    def __init__(self, door: Carrier, engine: Engine) -> None:
        self.door, self._engine = door, engine
        self.requests: list[Request] = []
        self.receipts: list[Receipt] = []
        self.delivered: list[Delivered] = []
        self._turns: dict[str, Reply | None] = {}
        self._outbox: list[threading.Thread] = []

    def client(self) -> httpx.Client:
        """A client for a twin."""
        return httpx.Client(transport=httpx.MockTransport(self._handle))

    def settle(self) -> None:
        """Return when everything is sent."""
        for thread in self._outbox:
            thread.join(10)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        headers = tuple((name.lower(), value) for name, value in request.headers.raw)
        reply = self._reply(Wire(request.method, request.url.raw_path.decode(), headers, request.content))
        return httpx.Response(reply.status, headers=list(reply.headers), content=reply.body)

    def _reply(self, wire: Wire) -> WireReply:
        door = self.door
        try:
            found = understood(door, wire)
        except NexusError as error:
            return door.render_error(error)
        if isinstance(found, Receipt):
            self.receipts.append(found)
            return door.render_receipt()
        self.requests.append(found)
        return self._answer(found)

    def _answer(self, request: Request) -> WireReply:
        known = request.message_id in self._turns
        reply = self._turns.setdefault(request.message_id, self._engine(request))
        turn = turn_of(request, reply)
        letters = () if known else self.door.outgoing(request, turn)
        if letters:
            self._outbox.append(
                threading.Thread(target=self._send, args=([one.content for one in letters], request.message_id))
            )
            self._outbox[-1].start()
        return self.door.render(request, turn)

    def _send(self, contents: list[dict[str, object]], message_id: str) -> None:
        for number, content in enumerate(contents):
            self.delivered.append(asyncio.run(self.door.deliver(content, f"{message_id}-{number}")))
