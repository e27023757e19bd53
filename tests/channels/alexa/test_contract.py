"""The Alexa door holds what every door must hold."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from channels.alexa.adapter import AlexaAdapter
from channels.alexa.credentials import AlexaCredentials
from channels.alexa.twin import AlexaTwin
from infra.keysource import key_source
from shared.channel import ChannelAdapter, Wire
from shared.ports import DoorPorts
from shared.testing.adapter_contract import NOW, AdapterContract, Said
from shared.testing.fakes import FakeClock, door_ports
from tests.channels.alexa.conftest import wire_of


@pytest.mark.fuzz
class TestAlexa(AdapterContract):
    setting = "NEXUS_ALEXA_SKILL_ID"

    @pytest.fixture(autouse=True)
    def _credentials(self, credentials: AlexaCredentials, others: AlexaCredentials) -> None:
        self.credentials, self.others = credentials, others
        self.keys = key_source("alexa", credentials.config(), FakeClock(NOW))

    def ports(self) -> DoorPorts:
        return door_ports(FakeClock(NOW), keys=self.keys)

    def open(self, ports: DoorPorts) -> ChannelAdapter:
        return AlexaAdapter.open(self.app, self.credentials.config(), ports)

    def open_bare(self, ports: DoorPorts) -> ChannelAdapter:
        return AlexaAdapter.open(self.app, self.credentials.config() | {"skill_id": ""}, ports)

    def body(self, said: Said) -> bytes:
        slots = {"utterance": {"name": "utterance", "value": "WORDS"}}
        intent = {"name": "CatchAllIntent", "confirmationStatus": "NONE", "slots": slots}
        body = msgspec.json.encode(self._twin(said).envelope({"type": "IntentRequest", "intent": intent}))
        return body.replace(b'"WORDS"', json.dumps(said.text).encode())

    def sign(self, body: bytes, said: Said) -> Wire:
        return wire_of(self._twin(said), body)

    def forged(self, wire: Wire) -> Sequence[Wire]:
        other = AlexaTwin(self.others, "http://nexus.test")
        headers = dict(wire.headers)
        variants = [
            dict(wire_of(other, wire.body).headers),
            {name: value for name, value in headers.items() if name != b"signature-256"}
            | {b"signature": headers[b"signature-256"]},
            {name: value for name, value in headers.items() if name != b"signaturecertchainurl"},
            headers | {b"signature-256": b"AAAA" + headers[b"signature-256"][4:]},
            headers | {b"signature-256": headers[b"signature-256"] + b"\n"},
            headers | {b"signature-256": b"\xff\x00"},
            headers | {b"signature-256": b"A" * 100_000},
            headers | {b"signaturecertchainurl": b"https://s3.amazonaws.com/echo.api/nobody.pem"},
            headers | {b"signaturecertchainurl": b"http://s3.amazonaws.com/echo.api/" + b"x" * 10_000},
        ]
        return [Wire(wire.method, wire.target, tuple(variant.items()), wire.body) for variant in variants]

    def stale(self) -> Sequence[Wire]:
        said = [Said(at=NOW + seconds) for seconds in (-151, 151, -1_000_000, 10_000_000_000)]
        return [self.sign(self.body(one), one) for one in said]

    def strange(self, said: Said) -> Sequence[bytes]:
        twin = self._twin(said)
        requests: list[dict[str, Any]] = [
            {"type": "Alexa.Future.Thing", "intent": "not an intent", "token": {"a": 1}, "arguments": 7},
            {
                "type": "IntentRequest",
                "intent": {"name": "NobodyKnowsIntent", "slots": {"x": {"name": "x", "new": {}}}},
            },
            {"type": "LaunchRequest", "zz": [{}]},
        ]
        return [*super().strange(said), *(msgspec.json.encode(twin.envelope(request)) for request in requests)]

    def _twin(self, said: Said) -> AlexaTwin:
        user = f"amzn1.ask.account.{said.user}"
        twin = AlexaTwin(
            self.credentials, "http://nexus.test", user=user, now=lambda: said.at, new_id=lambda: said.message_id
        )
        twin.session = "amzn1.echo-api.session.contract"
        return twin
