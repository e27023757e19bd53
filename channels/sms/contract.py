"""What the contract of channels must know of Twilio: forms and JSON as Twilio sends them, signed, and what it refuses."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar
from urllib.parse import parse_qsl, quote_plus

from channels.sms.adapter import SmsAdapter
from channels.sms.twins.twiml_rules import complaints
from shared.channel import ChannelAdapter, Wire, WireReply
from shared.ports import DoorPorts
from shared.testing.adapter_contract import AdapterContract, Said
from shared.testing.platforms import Answer

ACCOUNT = "AC00000000000000000000000000c0ffee"
TOKEN, OLD_TOKEN = "7f4c1d0e5a6b49388c2b1a0d9e8f7c6b", "0123456789abcdef0123456789abcdef"
BASE, PATH = "https://nexus.example", "/channels/sms/twilio"
NUMBER = "+15005550006"
FORM, JSON = b"application/x-www-form-urlencoded; charset=UTF-8", b"application/json"

CONFIG = {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN, "public_url": BASE}


class _TwilioContract(AdapterContract):
    """What both have in common."""

    setting = "NEXUS_TWILIO_ACCOUNT_SID"
    reprompts: ClassVar[bool] = False  # nobody notices that somebody does not text

    def open(self, ports: DoorPorts) -> ChannelAdapter:
        """As AdapterHooks.open."""
        return SmsAdapter.open(self.app, CONFIG, ports).at("twilio")

    def open_bare(self, ports: DoorPorts) -> ChannelAdapter:
        """As AdapterHooks.open_bare."""
        return SmsAdapter.open("default", {"public_url": BASE}, ports).at("twilio")

    def complaints(self, wire: Wire, reply: WireReply) -> Sequence[str]:
        """As AdapterHooks.complaints, by the rules of TwiML."""
        headers = {name.decode(): value.decode() for name, value in reply.headers}
        return complaints(Answer(reply.status, headers, reply.body))

    def fields(self, said: Said) -> dict[str, str]:
        """The fields of a message, in an order in which none that is needed comes first."""
        return {
            "ToCountry": "US",
            "ToState": "",
            "NumSegments": "1",
            "SmsStatus": "received",
            "Body": said.text,
            "To": NUMBER,
            "From": _number(said.user),
            "ApiVersion": "2010-04-01",
            "AccountSid": ACCOUNT,
            "MessageSid": f"SM{hashlib.md5(said.message_id.encode(), usedforsecurity=False).hexdigest()}",
            "NumMedia": "0",
        }


class TwilioFormContract(_TwilioContract):
    """The contract over forms, which is how messages come."""

    def body(self, said: Said) -> bytes:
        """As AdapterHooks.body. A form expresses a lone surrogate as the three bytes it would have in UTF-8."""
        return _form(self.fields(said))

    def sign(self, body: bytes, said: Said) -> Wire:
        """As AdapterHooks.sign."""
        return _wire(body, FORM, PATH, _signature(BASE + PATH, body, TOKEN))

    def forged(self, wire: Wire) -> Sequence[Wire]:
        """As AdapterHooks.forged: another's token, other URLs, signatures that are none, JSON in place of a form."""
        good = dict(wire.headers)[b"x-twilio-signature"]
        return [
            *_forged(wire, FORM, lambda url, token: _signature(url, wire.body, token), good),
            _wire(wire.body, JSON, wire.target, good),
            _wire(wire.body, JSON, f"{wire.target}?bodySHA256={hashlib.sha256(wire.body).hexdigest()}", good),
        ]

    def stale(self) -> Sequence[Wire]:
        """As AdapterHooks.stale: a token that was replaced."""
        body = self.body(Said())
        return [_wire(body, FORM, PATH, _signature(BASE + PATH, body, OLD_TOKEN))]

    def strange(self, said: Said) -> Sequence[bytes]:
        """As AdapterHooks.strange: fields that nobody knows, empty ones, ones that come twice, a status from the future."""
        good = self.body(said)
        return [
            good + b"&ZzUnknown=1&Zz%5B%5D=2&Zz%5B%5D=3",
            good + b"&Body=&OptOutType=SNOOZE&MediaUrl0=x",
            good + b"&ChannelMetadata=%7B%22a%22%3A%5B1%2Cnull%5D%7D",
        ]

    def twice(self, first: Said, last: Said) -> bytes:
        """As AdapterHooks.twice."""
        return b"Body=" + quote_plus(first.text).encode() + b"&" + self.body(last)


class TwilioJsonContract(_TwilioContract):
    """The contract over JSON bodies, whose hash is in the signed URL."""

    # The message is answered by the code that answers forms, whose contract tries replies in full: only what comes in differs.
    reply_examples: ClassVar[int | None] = 200

    def body(self, said: Said) -> bytes:
        """As AdapterHooks.body."""
        return json.dumps(self.fields(said)).encode()

    def sign(self, body: bytes, said: Said) -> Wire:
        """As AdapterHooks.sign."""
        return self._signed(body, TOKEN)

    def forged(self, wire: Wire) -> Sequence[Wire]:
        """As AdapterHooks.forged: as with forms; a hash of other bytes, no hash, a form in place of JSON."""
        good = dict(wire.headers)[b"x-twilio-signature"]
        other = f"{PATH}?bodySHA256={hashlib.sha256(b'other bytes').hexdigest()}"
        return [
            *_forged(wire, JSON, lambda url, token: _signature(url, b"", token), good),
            _wire(wire.body, JSON, other, _signature(BASE + other, b"", TOKEN)),
            _wire(wire.body, JSON, PATH, _signature(BASE + PATH, b"", TOKEN)),
            _wire(wire.body, FORM, wire.target, good),
        ]

    def stale(self) -> Sequence[Wire]:
        """As AdapterHooks.stale: a token that was replaced."""
        return [self._signed(self.body(Said()), OLD_TOKEN)]

    def _signed(self, body: bytes, token: str) -> Wire:
        target = f"{PATH}?bodySHA256={hashlib.sha256(body).hexdigest()}"
        return _wire(body, JSON, target, _signature(BASE + target, b"", token))


def _forged(wire: Wire, kind: bytes, sign: Callable[[str, str], bytes], good: bytes) -> list[Wire]:
    """Requests that somebody without the token, or with one request of Twilio's, could have made."""
    signatures = [
        sign(BASE + wire.target, "another token"),
        sign("https://another.example" + wire.target, TOKEN),
        sign(BASE + "/channels/sms/other", TOKEN),
        b"",
        b"AAAA" + good[4:],
        good[:-1],
        b"\xff\x00",
        b"A" * 100_000,
    ]
    wires = [_wire(wire.body, kind, wire.target, signature) for signature in signatures]
    doubled = Wire(wire.method, wire.target, (*wire.headers, (b"x-twilio-signature", good)), wire.body)
    moved = Wire(wire.method, wire.target + ("&" if "?" in wire.target else "?") + "x=1", wire.headers, wire.body)
    return [*wires, doubled, moved]


def _wire(body: bytes, kind: bytes, target: str, signature: bytes) -> Wire:
    return Wire("POST", target, ((b"content-type", kind), (b"x-twilio-signature", signature)), body)


def _form(fields: Mapping[str, str]) -> bytes:
    pairs = (f"{name}={quote_plus(value, errors='surrogatepass')}" for name, value in fields.items())
    return "&".join(pairs).encode()


def _signature(url: str, body: bytes, token: str) -> bytes:
    """As Twilio's documentation describes it: the URL, and every field of the form by name, with nothing in between."""
    pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    text = url.encode() + "".join(name + value for name, value in sorted(set(pairs))).encode("latin-1")
    return base64.b64encode(hmac.digest(token.encode(), text, "sha1"))


def _number(user: str) -> str:
    return f"+1650{int(hashlib.sha256(user.encode()).hexdigest(), 16) % 10**7:07}"
