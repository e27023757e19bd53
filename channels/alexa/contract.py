"""What the contract of channels must know of Alexa: envelopes as Amazon sends them, signed, and what it refuses in an answer."""

import base64
import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from channels.alexa.adapter import AlexaAdapter
from channels.alexa.credentials import AlexaCredentials, make_credentials
from channels.alexa.rules import complaints
from shared.channel import ChannelAdapter, Wire, WireReply
from shared.ports import DoorPorts
from shared.testing.adapter_contract import NOW, AdapterContract, Said

Header = tuple[bytes, bytes]


class AlexaContract(AdapterContract):
    """The contract over the Alexa door. `key_sources` must check real chains of certificates."""

    setting = "NEXUS_ALEXA_SKILL_ID"

    def open(self, ports: DoorPorts) -> ChannelAdapter:
        """As AdapterHooks.open."""
        return AlexaAdapter.open(self.app, _credentials("ours").config(), ports)

    def open_bare(self, ports: DoorPorts) -> ChannelAdapter:
        """As AdapterHooks.open_bare."""
        return AlexaAdapter.open("default", _credentials("ours").config() | {"skill_id": ""}, ports)

    def body(self, said: Said) -> bytes:
        """As AdapterHooks.body: free speech, as it comes from a device."""
        slots = {"utterance": {"name": "utterance", "value": said.text, "confirmationStatus": "NONE", "source": "USER"}}
        return self.envelope(said, {"type": "IntentRequest", "intent": {"name": "CatchAllIntent", "slots": slots}})

    def sign(self, body: bytes, said: Said) -> Wire:
        """As AdapterHooks.sign."""
        return Wire("POST", "/channels/alexa", _signed(body, _credentials("ours")), body)

    def forged(self, wire: Wire) -> Sequence[Wire]:
        """As AdapterHooks.forged: another's key, another's chain, the old signature alone, headers that are not what they say."""
        good = dict(wire.headers)
        variants: list[Mapping[bytes, bytes]] = [
            dict(_signed(wire.body, _credentials("others"))),
            _without(good, b"signature-256") | {b"signature": good[b"signature-256"]},
            _without(good, b"signaturecertchainurl"),
            good | {b"signature-256": b"AAAA" + good[b"signature-256"][4:]},
            good | {b"signature-256": good[b"signature-256"] + b"\n"},
            good | {b"signature-256": b"\xff\x00"},
            good | {b"signature-256": b"A" * 100_000},
            good | {b"signaturecertchainurl": b"https://s3.amazonaws.com/echo.api/nobody.pem"},
            good | {b"signaturecertchainurl": b"http://s3.amazonaws.com/echo.api/" + b"x" * 10_000},
        ]
        return [Wire(wire.method, wire.target, tuple(variant.items()), wire.body) for variant in variants]

    def stale(self) -> Sequence[Wire]:
        """As AdapterHooks.stale: a second outside of the 150, and far away."""
        said = [Said(at=NOW + seconds) for seconds in (-151, 151, -1_000_000, 10_000_000_000)]
        return [self.sign(self.body(one), one) for one in said]

    def strange(self, said: Said) -> Sequence[bytes]:
        """As AdapterHooks.strange: types and intents that nobody knows."""
        requests: list[dict[str, Any]] = [
            {"type": "Alexa.Future.Thing", "intent": "not an intent", "token": {"a": 1}, "arguments": 7},
            {
                "type": "IntentRequest",
                "intent": {"name": "NobodyKnowsIntent", "slots": {"x": {"name": "x", "new": {}}}},
            },
            {"type": "LaunchRequest", "zz": [{}]},
        ]
        return [*super().strange(said), *(self.envelope(said, request) for request in requests)]

    def complaints(self, wire: Wire, reply: WireReply) -> Sequence[str]:
        """As AdapterHooks.complaints, by the rules of Amazon's response reference."""
        if reply.status != 200:
            return [f"HTTP {reply.status}"]
        if not dict(reply.headers).get(b"content-type", b"").startswith(b"application/json"):
            return ["the answer is not declared as JSON"]
        return complaints(msgspec.json.decode(wire.body), reply.body)

    def envelope(self, said: Said, request: Mapping[str, Any]) -> bytes:
        """The whole body around `request`, in a session of `said.user`."""
        application = {"applicationId": _credentials("ours").skill_id}
        user = {"userId": f"amzn1.ask.account.{said.user}"}
        stamp = datetime.fromtimestamp(said.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        own = {"requestId": f"amzn1.echo-api.request.{said.message_id}", "timestamp": stamp, "locale": "en-US"}
        device = {"deviceId": "amzn1.ask.device.CONTRACT", "supportedInterfaces": {"AudioPlayer": {}}}
        system = {
            "application": application,
            "user": user,
            "device": device,
            "apiEndpoint": "https://api.amazonalexa.com",
        }
        session = {
            "new": False,
            "sessionId": f"amzn1.echo-api.session.{said.user}",
            "application": application,
            "user": user,
        }
        envelope = {"version": "1.0", "session": session, "context": {"System": system}, "request": own | dict(request)}
        return json.dumps(envelope).encode()


def _signed(body: bytes, credentials: AlexaCredentials) -> tuple[Header, ...]:
    """The headers with which Amazon, or somebody who has a key as good, would send `body`."""
    signature = base64.b64encode(credentials.key.sign(body, PKCS1v15(), SHA256()))
    return (
        (b"content-type", b"application/json; charset=utf-8"),
        (b"signaturecertchainurl", credentials.chain_url.encode()),
        (b"signature-256", signature),
    )


def _without(headers: Mapping[bytes, bytes], name: bytes) -> dict[bytes, bytes]:
    return {key: value for key, value in headers.items() if key != name}


@cache
def _credentials(whose: str) -> AlexaCredentials:
    """Credentials made once a process: the door of the contract believes "ours", nobody believes "others"."""
    return make_credentials(Path(_folder(whose).name), NOW)


@cache
def _folder(whose: str) -> "tempfile.TemporaryDirectory[str]":
    """A folder that is removed when the process ends."""
    return tempfile.TemporaryDirectory(prefix=f"nexus-alexa-{whose}-")
