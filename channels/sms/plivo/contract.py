"""What the contract of channels must know of Plivo: its signed forms, of both versions, and what it refuses in an answer."""

import base64
import hmac
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import ClassVar
from urllib.parse import parse_qsl, quote_plus

from channels.sms.carrier_contract import BASE, CarrierContract, Headers, number_of, without
from channels.sms.message import letter_of
from channels.sms.plivo.carrier import Plivo
from channels.sms.twins.plivo_api import wrong
from channels.sms.twins.plivo_rules import complaints
from shared.channel import Wire, WireReply
from shared.ports import Outgoing
from shared.testing.adapter_contract import Said
from shared.testing.platforms import Answer

TOKEN, OLD_TOKEN = "NzhjYjk0YzM0ZDFhYTk5ZmUyNTU0NzNlMDU3Zjc5", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNk"
NUMBER = "15005550010"
NONCE = "05429567804466091622"


class PlivoContract(CarrierContract):
    """The contract over webhooks signed by version 2, as those about messages are: the signature covers the address only."""

    setting = "NEXUS_PLIVO_AUTH_ID"
    place = "plivo"
    config: ClassVar[Mapping[str, str]] = {"plivo_auth_id": "MAMTYYNTG4MTQ2ZTK1ND", "plivo_auth_token": TOKEN}
    signs_body: ClassVar[bool] = False
    version: ClassVar[str] = "v2"

    def body(self, said: Said) -> bytes:
        """As AdapterHooks.body. What is needed and what is looked at stands behind."""
        fields = {
            "Units": "1",
            "Text": said.text,
            "To": NUMBER,
            "From": number_of(said.user).removeprefix("+"),
            "TotalRate": "0",
            "TotalAmount": "0",
            "MessageUUID": said.message_id,
            "MessageIntent": "",
            "PowerpackUUID": "",
            "Type": "sms",
        }
        return "&".join(
            f"{name}={quote_plus(value, errors='surrogatepass')}" for name, value in fields.items()
        ).encode()

    def sign(self, body: bytes, said: Said) -> Wire:
        """As AdapterHooks.sign."""
        return self.post(body, self._headers(self._signature(BASE + self.path, body, TOKEN)))

    def forged(self, wire: Wire) -> Sequence[Wire]:
        """As AdapterHooks.forged: another's token, other addresses, another nonce or none, signatures that are none."""
        good = self._headers(self._signature(BASE + self.path, wire.body, TOKEN))
        name, nonce = f"x-plivo-signature-{self.version}".encode(), f"x-plivo-signature-{self.version}-nonce".encode()
        signatures = [
            self._signature(BASE + self.path, wire.body, "another token"),
            self._signature("https://another.example" + self.path, wire.body, TOKEN),
            self._signature(BASE + "/channels/sms/other", wire.body, TOKEN),
            b"",
            b",,,",
            b"AAAA" + good[name][4:],
            good[name][:-1],
            b"\xff\x00",
            b"A" * 100_000,
        ]
        others: list[Headers] = [good | {nonce: b"1"}, good | {nonce: b""}, without(good, nonce), without(good, name)]
        return self.posts(wire.body, [*map(self._headers, signatures), *others])

    def stale(self) -> Sequence[Wire]:
        """As AdapterHooks.stale: a token that was replaced."""
        body = self.body(Said())
        return [self.post(body, self._headers(self._signature(BASE + self.path, body, OLD_TOKEN)))]

    def strange(self, said: Said) -> Sequence[bytes]:
        """As AdapterHooks.strange."""
        good = self.body(said)
        return [
            good + b"&ZzUnknown=1&Zz%5B%5D=2",
            good + b"&MessageIntent=snooze&Media0=x&MediaCount=many",
            good + b"&Status=new",
        ]

    def twice(self, first: Said, last: Said) -> bytes:
        """As AdapterHooks.twice."""
        return b"Text=" + quote_plus(first.text).encode() + b"&" + self.body(last)

    def complaints(self, wire: Wire, reply: WireReply) -> Sequence[str]:
        """As AdapterHooks.complaints, by the rules of Plivo's XML."""
        headers = {name.decode(): value.decode() for name, value in reply.headers}
        return complaints(Answer(reply.status, headers, reply.body))

    @cached_property
    def _sender(self) -> Plivo:
        """The carrier, as what makes requests to its API."""
        return Plivo.open(self.app, {"public_url": BASE, **self.config}, self.ports())

    def objections(self, outgoing: Outgoing) -> Sequence[str]:
        """As AdapterHooks.objections, by the rules of its API."""
        return list(wrong(self._sender.message(letter_of(outgoing.content), "reference-1")))

    def _headers(self, signature: bytes) -> dict[bytes, bytes]:
        version = self.version.encode()
        return {
            b"content-type": b"application/x-www-form-urlencoded",
            b"x-plivo-signature-" + version: signature,
            b"x-plivo-signature-" + version + b"-nonce": NONCE.encode(),
        }

    def _signature(self, url: str, body: bytes, token: str) -> bytes:
        return _mac(token, url.encode() + NONCE.encode())


class PlivoV3Contract(PlivoContract):
    """The contract over webhooks signed by version 3, which covers the fields."""

    signs_body: ClassVar[bool] = True
    # The version is looked at by `authenticate` only: what goes out is made by the code that version 2 tries in full.
    reply_examples: ClassVar[int | None] = 200
    version: ClassVar[str] = "v3"

    def _signature(self, url: str, body: bytes, token: str) -> bytes:
        """As Plivo's page on version 3 describes it: address, `?`, the fields by name and value, `.`, the nonce."""
        fields = parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
        said = "".join(name + value for name, value in sorted(fields)).encode("latin-1")
        return _mac(token, url.encode() + (b"?" + said if said else b"") + b"." + NONCE.encode())


def _mac(token: str, text: bytes) -> bytes:
    return base64.b64encode(hmac.digest(token.encode(), text, "sha256"))
