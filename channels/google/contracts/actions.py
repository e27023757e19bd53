"""Actions Builder under the contract of channels."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

import jwt

from channels.google.actions import parse
from channels.google.contracts.base import UNSEEN, GoogleContract, folder_of, signed
from channels.google.twins import actions_rules
from channels.google.twins.actions import ActionsTwin
from shared.channel import Wire
from shared.testing.adapter_contract import NOW, Said

_TOKEN = b"google-assistant-signature"


class ActionsContract(GoogleContract):
    """Actions Builder, version 3: tokens that Google signs."""

    setting = "NEXUS_GOOGLE_PROJECT_ID"
    budget_s = parse.BUDGET_S

    def config(self) -> Mapping[str, str]:
        """As GoogleContract.config."""
        return ActionsTwin.config(folder_of("actions"))

    def credential(self, said: Said) -> tuple[bytes, bytes]:
        """As GoogleContract.credential."""
        return _TOKEN, self._token("actions", said.at, jti=said.message_id)

    def body(self, said: Said) -> bytes:
        """As AdapterHooks.body: words that no intent of the project matches."""
        return self.envelope(said, "actions.intent.NO_MATCH_1", said.text)

    def envelope(self, said: Said, intent: str, query: str) -> bytes:
        """The body of any intent, in a session of `said.user`."""
        twin = ActionsTwin(folder_of("actions"), UNSEEN, user=said.user)
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
        """As GoogleContract.refusals."""
        return actions_rules.refusals(request, answer)

    def _token(self, whose: str, at: float, **claims: Any) -> bytes:
        own = {"nbf": int(at) - 300, **claims}
        return signed(whose, self.config()["project_id"], at, tuple(own.items()))
