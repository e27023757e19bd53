"""What the contract of channels must know of pigeon post."""

import hmac
import json
from collections.abc import Sequence

from nexus import DoorPorts, Wire
from shared.testing.adapter_contract import NOW, AdapterContract, Said

from .adapter import PigeonAdapter


class PigeonContract(AdapterContract):
    setting = "NEXUS_PIGEON_SECRET"

    def open(self, ports: DoorPorts) -> PigeonAdapter:
        return PigeonAdapter.open(self.app, {"secret": "coo"}, ports)

    def open_bare(self, ports: DoorPorts) -> PigeonAdapter:
        return PigeonAdapter.open("default", {}, ports)

    def body(self, said: Said) -> bytes:
        return json.dumps({"id": said.message_id, "sender": said.user, "text": said.text}).encode()

    def sign(self, body: bytes, said: Said) -> Wire:
        return signed("coo", said.at, body)

    def forged(self, wire: Wire) -> Sequence[Wire]:
        return [signed("caw", NOW, wire.body), Wire("POST", wire.target, ((b"x-signature", b"\xff"),), wire.body)]

    def stale(self) -> Sequence[Wire]:
        return [self.wire(Said(at=NOW + seconds)) for seconds in (-301, 301)]


def signed(secret: str, at: float, body: bytes) -> Wire:
    """A letter as the dovecote sends it."""
    stamp = str(int(at)).encode()
    signature = hmac.new(secret.encode(), stamp + b"." + body, "sha256").hexdigest().encode()
    return Wire("POST", "/channels/pigeon", ((b"x-time", stamp), (b"x-signature", signature)), body)
