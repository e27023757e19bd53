"""What the contract of channels must know of Google: bodies as its three forms send them, its credentials, and what it refuses.

`key_sources` must check real tokens for the forms that are signed (Actions, and CX with the service agent's ID tokens).
"""

import base64
import json
import tempfile
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa

from channels.google.actions import parse as actions
from channels.google.adapter import GoogleAdapter
from channels.google.dialogflow_cx import parse as cx
from channels.google.dialogflow_es import parse as es
from channels.google.twins import actions_rules, cx_rules, es_rules
from channels.google.twins.actions import ActionsTwin
from channels.google.twins.credentials import CERTIFICATES, load_key, make_key, token
from channels.google.twins.cx import DialogflowCxTwin
from channels.google.twins.es import DialogflowTwin
from channels.google.twins.http import broken
from shared.channel import ChannelAdapter, Wire, WireReply
from shared.ports import DoorPorts
from shared.testing.adapter_contract import NOW, AdapterContract, Said
from shared.testing.platforms import Answer

TARGET = "/channels/google"
PUBLIC_URL = "https://nexus.example"
AGENT = "service-4711@gcp-sa-dialogflow.iam.gserviceaccount.com"

_CONTENT = (b"content-type", b"application/json")
_TOKEN = b"google-assistant-signature"
_UNSEEN = "http://nexus.invalid"


class _GoogleContract(AdapterContract):
    """What the forms share. None of them signs the body."""

    signs_body = False
    budget_s: float

    @abstractmethod
    def config(self) -> Mapping[str, str]:
        """The settings of a door that believes this form's credentials, and no other's."""

    @abstractmethod
    def credential(self, said: Said) -> tuple[bytes, bytes]:
        """The header that proves the sender."""

    def open(self, ports: DoorPorts) -> ChannelAdapter:
        """As AdapterHooks.open."""
        return GoogleAdapter.open(self.app, self.config(), ports)

    def open_bare(self, ports: DoorPorts) -> ChannelAdapter:
        """As AdapterHooks.open_bare."""
        return GoogleAdapter.open(self.app, {}, ports)

    def sign(self, body: bytes, said: Said) -> Wire:
        """As AdapterHooks.sign."""
        return self.with_credential(self.credential(said), body)

    def with_credential(self, credential: tuple[bytes, bytes], body: bytes) -> Wire:
        """A request with this credential."""
        return Wire("POST", TARGET, (_CONTENT, credential), body)

    def complaints(self, wire: Wire, reply: WireReply) -> Sequence[str]:
        """As AdapterHooks.complaints."""
        headers = {name.decode(): value.decode() for name, value in reply.headers}
        found = broken(Answer(reply.status, headers, reply.body))
        return found or self.refusals(msgspec.json.decode(wire.body), msgspec.json.decode(reply.body))

    @abstractmethod
    def refusals(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> Sequence[str]:
        """What the platform holds against an answer's content."""

    def test_the_deadline_is_the_budget_after_reception(self) -> None:
        """The deadline is what this form of Google's waits, which the door's own budget is not shorter than."""
        request = self.request()
        found = (request.received_at, request.deadline, self.door().budget_s >= self.budget_s)
        if found != (NOW, NOW + self.budget_s, True):
            raise AssertionError(f"received, deadline and whether the door waits as long: {found}")


class ActionsContract(_GoogleContract):
    """Actions Builder, version 3: tokens that Google signs."""

    setting = "NEXUS_GOOGLE_PROJECT_ID"
    budget_s = actions.BUDGET_S

    def config(self) -> Mapping[str, str]:
        """As _GoogleContract.config."""
        return ActionsTwin.config(_folder("actions"))

    def credential(self, said: Said) -> tuple[bytes, bytes]:
        """As _GoogleContract.credential."""
        return _TOKEN, self._token("actions", said.at, jti=said.message_id)

    def body(self, said: Said) -> bytes:
        """As AdapterHooks.body: words that no intent of the project matches."""
        return self.envelope(said, "actions.intent.NO_MATCH_1", said.text)

    def envelope(self, said: Said, intent: str, query: str) -> bytes:
        """The body of any intent, in a session of `said.user`."""
        twin = ActionsTwin(_folder("actions"), _UNSEEN, user=said.user)
        twin.session = f"session-of-{said.user}"
        return json.dumps(twin.envelope(intent, query)).encode()

    def forged(self, wire: Wire) -> Sequence[Wire]:
        """As AdapterHooks.forged: another's key, no key, the public key as a secret, other claims, a body that is none."""
        good = dict(wire.headers)[_TOKEN]
        head, claims, _ = good.split(b".")
        unsecured = jwt.encode(jwt.decode(good, options={"verify_signature": False}), "", "none").encode()
        variants = [
            self._token("others", NOW, jti="forged"),
            self._token("actions", NOW, jti="forged", aud="another-project"),
            self._token("actions", NOW, jti="forged", iss="https://accounts.example"),
            self._token("actions", NOW),
            unsecured,
            good[:-6] + b"AAAAAA",
            good + b"\n",
            head + b"." + claims + b".",
            head + b"." + claims,
            b"A" * 100_000,
            base64.urlsafe_b64encode(b"[" * 700) + b"." + claims + b"." + b"A" * 342,
            b"\xff\x00",
            b"",
        ]
        return [self.with_credential((_TOKEN, variant), wire.body) for variant in variants]

    def stale(self) -> Sequence[Wire]:
        """As AdapterHooks.stale: expired, and from the future."""
        said = [Said(at=NOW + seconds) for seconds in (-3_611, -1_000_000, 11, 1_000_000)]
        return [self.sign(self.body(one), one) for one in said]

    def strange(self, said: Said) -> Sequence[bytes]:
        """As AdapterHooks.strange: intents that nobody knows, and none at all."""
        known = json.loads(self.body(said))
        bare = {
            "session": {"id": "s"},
            "intent": None,
            "scene": {"slots": {"x": {"status": "NEW", "value": {"a": [1]}}}},
        }
        return [
            *super().strange(said),
            self.envelope(said, "actions.intent.FUTURE", ""),
            json.dumps(bare).encode(),
            json.dumps({**known, "home": 7, "context": {"media": {"progress": "3.5s"}}}).encode(),
        ]

    def refusals(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> Sequence[str]:
        """As _GoogleContract.refusals."""
        return actions_rules.refusals(request, answer)

    def _token(self, whose: str, at: float, **claims: Any) -> bytes:
        own = {"nbf": int(at) - 300, **claims}
        return _signed(whose, self.config()["project_id"], at, tuple(own.items()))


class DialogflowContract(_GoogleContract):
    """Dialogflow ES: a bearer token."""

    setting = "NEXUS_DIALOGFLOW_TOKEN"
    budget_s = es.BUDGET_S

    def config(self) -> Mapping[str, str]:
        """As _GoogleContract.config."""
        return DialogflowTwin.config(_folder("es"))

    def credential(self, said: Said) -> tuple[bytes, bytes]:
        """As _GoogleContract.credential."""
        return b"authorization", f"Bearer {self.config()['token']}".encode()

    def body(self, said: Said) -> bytes:
        """As AdapterHooks.body: words for the fallback intent."""
        return self.envelope(said, {"displayName": "Default Fallback Intent", "isFallback": True})

    def envelope(self, said: Said, intent: dict[str, Any]) -> bytes:
        """The body of any intent, in a session of `said.user`."""
        twin = DialogflowTwin(_folder("es"), _UNSEEN, user=said.user, new_id=lambda: f"session-of-{said.user}")
        return json.dumps(twin.envelope(said.message_id, said.text, intent)).encode()

    def forged(self, wire: Wire) -> Sequence[Wire]:
        """As AdapterHooks.forged: tokens that are nearly right, other schemes, a signature that is none beside the token."""
        good = dict(wire.headers)[b"authorization"]
        wires = [self.with_credential((b"authorization", value), wire.body) for value in _nearly(good)]
        doubled = Wire(wire.method, wire.target, (*wire.headers, (_TOKEN, b"nonsense")), wire.body)
        return [*wires, doubled]

    def stale(self) -> Sequence[Wire]:
        """As AdapterHooks.stale: a token that was revoked."""
        return [self.with_credential((b"authorization", b"Bearer simulator-of-yesterday"), self.body(Said()))]

    def strange(self, said: Said) -> Sequence[bytes]:
        """As AdapterHooks.strange: intents and sources that nobody knows, fields that are null."""
        known = json.loads(self.envelope(said, {"displayName": "Nobody knows it", "new": [{}]}))
        known["originalDetectIntentRequest"] = {"source": "future", "payload": {"data": 7, "surface": []}}
        bare = {
            "responseId": "r",
            "session": "s",
            "queryResult": {"queryText": None, "intent": None, "outputContexts": []},
        }
        return [*super().strange(said), json.dumps(known).encode(), json.dumps(bare).encode()]

    def refusals(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> Sequence[str]:
        """As _GoogleContract.refusals."""
        return es_rules.refusals(request, answer)


class DialogflowCxContract(_GoogleContract):
    """Dialogflow CX: user and password."""

    setting = "NEXUS_DIALOGFLOW_BASIC"
    budget_s = 5.0 - cx.MARGIN_S

    def config(self) -> Mapping[str, str]:
        """As _GoogleContract.config."""
        return DialogflowCxTwin.config(_folder("cx"))

    def credential(self, said: Said) -> tuple[bytes, bytes]:
        """As _GoogleContract.credential."""
        return b"authorization", b"Basic " + base64.b64encode(self.config()["basic"].encode())

    def body(self, said: Said) -> bytes:
        """As AdapterHooks.body: words that no route matches."""
        return self.envelope(said, {"text": said.text})

    def envelope(self, said: Said, query: dict[str, Any]) -> bytes:
        """The body of any input, in a session of `said.user`."""
        twin = DialogflowCxTwin(_folder("cx"), _UNSEEN, user=said.user, new_id=lambda: f"session-of-{said.user}")
        return json.dumps(twin.envelope(said.message_id, query)).encode()

    def forged(self, wire: Wire) -> Sequence[Wire]:
        """As AdapterHooks.forged: credentials that are nearly right, other schemes."""
        good = dict(wire.headers)[b"authorization"]
        other = [b"Basic " + base64.b64encode(b"simulator:"), b"Basic Og==", b"Basic \xff", b"Basic !!!!"]
        return [self.with_credential((b"authorization", value), wire.body) for value in (*_nearly(good), *other)]

    def stale(self) -> Sequence[Wire]:
        """As AdapterHooks.stale: a password that was changed."""
        old = b"Basic " + base64.b64encode(b"simulator:yesterday")
        return [self.with_credential((b"authorization", old), self.body(Said()))]

    def strange(self, said: Said) -> Sequence[bytes]:
        """As AdapterHooks.strange: events that nobody knows, nothing said at all, fields that are null."""
        bare = {"detectIntentResponseId": "d", "sessionInfo": {"session": "s", "parameters": None}, "intentInfo": None}
        return [
            *super().strange(said),
            self.envelope(said, {"triggerEvent": "FUTURE"}),
            self.envelope(said, {}),
            json.dumps(bare).encode(),
        ]

    def refusals(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> Sequence[str]:
        """As _GoogleContract.refusals."""
        return cx_rules.refusals(request, answer)


class DialogflowCxAgentContract(DialogflowCxContract):
    """Dialogflow CX: ID tokens of the project's service agent."""

    setting = "NEXUS_DIALOGFLOW_PROJECT_NUMBER"
    fuzz_examples = 200  # bodies and answers are those of CX, which its own contract tries

    def config(self) -> Mapping[str, str]:
        """As _GoogleContract.config."""
        return {
            "project_number": "4711",
            "public_url": PUBLIC_URL,
            "certs": str(_folder("agent") / CERTIFICATES),
            "trust": "payload",
        }

    def credential(self, said: Said) -> tuple[bytes, bytes]:
        """As _GoogleContract.credential."""
        return self._bearer("agent", said.at)

    def forged(self, wire: Wire) -> Sequence[Wire]:
        """As AdapterHooks.forged: another's key, another's address, another sender, an address that is not verified."""
        good = dict(wire.headers)[b"authorization"]
        variants = [
            self._bearer("others", NOW),
            self._bearer("agent", NOW, aud=f"{PUBLIC_URL}/apps/other/channels/google"),
            self._bearer("agent", NOW, aud="https://elsewhere.example/channels/google"),
            self._bearer("agent", NOW, iss="accounts.google.com.example"),
            self._bearer("agent", NOW, email="service-4712@gcp-sa-dialogflow.iam.gserviceaccount.com"),
            self._bearer("agent", NOW, email_verified=False),
            self._bearer("agent", NOW, email_verified="true"),
            (b"authorization", good.replace(b"Bearer ", b"Basic ")),
            *((b"authorization", value) for value in _nearly(good)),
        ]
        return [self.with_credential(variant, wire.body) for variant in variants]

    def stale(self) -> Sequence[Wire]:
        """As AdapterHooks.stale: expired, and from the future."""
        said = [Said(at=NOW + seconds) for seconds in (-3_611, 11)]
        return [self.sign(self.body(one), one) for one in said]

    def _bearer(self, whose: str, at: float, **claims: Any) -> tuple[bytes, bytes]:
        own = {"email": AGENT, "email_verified": True, "sub": "104", **claims}
        return b"authorization", b"Bearer " + _signed(whose, PUBLIC_URL + TARGET, at, tuple(own.items()))


def _nearly(good: bytes) -> list[bytes]:
    """Values of the Authorization header that are not `good`."""
    scheme, _, credential = good.partition(b" ")
    return [
        b"",
        scheme,
        scheme + b" ",
        credential,
        good[:-1],
        good + b"x",
        scheme + b" " + credential[::-1],
        b"Digest " + credential,
        scheme + b" " + b"A" * 100_000,
        scheme + b" \xff\x00",
    ]


@cache
def _signed(whose: str, audience: str, at: float, claims: tuple[tuple[str, Any], ...]) -> bytes:
    """A token; the same one for the thousands of bodies that come with it."""
    return token(_key(whose), audience, at, dict(claims)).encode()


@cache
def _key(whose: str) -> rsa.RSAPrivateKey:
    return load_key(_folder(whose))


@cache
def _folder(whose: str) -> Path:
    """Credentials made once a process; nobody believes those of "others"."""
    folder = Path(_temporary(whose).name)
    match whose:
        case "actions":
            ActionsTwin.make(folder, NOW)
        case "es":
            DialogflowTwin.make(folder, NOW)
        case "cx":
            DialogflowCxTwin.make(folder, NOW)
        case _:
            make_key(folder, NOW)
    return folder


@cache
def _temporary(whose: str) -> "tempfile.TemporaryDirectory[str]":
    """A folder that is removed when the process ends."""
    return tempfile.TemporaryDirectory(prefix=f"nexus-google-{whose}-")
