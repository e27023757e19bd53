"""Pigeon post: a letter in, a letter out, both JSON."""

import hmac
from collections.abc import Mapping
from typing import Annotated, Self

from msgspec import Meta, Struct, json

import nexus

Id = Annotated[str, Meta(pattern=r"\A[!-~]{1,128}\Z")]


class Letter(Struct):
    id: Id
    sender: Id
    text: str


class PigeonAdapter(nexus.ChannelAdapter):
    name = "pigeon"
    budget_s = 15.0  # how long a dovecote waits
    letters = json.Decoder(Letter)

    def __init__(self, app: str, secret: str, clock: nexus.Clock) -> None:
        self._app, self._secret, self._clock = app, secret, clock

    @classmethod
    def open(cls, app: str, config: Mapping[str, str], ports: nexus.DoorPorts) -> Self:
        if not config.get("secret"):
            raise nexus.DoorShut("pigeon: set NEXUS_PIGEON_SECRET, or configure pigeon secret=…")
        return cls(app, config["secret"], ports.clock)

    async def verify(self, wire: nexus.Wire) -> nexus.Verified:  # nothing is parsed before the sender is proven
        stamp, given = wire.header("x-time") or "", wire.header("x-signature") or ""
        wanted = hmac.new(self._secret.encode(), f"{stamp}.".encode() + wire.body, "sha256").hexdigest()
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            raise nexus.SignatureInvalid("pigeon: X-Signature does not match")
        if not stamp.isdecimal() or abs(self._clock.now() - int(stamp)) > 300:
            raise nexus.SignatureInvalid("pigeon: X-Time is more than 300 seconds off")
        return nexus.Verified(wire, self._app, "dovecote")

    def parse(self, verified: nexus.Verified) -> nexus.Request:  # bytes → the common request, or Malformed
        letter, now = nexus.decode(self.letters, verified.wire.body), self._clock.now()
        return nexus.Request(
            app=verified.app,
            channel=self.name,
            message_id=letter.id,
            conversation=letter.sender,
            user=letter.sender,
            kind=nexus.Kind.UTTERANCE,
            text=nexus.clean(letter.text),
            received_at=now,
            deadline=now + self.budget_s,
        )

    def render(self, request: nexus.Request, turn: nexus.Turn) -> nexus.WireReply:  # the same turn, the same bytes
        reply = turn.reply or nexus.Reply(text="The pigeon is on its way. Please write again.")
        letter = {part: getattr(reply, part) for part in ("text", "cards", "choices", "media", "reprompt")}
        return nexus.WireReply(200, ((b"content-type", b"application/json"),), json.encode(letter))
