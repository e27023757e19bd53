"""The web door holds what every door must hold."""

import asyncio
import json
from collections.abc import Sequence

import jwt
import msgspec

from channels.web.adapter import WebAdapter
from channels.web.verify import LIFETIME_S, Visitors
from shared.channel import Wire
from shared.ports import DoorPorts
from shared.testing.adapter_contract import NOW, AdapterContract, Said
from tests.channels.web.door import FOREIGN, PAGE, SHOP, wire


class TestWebDoor(AdapterContract):
    setting = "origins="
    signs_body = False

    def open(self, ports: DoorPorts) -> WebAdapter:
        return WebAdapter.open(self.app, {"origins": f"{PAGE} {SHOP}"}, ports)

    def open_bare(self, ports: DoorPorts) -> WebAdapter:
        return WebAdapter.open(self.app, {}, ports)

    def body(self, said: Said) -> bytes:
        return json.dumps({"text": said.text, "message_id": said.message_id}).encode()

    def sign(self, body: bytes, said: Said) -> Wire:
        return wire(body, token=self.visitors().issue(said.user, PAGE, said.at).token)

    def forged(self, wire: Wire) -> Sequence[Wire]:
        good = self.visitors().issue("ada", PAGE, NOW).token
        head, claims, signature = good.split(".")
        other = self.visitors().issue("eve", PAGE, NOW).token.split(".")
        unsecured = jwt.encode({"sub": "ada", "iss": self.app, "aud": PAGE, "iat": NOW, "exp": NOW + 60}, "", "none")
        tokens = (
            f"{head}.{other[1]}.{signature}",
            f"{head}.{claims}.",
            f"{head}.{claims}",
            f"{head}.{claims}.{signature[::-1]}",
            unsecured,
            Visitors(self.app, b"guessed secret of thirty-two byte").issue("ada", PAGE, NOW).token,
            Visitors("other-app", self.ports().secret("web-visitor")).issue("ada", PAGE, NOW).token,
            self.visitors().issue("ada", SHOP, NOW).token,
        )
        elsewhere = tuple(self.bearing(wire, good, origin) for origin in (SHOP, FOREIGN, "null", ""))
        return (*(self.bearing(wire, token, PAGE) for token in tokens), *elsewhere)

    def stale(self) -> Sequence[Wire]:
        ages = (LIFETIME_S, LIFETIME_S + 1, 2 * LIFETIME_S)
        return [self.sign(self.body(Said()), Said(at=NOW - age)) for age in ages]

    def visitors(self) -> Visitors:
        """Issues tokens as the door does."""
        return Visitors(self.app, self.ports().secret("web-visitor"))

    def bearing(self, original: Wire, token: str, origin: str) -> Wire:
        """`original` with another token from another origin."""
        headers = wire(token=token, origin=origin).headers
        return msgspec.structs.replace(original, headers=headers)

    def test_the_tokens_of_this_contract_are_those_the_door_issues(self) -> None:
        door = self.door()
        reply = asyncio.run(door.open_session(wire(token=self.visitors().issue("ada", PAGE, NOW).token)))
        assert msgspec.json.decode(reply.body) == {
            "token": self.visitors().issue("ada", PAGE, NOW).token,
            "visitor": "ada",
            "expires_at": NOW + LIFETIME_S,
        }

    def door(self) -> WebAdapter:
        return self.open(self.ports())
