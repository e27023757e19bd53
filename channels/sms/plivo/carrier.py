"""Plivo: signed webhooks in, XML out; its API for pictures and for what answers nothing.

https://docs.plivo.com/docs/messaging
"""

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from channels.sms import form
from channels.sms.api import Api, ApiAnswer, Said
from channels.sms.carrier import Carrier
from channels.sms.message import Inbound, Letter
from channels.sms.parts import has_pictures
from channels.sms.plivo.answer import answer
from channels.sms.plivo.payload import content_of
from channels.sms.plivo.signature import MAX_FIELDS, check_signature
from channels.sms.public_url import Addresses, callback_url
from channels.sms.reference import with_reference
from shared.channel import Delivered, Receipt, Wire, WireReply
from shared.errors import DoorShut
from shared.ports import DoorPorts, Outgoing
from shared.turn import Request, Turn

API = "https://api.plivo.com"


class Plivo(Carrier):
    """`/channels/sms/plivo`: incoming messages and status callbacks of one account."""

    place: ClassVar[str] = "plivo"
    places: ClassVar[frozenset[str]] = frozenset({place})
    title: ClassVar[str] = "Plivo"
    required: ClassVar[tuple[str, ...]] = ("plivo_auth_id", "plivo_auth_token")
    answers_in_reply: ClassVar[bool] = True
    max_media: ClassVar[int] = 10
    unauthenticated: ClassVar[int] = 403
    budget_s: ClassVar[float] = 7.0  # Plivo waits eight seconds; one is left for the way

    def __init__(self, app: str, config: Mapping[str, str], ports: DoorPorts) -> None:
        super().__init__(app, config, ports)
        if not self.settings.public_url and not self.settings.development:
            raise DoorShut("sms: Plivo signs the public address of NEXUS; set NEXUS_PUBLIC_URL")
        self._account, self._token = config["plivo_auth_id"], config["plivo_auth_token"]
        self._addresses = Addresses(self.settings)
        self._base = config.get("plivo_api_base", API).rstrip("/")
        self._api = Api(self.title, _said)

    def authenticate(self, wire: Wire) -> None:
        """As Carrier.authenticate."""
        check_signature(wire, self._addresses.of(wire), self._token.encode())

    def read(self, wire: Wire) -> Inbound | Receipt:
        """As Carrier.read."""
        return content_of(form.decode(wire.body, MAX_FIELDS), wire.target, self.settings.help_text)

    def render(self, request: Request, turn: Turn) -> WireReply:
        """As ChannelAdapter.render. XML has no pictures: an answer with one goes through the API as a whole, in its order."""
        letters = self._letters(request, turn)
        return answer(() if _has_pictures(letters) else letters, callback_url(self.app, self.place, self.settings))

    def outgoing(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        """As ChannelAdapter.outgoing: what `render` cannot carry."""
        if turn.reply is None or not has_pictures(turn.reply):
            return ()
        letters = self._letters(request, turn)
        return tuple(Outgoing(one.content(), self.place) for one in letters) if _has_pictures(letters) else ()

    async def send(self, letter: Letter, reference: str) -> Delivered:
        """As Carrier.send: https://docs.plivo.com/docs/messaging/api/message/send-a-message"""
        url = f"{self._base}/v1/Account/{quote(self._account, safe='')}/Message/"
        return await self._api.send(url, json=self.message(letter, reference), auth=(self._account, self._token))

    def _letters(self, request: Request, turn: Turn) -> tuple[Letter, ...]:
        theirs, ours = request.native["from"], request.native["to"]
        return tuple(Letter(theirs, one.text, one.media, ours) for one in self.messages(request, turn))

    def message(self, letter: Letter, reference: str) -> dict[str, Any]:
        """The body of the request that sends `letter`. Raises DeliveryFailed where there is no number to send from."""
        sender = self.sender_of(letter)
        message: dict[str, Any] = {
            "src": sender.removeprefix("+"),
            "dst": letter.recipient.removeprefix("+"),
            "text": letter.text,
            "type": "mms" if letter.media else "sms",
        }
        if letter.media:
            message["media_urls"] = list(letter.media)
        status = callback_url(self.app, self.place, self.settings)
        return message | ({"url": with_reference(status, reference), "method": "POST"} if status else {})


def _said(answer: ApiAnswer) -> Said:
    """The id of the message. Errors have words and no code; who opted out is told by the receipt."""
    uuids = answer.body.get("message_uuid")
    return Said(uuids[0] if isinstance(uuids, list) and uuids else None)


def _has_pictures(letters: tuple[Letter, ...]) -> bool:
    return any(letter.media for letter in letters)
