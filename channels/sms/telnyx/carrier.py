"""Telnyx: signed webhooks in, its API out.

https://developers.telnyx.com/docs/messaging
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from channels.sms.api import AGAIN_S, Api, ApiAnswer, Said
from channels.sms.carrier import Carrier
from channels.sms.message import Inbound, Letter
from channels.sms.public_url import callback_url
from channels.sms.reference import with_reference
from channels.sms.telnyx.payload import OPTED_OUT, codes_of, content_of
from channels.sms.telnyx.signature import check_signature, public_key
from shared.channel import Delivered, Receipt, Wire
from shared.ports import DoorPorts

API = "https://api.telnyx.com"


class Telnyx(Carrier):
    """`/channels/sms/telnyx`: events of one account's messaging profiles.

    Telnyx waits two seconds and reads nothing but the status, so the answer is an empty 200 as soon as the turn is committed,
    and the words go by the API afterwards. A turn that is not decided within four fifths of that time ends as failed, with words
    that say so; it is committed and acknowledged too. If even that is late, Telnyx sends the event again, under the same id.
    """

    place: ClassVar[str] = "telnyx"
    places: ClassVar[frozenset[str]] = frozenset({place})
    title: ClassVar[str] = "Telnyx"
    required: ClassVar[tuple[str, ...]] = ("telnyx_api_key", "telnyx_public_key")
    answers_in_reply: ClassVar[bool] = False
    max_characters: ClassVar[int] = 1_530  # ten parts
    max_media: ClassVar[int] = 10
    unauthenticated: ClassVar[int] = 403
    budget_s: ClassVar[float] = 1.6

    def __init__(self, app: str, config: Mapping[str, str], ports: DoorPorts) -> None:
        super().__init__(app, config, ports)
        self._key = public_key(config["telnyx_public_key"].strip())
        self._token = config["telnyx_api_key"]
        self._base = config.get("telnyx_api_base", API).rstrip("/")
        self._failover = config.get("telnyx_failover_url", "")
        self._api = Api(self.title, _said)

    def authenticate(self, wire: Wire) -> None:
        """As Carrier.authenticate."""
        check_signature(wire, self._key, self.ports.clock.now())

    def read(self, wire: Wire) -> Inbound | Receipt:
        """As Carrier.read."""
        return content_of(wire.body, self.settings.help_text)

    async def send(self, letter: Letter, reference: str) -> Delivered:
        """As Carrier.send: https://developers.telnyx.com/api-reference/messages/send-a-message

        A repeated attempt carries the same Idempotency-Key.
        """
        headers = {"authorization": f"Bearer {self._token}", "idempotency-key": reference}
        return await self._api.send(f"{self._base}/v2/messages", json=self.message(letter, reference), headers=headers)

    def message(self, letter: Letter, reference: str) -> dict[str, Any]:
        """The body of the request that sends `letter`. Raises DeliveryFailed where there is no number to send from."""
        sender = self.sender_of(letter)
        message: dict[str, Any] = {"from": sender, "to": letter.recipient, "text": letter.text}
        if letter.media:
            message |= {"type": "MMS", "media_urls": list(letter.media)}
        status = callback_url(self.app, self.place, self.settings)
        if status:
            message["webhook_url"] = with_reference(status, reference)
        if status and self._failover:
            message["webhook_failover_url"] = with_reference(self._failover, reference)
        return message


def _said(answer: ApiAnswer) -> Said:
    """The id, or the codes of the errors. 409 without a block: a message under the same key is being worked on."""
    data, codes = answer.body.get("data"), codes_of(answer.body.get("errors"))
    return Said(
        data.get("id") if isinstance(data, dict) else None,
        codes[0] if codes else "",
        opted_out=OPTED_OUT in codes,
        again_s=AGAIN_S if answer.status == 409 else None,
    )
