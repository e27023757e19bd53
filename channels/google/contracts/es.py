"""Dialogflow ES under the contract of channels."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from channels.google.contracts.base import UNSEEN, GoogleContract, folder_of, nearly
from channels.google.dialogflow_es import parse
from channels.google.twins import es_rules
from channels.google.twins.es import DialogflowTwin
from shared.channel import Wire
from shared.testing.adapter_contract import Said


class DialogflowContract(GoogleContract):
    """Dialogflow ES: a bearer token."""

    setting = "NEXUS_DIALOGFLOW_TOKEN"
    budget_s = parse.BUDGET_S

    def config(self) -> Mapping[str, str]:
        """As GoogleContract.config."""
        return DialogflowTwin.config(folder_of("es"))

    def credential(self, said: Said) -> tuple[bytes, bytes]:
        """As GoogleContract.credential."""
        return b"authorization", f"Bearer {self.config()['token']}".encode()

    def body(self, said: Said) -> bytes:
        """As AdapterHooks.body: words for the fallback intent."""
        return self.envelope(said, {"displayName": "Default Fallback Intent", "isFallback": True})

    def envelope(self, said: Said, intent: dict[str, Any]) -> bytes:
        """The body of any intent, in a session of `said.user`."""
        twin = DialogflowTwin(folder_of("es"), UNSEEN, user=said.user, new_id=lambda: f"session-of-{said.user}")
        return json.dumps(twin.envelope(said.message_id, said.text, intent)).encode()

    def forged(self, wire: Wire) -> Sequence[Wire]:
        """As AdapterHooks.forged: tokens that are nearly right, other schemes, a signature that is none beside the token."""
        good = dict(wire.headers)[b"authorization"]
        wires = [self.with_credential((b"authorization", value), wire.body) for value in nearly(good)]
        doubled = Wire(
            wire.method, wire.target, (*wire.headers, (b"google-assistant-signature", b"nonsense")), wire.body
        )
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
        """As GoogleContract.refusals."""
        return es_rules.refusals(request, answer)
