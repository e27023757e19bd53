"""What the contract of channels must know of Bandwidth: its callbacks, with user and password, and what its API refuses."""

import base64
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import ClassVar

from channels.sms.bandwidth.carrier import Bandwidth
from channels.sms.carrier_contract import BASE, CarrierContract, number_of
from channels.sms.message import letter_of
from channels.sms.twins.bandwidth_api import wrong
from shared.channel import Wire
from shared.ports import Outgoing
from shared.testing.adapter_contract import Said

NUMBER = "+15005550009"
APPLICATION = "93de2206-9669-4e07-948d-329f4b722ee2"
CALLER, OLD_CALLER = b"callback:c0ffee", b"callback:decaf"


class BandwidthContract(CarrierContract):
    """The contract over Bandwidth's callbacks. They are not signed: who knows user and password may say anything."""

    setting = "NEXUS_BANDWIDTH_ACCOUNT_ID"
    place = "bandwidth"
    signs_body: ClassVar[bool] = False
    config: ClassVar[Mapping[str, str]] = {
        "bandwidth_account_id": "9900000",
        "bandwidth_application_id": APPLICATION,
        "bandwidth_api_user": "api",
        "bandwidth_api_password": "secret",
        "bandwidth_callback_user": "callback",
        "bandwidth_callback_password": "c0ffee",
    }

    def body(self, said: Said) -> bytes:
        """As AdapterHooks.body."""
        message = {
            "id": said.message_id,
            "time": "2027-01-15T08:00:00.000Z",
            "to": [NUMBER],
            "from": number_of(said.user),
            "text": said.text,
            "applicationId": APPLICATION,
            "owner": NUMBER,
            "direction": "in",
            "segmentCount": 1,
        }
        callback = {"type": "message-received", "time": "2027-01-15T08:00:00.000Z", "to": NUMBER, "message": message}
        return json.dumps([callback | {"description": "Incoming message received"}]).encode()

    def sign(self, body: bytes, said: Said) -> Wire:
        """As AdapterHooks.sign."""
        return self._with(body, _basic(CALLER))

    def forged(self, wire: Wire) -> Sequence[Wire]:
        """As AdapterHooks.forged: others' credentials, parts of the right ones, ones that are none."""
        others = [
            b"callback:",
            b":c0ffee",
            b"callback",
            b"callback:c0ffee2",
            b"api:secret",
            b"c0ffee:callback",
            b"",
            b"\xff:\x00",
        ]
        texts = [
            *map(_basic, others),
            b"Basic",
            b"Basic !!!!",
            b"Bearer c0ffee",
            b"\xff\x00",
            b"Basic " + b"A" * 100_000,
        ]
        return [self._with(wire.body, text) for text in texts]

    def stale(self) -> Sequence[Wire]:
        """As AdapterHooks.stale: a password that was replaced."""
        return [self._with(self.body(Said()), _basic(OLD_CALLER))]

    def strange(self, said: Said) -> Sequence[bytes]:
        """As AdapterHooks.strange."""
        good = json.loads(self.body(said))[0]
        callbacks = [
            good | {"zz_unknown": {"a": [1, {"b": None}]}},
            good | {"message": good["message"] | {"media": ["x"], "zz": [None], "tag": None, "priority": "new"}},
        ]
        return [json.dumps([callback]).encode() for callback in callbacks]

    @cached_property
    def _sender(self) -> Bandwidth:
        """The carrier, as what makes requests to its API."""
        return Bandwidth.open(self.app, {"public_url": BASE, **self.config}, self.ports())

    def objections(self, outgoing: Outgoing) -> Sequence[str]:
        """As AdapterHooks.objections, by the rules of its API."""
        return list(wrong(self._sender.message(letter_of(outgoing.content), "reference-1"), APPLICATION))

    def _with(self, body: bytes, credentials: bytes) -> Wire:
        return self.post(body, {b"content-type": b"application/json; charset=utf-8", b"authorization": credentials})


def _basic(caller: bytes) -> bytes:
    return b"Basic " + base64.b64encode(caller)
