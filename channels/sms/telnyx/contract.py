"""What the contract of channels must know of Telnyx: its events, signed, and what its API refuses."""

import base64
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import ClassVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from channels.sms.carrier_contract import BASE, CarrierContract, Headers, number_of, without
from channels.sms.message import letter_of
from channels.sms.telnyx.carrier import Telnyx
from channels.sms.twins.telnyx_api import wrong
from shared.channel import Wire
from shared.ports import Outgoing
from shared.testing.adapter_contract import NOW, Said

KEY, OTHER_KEY = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (7, 9))
NUMBER = "+15005550008"

_SIGNATURE, _STAMP = b"telnyx-signature-ed25519", b"telnyx-timestamp"


class TelnyxContract(CarrierContract):
    """The contract over Telnyx' events."""

    setting = "NEXUS_TELNYX_API_KEY"
    place = "telnyx"
    config: ClassVar[Mapping[str, str]] = {
        "telnyx_api_key": "KEY0123",
        "telnyx_public_key": base64.b64encode(KEY.public_key().public_bytes_raw()).decode(),
    }

    def body(self, said: Said) -> bytes:
        """As AdapterHooks.body."""
        payload = {
            "record_type": "message",
            "direction": "inbound",
            "id": "7ee4241c-f127-47e5-9c34-3aac291f8058",
            "type": "SMS",
            "from": {"phone_number": number_of(said.user), "carrier": "T-MOBILE USA, INC.", "line_type": "Wireless"},
            "to": [
                {"phone_number": NUMBER, "status": "webhook_delivered", "carrier": "TELNYX LLC", "line_type": "VoIP"}
            ],
            "text": said.text,
            "media": [],
            "errors": [],
        }
        data = {"record_type": "event", "id": said.message_id, "event_type": "message.received", "payload": payload}
        return json.dumps({"data": data, "meta": {"attempt": 1, "delivered_to": "https://nexus.example"}}).encode()

    def sign(self, body: bytes, said: Said) -> Wire:
        """As AdapterHooks.sign."""
        return self.post(body, _signed(body, KEY, said.at))

    def forged(self, wire: Wire) -> Sequence[Wire]:
        """As AdapterHooks.forged: another's key, another body's or time's signature, signatures that are none, none at all."""
        body, good = wire.body, _signed(wire.body, KEY, NOW)
        variants: list[Headers] = [
            _signed(body, OTHER_KEY, NOW),
            _signed(body + b" ", KEY, NOW),
            good | {_STAMP: f"{NOW + 1:.0f}".encode()},
            good | {_STAMP: f"{NOW:.0f}.0".encode()},
            good | {_STAMP: b"now"},
            good | {_STAMP: b"9" * 5_000},
            good | {_SIGNATURE: b"AAAA" + good[_SIGNATURE][4:]},
            good | {_SIGNATURE: good[_SIGNATURE] + b"\n"},
            good | {_SIGNATURE: b"AAAA"},
            good | {_SIGNATURE: b"\xff\x00"},
            good | {_SIGNATURE: b"A" * 100_000},
            without(good, _SIGNATURE),
            without(good, _STAMP),
        ]
        return self.posts(body, variants)

    def stale(self) -> Sequence[Wire]:
        """As AdapterHooks.stale."""
        body = self.body(Said())
        return self.posts(body, [_signed(body, KEY, NOW + seconds) for seconds in (-301, 301, -1e9, 1e10)])

    @cached_property
    def _sender(self) -> Telnyx:
        """The carrier, as what makes requests to its API."""
        return Telnyx.open(self.app, {"public_url": BASE, **self.config}, self.ports())

    def objections(self, outgoing: Outgoing) -> Sequence[str]:
        """As AdapterHooks.objections, by the rules of its API."""
        return [complaint for _, complaint in wrong(self._sender.message(letter_of(outgoing.content), "reference-1"))]


def _signed(body: bytes, key: Ed25519PrivateKey, at: float) -> dict[bytes, bytes]:
    stamp = f"{at:.0f}".encode()
    signature = base64.b64encode(key.sign(stamp + b"|" + body))
    return {b"content-type": b"application/json", _STAMP: stamp, _SIGNATURE: signature}
