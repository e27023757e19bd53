"""What the contract of channels must know of every carrier beside Twilio: its place, its settings, the people who text."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import ClassVar

from channels.sms.adapter import CARRIERS, SmsAdapter
from shared.channel import ChannelAdapter, Wire
from shared.ports import DoorPorts
from shared.testing.adapter_contract import AdapterContract

BASE = "https://nexus.example"

Headers = Mapping[bytes, bytes]


class CarrierContract(AdapterContract):
    """The contract over the SMS door at one carrier."""

    reprompts: ClassVar[bool] = False  # nobody notices that somebody does not text
    place: ClassVar[str]
    config: ClassVar[Mapping[str, str]]

    def open(self, ports: DoorPorts) -> ChannelAdapter:
        """As AdapterHooks.open."""
        return SmsAdapter.open(self.app, {"public_url": BASE, **self.config}, ports).at(self.place)

    def open_bare(self, ports: DoorPorts) -> ChannelAdapter:
        """As AdapterHooks.open_bare."""
        return CARRIERS[self.place].open("default", {"public_url": BASE}, ports)

    @property
    def path(self) -> str:
        """Where messages of this carrier come in."""
        return f"/channels/sms/{self.place}"

    def post(self, body: bytes, headers: Headers, target: str = "") -> Wire:
        """A request with this body and these headers."""
        return Wire("POST", target or self.path, tuple(headers.items()), body)

    def posts(self, body: bytes, variants: Sequence[Headers]) -> list[Wire]:
        """The same body with each of these sets of headers."""
        return [self.post(body, headers) for headers in variants]


def number_of(user: str) -> str:
    """The number of a person, in E.164."""
    return f"+1650{int(hashlib.sha256(user.encode()).hexdigest(), 16) % 10**7:07}"


def without(headers: Headers, *names: bytes) -> dict[bytes, bytes]:
    """The headers but those of these names."""
    return {name: value for name, value in headers.items() if name not in names}
