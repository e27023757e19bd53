"""Twilio: signed webhooks in, TwiML out; its REST API for what answers nothing.

https://www.twilio.com/docs/messaging
"""

from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import quote

from channels.sms.api import Api, ApiAnswer, Said
from channels.sms.carrier import ALL_KEYWORDS, Carrier
from channels.sms.keywords import Meaning
from channels.sms.message import Inbound, Letter, Outbound
from channels.sms.public_url import Addresses, callback_url
from channels.sms.reference import with_reference
from channels.sms.twilio.payload import OPTED_OUT, code_of, content_of, fields_of
from channels.sms.twilio.signature import check_signature
from channels.sms.twilio.twiml import twiml
from shared.channel import Delivered, Receipt, Wire, WireReply
from shared.errors import DoorShut, SignatureInvalid
from shared.ports import DoorPorts

API = "https://api.twilio.com"


class Twilio(Carrier):
    """`/channels/sms/twilio`: incoming messages and status callbacks of one account."""

    place: ClassVar[str] = "twilio"
    title: ClassVar[str] = "Twilio"
    required: ClassVar[tuple[str, ...]] = ("twilio_account_sid", "twilio_auth_token")
    answers_in_reply: ClassVar[bool] = True
    max_media: ClassVar[int] = 10
    unauthenticated: ClassVar[int] = 403
    budget_s: ClassVar[float] = 14.0  # Twilio waits fifteen seconds; one is left for the way

    def __init__(self, app: str, config: Mapping[str, str], ports: DoorPorts) -> None:
        super().__init__(app, config, ports)
        if not self.settings.public_url and not self.settings.development:
            raise DoorShut("sms: Twilio signs the public address of NEXUS; set NEXUS_PUBLIC_URL")
        self._account = config["twilio_account_sid"]
        self._token = config["twilio_auth_token"]
        self._addresses = Addresses(self.settings)
        self._base = config.get("twilio_api_base", API).rstrip("/")
        self._api = Api(self.title, _said)

    @property
    def own_keywords(self) -> frozenset[Meaning]:
        """Twilio replies to all of them, unless its opt-out handling is off for the account."""
        return frozenset() if self.config.get("twilio_answers_keywords", "").lower() == "no" else ALL_KEYWORDS

    def authenticate(self, wire: Wire) -> None:
        """As Carrier.authenticate: the URL that counts is the public one, as Twilio called it."""
        check_signature(wire, self._addresses.of(wire), self._token.encode())

    def read(self, wire: Wire) -> Inbound | Receipt:
        """As Carrier.read. Raises SignatureInvalid where the message is one of another account."""
        fields = fields_of(wire)
        if fields.get("AccountSid", self._account) != self._account:
            raise SignatureInvalid("sms: the message is for another Twilio account")
        return content_of(fields, wire.target)

    def answered(self, messages: tuple[Outbound, ...]) -> WireReply:
        """As Carrier.answered."""
        return twiml(messages)

    async def send(self, letter: Letter, reference: str) -> Delivered:
        """As Carrier.send: https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource"""
        url = f"{self._base}/2010-04-01/Accounts/{quote(self._account, safe='')}/Messages.json"
        return await self._api.send(url, form=self._form(letter, reference), auth=(self._account, self._token))

    def _form(self, letter: Letter, reference: str) -> list[tuple[str, str]]:
        sender = self.sender_of(letter)
        form = [("To", letter.recipient), ("MessagingServiceSid" if sender.startswith("MG") else "From", sender)]
        form += [("Body", letter.text)] if letter.text else []
        form += [("MediaUrl", url) for url in letter.media]
        status = callback_url(self.app, self.place, self.settings)
        return form + ([("StatusCallback", with_reference(status, reference))] if status else [])


def _said(answer: ApiAnswer) -> Said:
    code = code_of(answer.body.get("code"))
    return Said(answer.body.get("sid"), code, opted_out=code == OPTED_OUT)
