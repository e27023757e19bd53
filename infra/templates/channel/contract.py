"""What the contract of channels must know of Door name. `nexus channels check doorname` runs it."""

from collections.abc import Sequence
from pathlib import Path

from nexus import ChannelAdapter, DoorPorts, Wire, WireReply
from shared.testing.adapter_contract import NOW, AdapterContract, Said, answer_of

from .adapter import WINDOW_S, DoorNameAdapter
from .twin import complaints, message, signed

SECRET, ANOTHER = "the secret of the contract", "a guess"


class DoorNameContract(AdapterContract):
    """The contract over the door of Door name."""

    setting = "NEXUS_DOORNAME_SECRET"

    def open(self, ports: DoorPorts) -> ChannelAdapter:
        """The door with its secret."""
        return DoorNameAdapter.open(self.app, {"secret": SECRET}, ports)

    def open_bare(self, ports: DoorPorts) -> ChannelAdapter:
        """The door without it."""
        return DoorNameAdapter.open("default", {}, ports)

    def body(self, said: Said) -> bytes:
        """The message as Door name sends it."""
        return message(said.message_id, said.user, said.text)

    def sign(self, body: bytes, said: Said) -> Wire:
        """An authentic request."""
        return _wire(body, signed(SECRET, said.at, body))

    def forged(self, wire: Wire) -> Sequence[Wire]:
        """Another's secret, another time, a signature that is none."""
        good = signed(SECRET, NOW, wire.body)
        return [
            _wire(wire.body, signed(ANOTHER, NOW, wire.body)),
            _wire(wire.body, good | {"x-door-name-timestamp": str(int(NOW) + 1)}),
            _wire(wire.body, good | {"x-door-name-timestamp": "now"}),
            _wire(wire.body, good | {"x-door-name-signature": ""}),
            _wire(wire.body, good | {"x-door-name-signature": "0" * 64}),
            _wire(wire.body, good | {"x-door-name-signature": "\xff" * 100_000}),
        ]

    def stale(self) -> Sequence[Wire]:
        """A second outside of the window, either way."""
        moments = (NOW - WINDOW_S - 1, NOW + WINDOW_S + 1)
        return [self.sign(self.body(said), said) for said in map(_said_at, moments)]

    def samples(self) -> Sequence[bytes]:
        """What lies in the folder `samples`."""
        folder = Path(__file__).parent / "samples"
        return [path.read_bytes() for path in sorted(folder.glob("*.json"))]

    def complaints(self, wire: Wire, reply: WireReply) -> Sequence[str]:
        """What Door name would hold against the answer."""
        return complaints(answer_of(reply))


def _said_at(moment: float) -> Said:
    return Said(at=moment)


def _wire(body: bytes, headers: dict[str, str]) -> Wire:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Wire("POST", "/channels/doorname", tuple(raw), body)
