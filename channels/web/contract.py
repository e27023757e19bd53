"""What the contract of channels must know of the web door: pages, their origins, the tokens of their visitors."""

import json
from collections.abc import Sequence

import jwt
import msgspec

from channels.web.adapter import WebAdapter
from channels.web.verify import LIFETIME_S, Visitors
from shared.channel import Wire, WireReply
from shared.ports import DoorPorts
from shared.testing.adapter_contract import NOW, AdapterContract, Said, answer_of
from shared.testing.platforms.message import message_complaints

PAGE = "https://page.example"
SHOP = "https://shop.example:8443"
FOREIGN = "https://evil.example"


class WebContract(AdapterContract):
    """The contract over a web door that is open to PAGE and SHOP."""

    setting = "origins="
    signs_body = False

    def open(self, ports: DoorPorts) -> WebAdapter:
        """As AdapterHooks.open."""
        return WebAdapter.open(self.app, {"origins": f"{PAGE} {SHOP}"}, ports)

    def open_bare(self, ports: DoorPorts) -> WebAdapter:
        """As AdapterHooks.open_bare."""
        return WebAdapter.open("default", {}, ports)

    def body(self, said: Said) -> bytes:
        """As AdapterHooks.body."""
        return json.dumps({"text": said.text, "message_id": said.message_id}).encode()

    def sign(self, body: bytes, said: Said) -> Wire:
        """As AdapterHooks.sign: a visitor's token, from the page it was issued to."""
        return posted(body, self.token(said.user, said.at), PAGE)

    def forged(self, wire: Wire) -> Sequence[Wire]:
        """As AdapterHooks.forged: tokens altered, unsigned, of other apps, secrets and origins; good ones from elsewhere."""
        good = self.token("ada", NOW)
        head, claims, signature = good.split(".")
        other = self.token("eve", NOW).split(".")
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
        elsewhere = (posted(wire.body, good, origin) for origin in (SHOP, FOREIGN, "null", ""))
        return (*(posted(wire.body, token, PAGE) for token in tokens), *elsewhere)

    def complaints(self, wire: Wire, reply: WireReply) -> Sequence[str]:
        """As AdapterHooks.complaints, by the outside contract. What failed is a 503, which a client reads as an error."""
        if reply.status == 503 and b'"outcome":"failed"' in reply.body:
            return []
        return message_complaints(answer_of(reply), msgspec.json.decode(wire.body)["message_id"])

    def stale(self) -> Sequence[Wire]:
        """As AdapterHooks.stale: tokens at the end of their life, and long after."""
        ages = (LIFETIME_S, LIFETIME_S + 1, 2 * LIFETIME_S)
        return [self.sign(self.body(Said()), Said(at=NOW - age)) for age in ages]

    def visitors(self) -> Visitors:
        """Issues tokens as the door does."""
        return Visitors(self.app, self.ports().secret("web-visitor"))

    def token(self, visitor: str, at: float) -> str:
        """A token for PAGE, issued at `at`."""
        return self.visitors().issue(visitor, PAGE, at).token


def posted(body: bytes, token: str, origin: str) -> Wire:
    """What a browser sends from a page of `origin`."""
    headers = (
        (b"host", b"nexus.example"),
        (b"content-type", b"application/json"),
        (b"origin", origin.encode("latin-1")),
        (b"authorization", b"Bearer " + token.encode("latin-1")),
    )
    return Wire("POST", "/channels/web", headers, body, "192.0.2.7")
