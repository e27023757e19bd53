"""Dialogflow CX under the contract of channels, with each of its credentials."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from channels.google.contracts.base import TARGET, UNSEEN, GoogleContract, folder_of, nearly, signed
from channels.google.dialogflow_cx import parse
from channels.google.twins import cx_rules
from channels.google.twins.credentials import CERTIFICATES
from channels.google.twins.cx import DialogflowCxTwin
from shared.channel import Wire
from shared.testing.adapter_contract import NOW, Said

PUBLIC_URL = "https://nexus.example"
AGENT = "service-4711@gcp-sa-dialogflow.iam.gserviceaccount.com"


class DialogflowCxContract(GoogleContract):
    """Dialogflow CX: user and password."""

    setting = "NEXUS_DIALOGFLOW_BASIC"
    budget_s = 5.0 - parse.MARGIN_S

    def config(self) -> Mapping[str, str]:
        """As GoogleContract.config."""
        return DialogflowCxTwin.config(folder_of("cx"))

    def credential(self, said: Said) -> tuple[bytes, bytes]:
        """As GoogleContract.credential."""
        return b"authorization", b"Basic " + base64.b64encode(self.config()["basic"].encode())

    def body(self, said: Said) -> bytes:
        """As AdapterHooks.body: words that no route matches."""
        return self.envelope(said, {"text": said.text})

    def envelope(self, said: Said, query: dict[str, Any]) -> bytes:
        """The body of any input, in a session of `said.user`."""
        return json.dumps(self._twin(said).envelope(said.message_id, query)).encode()

    def _twin(self, said: Said) -> DialogflowCxTwin:
        return DialogflowCxTwin(folder_of("cx"), UNSEEN, user=said.user, new_id=lambda: f"session-of-{said.user}")

    def forged(self, wire: Wire) -> Sequence[Wire]:
        """As AdapterHooks.forged: credentials that are nearly right, other schemes."""
        good = dict(wire.headers)[b"authorization"]
        other = [b"Basic " + base64.b64encode(b"simulator:"), b"Basic Og==", b"Basic \xff", b"Basic !!!!"]
        return [self.with_credential((b"authorization", value), wire.body) for value in (*nearly(good), *other)]

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
        """As GoogleContract.refusals."""
        return cx_rules.refusals(request, answer)

    def test_calls_of_one_turn_are_messages_of_their_own(self) -> None:
        """A route and then a page's entry call the webhook with the same response id; each call sent again stays itself."""
        said = Said()
        bodies = [one.body for one in self._twin(said).calls(said.text, "notes")]
        once, again = ([self.through(self.sign(body, said)).message_id for body in bodies] for _ in range(2))
        if len(set(once)) != len(bodies) or once != again:
            raise AssertionError(f"message ids of {len(bodies)} calls, and of the same sent again: {once}, {again}")


class DialogflowCxAgentContract(DialogflowCxContract):
    """Dialogflow CX: ID tokens of the project's service agent."""

    setting = "NEXUS_DIALOGFLOW_PROJECT_NUMBER"
    # Another credential in another header, and no more: what goes out is made by the code that the contract above tries in full.
    reply_examples = 200

    def config(self) -> Mapping[str, str]:
        """As GoogleContract.config."""
        return {
            "project_number": "4711",
            "public_url": PUBLIC_URL,
            "certs": str(folder_of("agent") / CERTIFICATES),
            "trust": "payload",
        }

    def credential(self, said: Said) -> tuple[bytes, bytes]:
        """As GoogleContract.credential."""
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
            *((b"authorization", value) for value in nearly(good)),
        ]
        return [self.with_credential(variant, wire.body) for variant in variants]

    def stale(self) -> Sequence[Wire]:
        """As AdapterHooks.stale: expired, and from the future."""
        said = [Said(at=NOW + seconds) for seconds in (-3_611, 11)]
        return [self.sign(self.body(one), one) for one in said]

    def _bearer(self, whose: str, at: float, **claims: Any) -> tuple[bytes, bytes]:
        own = {"email": AGENT, "email_verified": True, "sub": "104", **claims}
        return b"authorization", b"Bearer " + signed(whose, PUBLIC_URL + TARGET, at, tuple(own.items()))
