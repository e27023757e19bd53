"""What the contract of channels must know of Vonage's Messages API: its webhooks with their tokens, and what it refuses."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from channels.sms.carrier_contract import BASE, CarrierContract, number_of
from channels.sms.message import letter_of
from channels.sms.twins.vonage import token
from channels.sms.twins.vonage_api import wrong
from channels.sms.vonage.carrier import Vonage
from shared.channel import Wire
from shared.ports import Outgoing
from shared.testing.adapter_contract import NOW, Said

SECRET, OLD_SECRET = "UQzl0ezl8AdRtDXJl7vTCKzdL2Q7f9ov", "0dUoAoGbyFb8ZWOUfaL2dUoAoGbyFb8Z"
NUMBER = "15005550007"


class VonageContract(CarrierContract):
    """The contract over the Messages API."""

    setting = "NEXUS_VONAGE_API_KEY"
    place = "vonage"
    config: ClassVar[Mapping[str, str]] = {
        "vonage_api_key": "a1b2c3d4",
        "vonage_api_secret": "c0ffee",
        "vonage_signature_secret": SECRET,
        "vonage_application_id": "11111111-2222-4333-8444-555555555555",
    }

    def body(self, said: Said) -> bytes:
        """As AdapterHooks.body."""
        return json.dumps(
            {
                "channel": "sms",
                "message_uuid": said.message_id,
                "to": NUMBER,
                "from": number_of(said.user).removeprefix("+"),
                "timestamp": "2027-01-15T08:00:00Z",
                "text": said.text,
                "message_type": "text",
                "usage": {"currency": "EUR", "price": "0.0057"},
                "sms": {"num_messages": "1"},
            }
        ).encode()

    def sign(self, body: bytes, said: Said) -> Wire:
        """As AdapterHooks.sign."""
        return self._with(body, self._claims(body, at=said.at), SECRET)

    def forged(self, wire: Wire) -> Sequence[Wire]:
        """As AdapterHooks.forged: others' secrets, accounts and applications, other bodies, tokens that are none, none at all."""
        body, good = wire.body, dict(wire.headers)[b"authorization"]
        other = [
            self._claims(body + b" "),
            self._claims(body) | {"api_key": "another"},
            self._claims(body) | {"application_id": "another"},
            {name: value for name, value in self._claims(body).items() if name != "payload_hash"},
            {name: value for name, value in self._claims(body).items() if name != "iat"},
            self._claims(body) | {"iat": "now"},
            self._claims(body) | {"exp": NOW - 1_000},
        ]
        head, claims, mac = good.removeprefix(b"Bearer ").split(b".")
        none = b"eyJhbGciOiJub25lIn0"
        texts = [
            good + b"A",
            good[:-1],
            b"Bearer " + none + b"." + claims + b".",
            b"Bearer " + claims + b"." + head + b"." + mac,
        ]
        texts += [b"Basic YTpi", b"Bearer ", b"Bearer \xff\x00", b"Bearer " + b"A" * 100_000, b"bearer a.b.c"]
        return [
            self._with(body, self._claims(body), "another secret of the same length"),
            *(self._with(body, claims, SECRET) for claims in other),
            *(self.post(body, {b"content-type": b"application/json", b"authorization": text}) for text in texts),
            self.post(body, {b"content-type": b"application/x-www-form-urlencoded"}),
        ]

    def stale(self) -> Sequence[Wire]:
        """As AdapterHooks.stale: older than Vonage tries, from the future, a secret that was replaced."""
        body = self.body(Said())
        times = [
            self._with(body, self._claims(body, at=NOW + seconds), SECRET) for seconds in (-26 * 3600, 301, -1e9, 1e12)
        ]
        return [*times, self._with(body, self._claims(body), OLD_SECRET)]

    @cached_property
    def _sender(self) -> Vonage:
        """The carrier, as what makes requests to its API."""
        return Vonage.open(self.app, {"public_url": BASE, **self.config}, self.ports())

    def objections(self, outgoing: Outgoing) -> Sequence[str]:
        """As AdapterHooks.objections, by the rules of the Messages API."""
        return list(wrong(self._sender.message(letter_of(outgoing.content), "reference-1")))

    def _claims(self, body: bytes, at: float = NOW) -> dict[str, Any]:
        return {
            "iss": "Vonage",
            "iat": at,
            "jti": "c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5",
            "payload_hash": hashlib.sha256(body).hexdigest(),
            "api_key": self.config["vonage_api_key"],
            "application_id": self.config["vonage_application_id"],
        }

    def _with(self, body: bytes, claims: Mapping[str, Any], secret: str) -> Wire:
        headers = {b"content-type": b"application/json", b"authorization": b"Bearer " + token(claims, secret).encode()}
        return self.post(body, headers)
