"""Bandwidth: callbacks with a user and password in, its Messaging API out.

https://dev.bandwidth.com/docs/messaging
"""

import binascii
import hmac
import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from channels.sms.api import Api, ApiAnswer, Said
from channels.sms.bandwidth.payload import content_of
from channels.sms.carrier import Carrier
from channels.sms.message import Inbound, Letter
from shared.channel import Delivered, Receipt, Wire, WireReply
from shared.errors import NexusError, SignatureInvalid
from shared.ports import DoorPorts
from shared.turn import Request

API = "https://messaging.bandwidth.com"

_KIND = re.compile(r"[a-z-]{1,60}")
_CHALLENGE = (b"www-authenticate", b'Basic realm="nexus", charset="UTF-8"')


class Bandwidth(Carrier):
    """`/channels/sms/bandwidth`: messages and their fate, of one messaging application.

    Bandwidth does not sign. It presents the user and password that its application holds for callbacks once it is asked to by
    a 401 with a challenge (RFC 7235), so they must come by TLS.
    """

    place: ClassVar[str] = "bandwidth"
    places: ClassVar[frozenset[str]] = frozenset({place})
    title: ClassVar[str] = "Bandwidth"
    required: ClassVar[tuple[str, ...]] = (
        "bandwidth_account_id",
        "bandwidth_application_id",
        "bandwidth_api_user",
        "bandwidth_api_password",
        "bandwidth_callback_user",
        "bandwidth_callback_password",
    )
    answers_in_reply: ClassVar[bool] = False
    max_characters: ClassVar[int] = 2_048
    max_media: ClassVar[int] = 10
    unauthenticated: ClassVar[int] = 401
    budget_s: ClassVar[float] = 9.0  # Bandwidth waits ten seconds; one is left for the way

    def __init__(self, app: str, config: Mapping[str, str], ports: DoorPorts) -> None:
        super().__init__(app, config, ports)
        self._account, self._application = config["bandwidth_account_id"], config["bandwidth_application_id"]
        self._user = (config["bandwidth_api_user"], config["bandwidth_api_password"])
        self._caller = f"{config['bandwidth_callback_user']}:{config['bandwidth_callback_password']}".encode()
        self._base = config.get("bandwidth_api_base", API).rstrip("/")
        self._api = Api(self.title, _said)

    def authenticate(self, wire: Wire) -> None:
        """As Carrier.authenticate."""
        scheme, _, told = (wire.header("authorization") or "").partition(" ")
        if scheme.lower() != "basic":
            raise SignatureInvalid("sms: Bandwidth's callbacks need a user and password")
        try:
            caller = binascii.a2b_base64(told.strip().encode("latin-1"), strict_mode=True)
        except binascii.Error:
            raise SignatureInvalid("sms: the credentials are not base64") from None
        if not hmac.compare_digest(caller, self._caller):
            raise SignatureInvalid("sms: the user or password of the callback is not the one in the settings")

    def read(self, wire: Wire) -> Inbound | Receipt:
        """As Carrier.read."""
        return content_of(wire.body, self.settings.help_text)

    def render_error(self, error: NexusError, request: Request | None = None) -> WireReply:
        """As ChannelAdapter.render_error, with the challenge that Bandwidth waits for."""
        reply = super().render_error(error, request)
        if reply.status != 401:
            return reply
        others = tuple(header for header in reply.headers if header[0] != _CHALLENGE[0])
        return WireReply(reply.status, (*others, _CHALLENGE), reply.body)

    async def send(self, letter: Letter, reference: str) -> Delivered:
        """As Carrier.send: https://dev.bandwidth.com/docs/messaging/createMessage"""
        url = f"{self._base}/api/v2/users/{quote(self._account, safe='')}/messages"
        return await self._api.send(url, json=self.message(letter, reference), auth=self._user)

    def message(self, letter: Letter, reference: str) -> dict[str, Any]:
        """The body of the request that sends `letter`. Raises DeliveryFailed where there is no number to send from."""
        sender = self.sender_of(letter)
        message: dict[str, Any] = {
            "applicationId": self._application,
            "to": [letter.recipient],
            "from": sender,
            "text": letter.text,
            "tag": reference,
        }
        return message | ({"media": list(letter.media)} if letter.media else {})


def _said(answer: ApiAnswer) -> Said:
    """The id, or the kind of error; who opted out is told by the receipt."""
    kind = str(answer.body.get("type", ""))
    return Said(answer.body.get("id"), kind if _KIND.fullmatch(kind) else "")
