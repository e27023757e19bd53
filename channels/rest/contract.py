"""What the contract of channels must know of the REST door."""

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec

from channels.rest.adapter import RestAdapter
from shared.channel import Wire, WireReply
from shared.errors import NotAuthentic
from shared.ports import DoorPorts, KeyOwner
from shared.testing.adapter.values import wait
from shared.testing.adapter_contract import NOW, AdapterContract, Said, answer_of
from shared.testing.fakes import FakeApiKeys, FakeClock, door_ports
from shared.testing.platforms.message import message_complaints

KEY = "nx_0123456789abcdef_secret"
SAMPLES = Path(__file__).parent / "samples"


class RestContract(AdapterContract):
    """The contract over the REST door, which has no credentials of its own: API keys say who calls."""

    setting = "nexus keys create"
    signs_body = False

    def ports(self) -> DoorPorts:
        """As AdapterHooks.ports, with one API key."""
        owners = {KEY: KeyOwner(self.app, "0123456789abcdef", "contract")}
        return msgspec.structs.replace(super().ports(), api_keys=FakeApiKeys(owners))

    def open(self, ports: DoorPorts) -> RestAdapter:
        """As AdapterHooks.open."""
        return RestAdapter.open(self.app, {}, ports)

    def open_bare(self, ports: DoorPorts) -> RestAdapter:
        """A door to which nobody has a key."""
        return RestAdapter.open(self.app, {}, door_ports(FakeClock(NOW)))

    def shut(self) -> str:
        """As AdapterHooks.shut: it is open, and tells whoever comes without a key how to get one."""
        try:
            wait(self.door().verify(self.post(b"")))
        except NotAuthentic as error:
            return str(error)
        raise AssertionError("a request without a key was taken for authentic")

    def body(self, said: Said) -> bytes:
        """As AdapterHooks.body."""
        message = {"text": said.text, "user": {"id": said.user}, "message_id": said.message_id}
        return json.dumps(message).encode()

    def sign(self, body: bytes, said: Said) -> Wire:
        """As AdapterHooks.sign."""
        return self.post(body, f"Bearer {KEY}")

    def forged(self, wire: Wire) -> Sequence[Wire]:
        """As AdapterHooks.forged: keys that are none, other schemes, two keys."""
        wrong = ("", KEY, "Bearer", "Bearer ", f"Basic {KEY}", f"Bearer {KEY}x", f"Bearer {KEY[:-1]}", "Bearer \xff")
        twice = self.post(wire.body, f"Bearer {KEY}", f"Bearer {KEY}")
        return [*(self.post(wire.body, value) for value in wrong), twice]

    def samples(self) -> Sequence[bytes]:
        """As AdapterHooks.samples."""
        return [path.read_bytes() for path in sorted(SAMPLES.glob("*.json"))]

    def complaints(self, wire: Wire, reply: WireReply) -> Sequence[str]:
        """As AdapterHooks.complaints, by the outside contract. What failed is a 503, which a client reads as an error."""
        if reply.status == 503 and b'"outcome":"failed"' in reply.body:
            return []
        return message_complaints(answer_of(reply), msgspec.json.decode(wire.body)["message_id"])

    def stale(self) -> Sequence[Wire]:
        """As AdapterHooks.stale: a revoked key."""
        return [self.post(self.body(Said()), "Bearer nx_0000000000000000_revoked")]

    def post(self, body: bytes, *authorization: str) -> Wire:
        """A request to the door's own path."""
        headers = [(b"host", b"nexus.example"), (b"content-type", b"application/json")]
        headers += [(b"authorization", value.encode("latin-1")) for value in authorization]
        return Wire("POST", "/v1/messages", tuple(headers), body, "192.0.2.1")
