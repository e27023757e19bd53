"""Vonage: signed webhooks in, the Messages API out.

https://developer.vonage.com/en/messages/overview
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from channels.sms.api import Api, ApiAnswer, Said
from channels.sms.carrier import ALL_KEYWORDS, Carrier
from channels.sms.keywords import Meaning
from channels.sms.message import Inbound, Letter
from channels.sms.public_url import callback_url
from channels.sms.vonage.fields import fields_of
from channels.sms.vonage.payload import OPTED_OUT, Keywords, code_of, content_of, content_of_fields
from channels.sms.vonage.signature import METHODS, Method, check_fields, check_token
from shared.advice import how_to_set
from shared.channel import Delivered, Receipt, Wire
from shared.errors import DoorShut, SignatureInvalid
from shared.ports import DoorPorts

API = "https://api.nexmo.com"
MAX_TEXT = 3_000  # 3,200 of a message of its own, 3,000 of a picture's caption
TOKEN_S = 900


class Vonage(Carrier):
    """`/channels/sms/vonage`: messages and their fate, of one account and, where it is set, one application."""

    place: ClassVar[str] = "vonage"
    places: ClassVar[frozenset[str]] = frozenset({place})
    title: ClassVar[str] = "Vonage"
    required: ClassVar[tuple[str, ...]] = ("vonage_api_key", "vonage_signature_secret")
    answers_in_reply: ClassVar[bool] = False
    max_characters: ClassVar[int] = MAX_TEXT
    max_media: ClassVar[int] = 1
    unauthenticated: ClassVar[int] = 401
    budget_s: ClassVar[float] = 12.0  # Vonage waits fifteen seconds (support article 226572227)

    def __init__(self, app: str, config: Mapping[str, str], ports: DoorPorts) -> None:
        super().__init__(app, config, ports)
        self._api_key, self._secret = config["vonage_api_key"], config["vonage_signature_secret"].encode()
        self._method: Method = _method(config.get("vonage_signature_method", "sha256"))
        self._application = config.get("vonage_application_id", "")
        self._api_secret = config.get("vonage_api_secret", "")
        self._private_key = _private_key(config.get("vonage_private_key", "")) if self._application else None
        if not (self._api_secret or self._private_key):
            how = how_to_set(app, "sms", "vonage_api_secret=…", "NEXUS_VONAGE_API_SECRET")
            raise DoorShut(
                f"sms: Vonage needs vonage_api_secret, or vonage_application_id with vonage_private_key, to send; {how}"
            )
        self._base = config.get("vonage_api_base", API).rstrip("/")
        self._api = Api(self.title, _answered)

    @property
    def own_keywords(self) -> frozenset[Meaning]:
        """None, unless Opt-Out Assist is on for the account."""
        return ALL_KEYWORDS if self.config.get("vonage_answers_keywords", "").lower() == "yes" else frozenset()

    def authenticate(self, wire: Wire) -> None:
        """As Carrier.authenticate: by the token where there is one, else by the signature among the fields."""
        now = self.ports.clock.now()
        token = wire.header("authorization")
        if token is None:
            check_fields(fields_of(wire), self._secret, self._method, now)
            return
        scheme, _, token = token.partition(" ")
        if scheme.lower() != "bearer":
            raise SignatureInvalid("sms: Vonage's token is a bearer token")
        check_token(token.strip(), wire.body, self._secret, self._api_key, self._application, now)

    def read(self, wire: Wire) -> Inbound | Receipt:
        """As Carrier.read."""
        keywords = Keywords(self.own_keywords, self.settings.help_text)
        if wire.header("authorization") is not None:
            return content_of(wire.body, keywords)
        fields = fields_of(wire)
        if fields.get("api-key", self._api_key) != self._api_key:
            raise SignatureInvalid("sms: the message is for another Vonage account")
        return content_of_fields(fields, keywords)

    async def send(self, letter: Letter, reference: str) -> Delivered:
        """As Carrier.send: https://developer.vonage.com/en/api/messages-olympus#SendMessage"""
        return await self._api.send(
            f"{self._base}/v1/messages",
            json=self.message(letter, reference),
            auth=self._auth(),
            headers=self._headers(),
        )

    def message(self, letter: Letter, reference: str) -> dict[str, Any]:
        """The body of the request that sends `letter`. Raises DeliveryFailed where there is no number to send from."""
        sender = self.sender_of(letter)
        message: dict[str, Any] = {
            "to": letter.recipient.removeprefix("+"),
            "from": sender.removeprefix("+"),
            "client_ref": reference,
            **_said(letter),
        }
        status = callback_url(self.app, self.place, self.settings)
        return message | ({"webhook_url": status, "webhook_version": "v1"} if status else {})

    def _auth(self) -> tuple[str, str] | None:
        return None if self._private_key else (self._api_key, self._api_secret)

    def _headers(self) -> dict[str, str]:
        """The application's own token, signed now; nothing where key and secret are used."""
        if self._private_key is None:
            return {}
        now = int(self.ports.clock.now())
        claims = {"application_id": self._application, "iat": now, "exp": now + TOKEN_S, "jti": self.ports.ids.new()}
        return {"authorization": f"Bearer {jwt.encode(claims, self._private_key, 'RS256')}"}


def _answered(answer: ApiAnswer) -> Said:
    code = code_of(str(answer.body.get("type", "")), "")
    return Said(answer.body.get("message_uuid"), code, opted_out=code in OPTED_OUT)


def _said(letter: Letter) -> dict[str, Any]:
    """The words and pictures: a text, a picture with its caption, or several pictures, the first with the caption."""
    if not letter.media:
        return {"channel": "sms", "message_type": "text", "text": letter.text}
    images = [{"url": url} for url in letter.media]
    if letter.text:
        images[0]["caption"] = letter.text
    if len(images) == 1:
        return {"channel": "mms", "message_type": "image", "image": images[0]}
    return {"channel": "mms", "message_type": "content", "content": [{"type": "image", **image} for image in images]}


def _method(text: str) -> Method:
    for method in METHODS:
        if method == text.strip().lower():
            return method
    raise DoorShut(f"sms: the setting vonage_signature_method must be one of: {', '.join(METHODS)}")


def _private_key(pem: str) -> RSAPrivateKey | None:
    r"""The application's key, whose lines may be joined by "\n"; None where there is none. Raises DoorShut."""
    if not pem:
        return None
    try:
        key = load_pem_private_key(pem.replace("\\n", "\n").encode(), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise DoorShut("sms: the setting vonage_private_key is not the PEM text of an RSA key")
    return key
