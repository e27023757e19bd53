"""The door for Door name: signed JSON in, JSON out. See README.md beside this file."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

import msgspec
from msgspec import Meta, Struct

from nexus import (
    Card,
    ChannelAdapter,
    Choice,
    Clock,
    Device,
    DoorPorts,
    DoorShut,
    Kind,
    Malformed,
    Media,
    Outcome,
    Reply,
    Request,
    SignatureInvalid,
    Turn,
    Verified,
    Wire,
    WireReply,
    clean,
    decode,
    how_to_set,
)

WINDOW_S = 300  # how far a time stamp may be off, either way
_STAMP = re.compile("[0-9]{1,12}")
_HEADERS = ((b"content-type", b"application/json"),)
_WITHOUT_REPLY = {
    Outcome.RUNNING: "I am still working on that. Ask me again in a moment.",
    Outcome.DEFERRED: "I am still working on that. Ask me again in a moment.",
    Outcome.REFUSED: "Sorry, I can't do that.",
}
_FAILED = "Sorry, something went wrong on my side. Please try again."

Id = Annotated[str, Meta(pattern=r"\A[!-~]{1,128}\Z")]
"""Printable ASCII without spaces: what can be stored and looked up."""


class Message(Struct, frozen=True):
    """What Door name sends. Fields that are not named here are ignored."""

    id: Id
    user: Id
    text: Annotated[str, Meta(max_length=16_384)]
    locale: Annotated[str, Meta(pattern=r"\A[A-Za-z-]{2,16}\Z")] = "en-US"


class Answer(Struct, frozen=True):
    """What Door name gets: everything that NEXUS says, in a form that it can show."""

    text: str
    cards: tuple[Card, ...] = ()
    choices: tuple[Choice, ...] = ()
    media: tuple[Media, ...] = ()
    reprompt: str = ""
    expects_answer: bool = False


_decoder = msgspec.json.Decoder(Message)
_encode = msgspec.json.Encoder().encode


class DoorNameAdapter(ChannelAdapter):
    """One door of one app, which knows the secret that Door name signs with."""

    name: ClassVar[str] = "doorname"
    budget_s: ClassVar[float] = 10.0  # how long Door name waits for an answer

    def __init__(self, app: str, secret: str, clock: Clock) -> None:
        self._app, self._secret, self._clock = app, secret, clock

    @classmethod
    def open(cls, app: str, config: Mapping[str, str], ports: DoorPorts) -> Self:
        """The door, if its secret is known. Raises DoorShut, saying how to set it."""
        secret = config.get("secret")
        if not secret:
            how = how_to_set(app, "doorname", "secret=…", "NEXUS_DOORNAME_SECRET")
            raise DoorShut(f"doorname: there is no secret; {how}")
        return cls(app, secret, ports.clock)

    async def verify(self, wire: Wire) -> Verified:
        """The signature over time stamp and body holds, and the time is now."""
        stamp = wire.header("x-door-name-timestamp") or ""
        given = wire.header("x-door-name-signature") or ""
        if not _STAMP.fullmatch(stamp):
            raise SignatureInvalid("doorname: the time stamp is not in seconds")
        wanted = signature(self._secret, stamp, wire.body)
        if not hmac.compare_digest(given.encode("latin-1"), wanted.encode()):
            raise SignatureInvalid("doorname: the signature does not match")
        if abs(self._clock.now() - int(stamp)) > WINDOW_S:
            raise SignatureInvalid("doorname: the time stamp is too far off")
        return Verified(wire, self._app, "doorname")

    def parse(self, verified: Verified) -> Request:
        """The message as a request. Raises Malformed, naming the field."""
        message = decode(_decoder, verified.wire.body)
        text = clean(message.text)
        if not text:
            raise Malformed("text has nothing in it", ("text",))
        now = self._clock.now()
        return Request(
            app=verified.app,
            channel=self.name,
            message_id=message.id,
            conversation=message.user,
            user=message.user,
            kind=Kind.UTTERANCE,
            received_at=now,
            deadline=now + self.budget_s,
            text=text,
            locale=message.locale,
            device=Device(screen=True),
        )

    def render(self, request: Request, turn: Turn) -> WireReply:
        """Everything that the reply holds. The same turn gives the same bytes."""
        reply = turn.reply or Reply(text=_WITHOUT_REPLY.get(turn.outcome, _FAILED))
        answer = Answer(
            text=reply.text,
            cards=reply.cards,
            choices=reply.choices,
            media=reply.media,
            reprompt=reply.reprompt or "",
            expects_answer=reply.expects_answer,
        )
        return WireReply(200, _HEADERS, _encode(answer))


def signature(secret: str, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 over time stamp, a full stop and the body, in hexadecimal digits."""
    signed = stamp.encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
