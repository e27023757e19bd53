"""The door for text messages: one place a carrier, `/channels/sms/twilio` and so on. See README.md beside this file."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from channels.sms.bandwidth.carrier import Bandwidth
from channels.sms.carrier import Carrier
from channels.sms.plivo.carrier import Plivo
from channels.sms.telnyx.carrier import Telnyx
from channels.sms.twilio.carrier import Twilio
from channels.sms.vonage.carrier import Vonage
from shared.channel import ChannelAdapter, Delivered, Verified, Wire, WireReply
from shared.errors import DeliveryFailed, DoorShut, NotFound
from shared.ports import DoorPorts
from shared.turn import Request, Turn

CARRIERS: dict[str, type[Carrier]] = {one.place: one for one in (Twilio, Vonage, Plivo, Telnyx, Bandwidth)}
"""All carriers by the place at which they come in."""

_NOWHERE = f"sms: messages come in at one of the places below /channels/sms/: {', '.join(sorted(CARRIERS))}"


class SmsAdapter(ChannelAdapter):
    """Text messages over whichever carriers are configured; each is an adapter of its own, which `at` gives."""

    name: ClassVar[str] = "sms"
    body_limit: ClassVar[int] = Carrier.body_limit
    places: ClassVar[frozenset[str]] = frozenset(CARRIERS)

    def __init__(self, carriers: Mapping[str, Carrier | DoorShut]) -> None:
        self._carriers = carriers

    @classmethod
    def open(cls, app: str, config: Mapping[str, str], ports: DoorPorts) -> Self:
        """As ChannelAdapter.open. It never raises: each place says for itself what its carrier lacks."""
        return cls({place: _opened(carrier, app, config, ports) for place, carrier in CARRIERS.items()})

    def at(self, place: str) -> ChannelAdapter:
        """As ChannelAdapter.at."""
        found = self._carriers.get(place)
        if found is None:
            raise NotFound(_NOWHERE)
        if isinstance(found, DoorShut):
            raise DoorShut(str(found))
        return found

    async def verify(self, wire: Wire) -> Verified:
        """Nothing comes in here: messages have a place."""
        raise NotFound(_NOWHERE)

    def parse(self, verified: Verified) -> Request:
        """Nothing comes in here: messages have a place."""
        raise NotFound(_NOWHERE)

    def render(self, request: Request, turn: Turn) -> WireReply:
        """Nothing comes in here: messages have a place."""
        raise NotFound(_NOWHERE)

    async def deliver(self, content: Mapping[str, Any], reference: str) -> Delivered:
        """Letters go out at the place of a carrier; one without a place has none to go through."""
        raise DeliveryFailed("sms: the message names no carrier", final=True)


def _opened(carrier: type[Carrier], app: str, config: Mapping[str, str], ports: DoorPorts) -> Carrier | DoorShut:
    try:
        return carrier.open(app, config, ports)
    except DoorShut as shut:
        return shut
