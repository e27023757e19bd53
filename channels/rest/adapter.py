"""The REST door: `POST /v1/messages`, authenticated by a bearer API key, which also says which app it is."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

import msgspec
from msgspec import Meta, Struct

from shared.channel import ChannelAdapter, Limit, Verified, Wire, WireReply, budget_of
from shared.errors import Malformed, NotAuthentic
from shared.jsontext import decode
from shared.message import render_message
from shared.ports import DoorPorts
from shared.text import clean
from shared.turn import Device, Kind, Request, Turn

JSON = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))
MESSAGE_ID = r"^[A-Za-z0-9._:-]{1,128}$(?!\n)"  # a dialect that JSON Schema and Python share
SOMETHING = r"[^\s\x00-\x1f\x85]"  # at least one character that is left when the text is cleaned
TEXT_LIMIT = 16_384  # characters
DEFAULT_CONVERSATION = "main"  # a user who names none has one


class User(Struct, frozen=True):
    """Who speaks: `id` is the caller's own name for a person."""

    id: Annotated[str, Meta(pattern=SOMETHING, max_length=256)]


class MessageIn(Struct, frozen=True):
    """A message to NEXUS. `message_id` makes sending it again safe; NEXUS makes one if it is absent."""

    text: Annotated[str, Meta(pattern=SOMETHING, max_length=TEXT_LIMIT)]
    user: User
    conversation: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    locale: Annotated[str, Meta(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$(?!\n)")] | None = None
    message_id: Annotated[str, Meta(pattern=MESSAGE_ID)] | None = None


_decoder = msgspec.json.Decoder(MessageIn)


class RestAdapter(ChannelAdapter):
    """The REST door. The API key decides the app, so one instance serves all of them."""

    name: ClassVar[str] = "rest"
    limit: ClassVar[Limit | None] = Limit("rest-messages", per_second=50, burst=200, on_failure="open")

    def __init__(self, ports: DoorPorts, budget_s: float = ChannelAdapter.budget_s) -> None:
        self._budget_s = budget_s
        self._clock = ports.clock
        self._ids = ports.ids
        self._api_keys = ports.api_keys

    @classmethod
    def open(cls, app: str, config: Mapping[str, str], ports: DoorPorts) -> Self:
        """Without a key nobody gets in (`nexus keys create`). Shut only where `budget_s` is none."""
        return cls(ports, budget_of(config, cls.name, cls.budget_s))

    async def verify(self, wire: Wire) -> Verified:
        """The key's owner. Raises NotAuthentic without a live key."""
        values = [value for name, value in wire.headers if name == b"authorization"]
        if len(values) != 1:
            raise NotAuthentic("send your API key as `Authorization: Bearer …` (make one with: nexus keys create)")
        scheme, _, token = values[0].decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise NotAuthentic("send your API key as `Authorization: Bearer …`")
        owner = await self._api_keys.owner(token.strip())
        return Verified(wire, owner.app, owner.key_id)

    def parse(self, verified: Verified) -> Request:
        """The message as a request. Raises Malformed, naming the field."""
        message = decode(_decoder, verified.wire.body)
        text, user = clean(message.text), clean(message.user.id)
        if not text:
            raise Malformed("text has nothing in it", ("text",))
        if not user:
            raise Malformed("user.id has nothing in it", ("user.id",))
        now = self._clock.now()
        return Request(
            app=verified.app,
            channel=self.name,
            message_id=message.message_id or self._ids.new(),
            conversation=clean(message.conversation or "") or DEFAULT_CONVERSATION,
            user=user,
            kind=Kind.UTTERANCE,
            received_at=now,
            deadline=now + self._budget_s,
            text=text,
            locale=(message.locale or "en-US").replace("_", "-"),
            device=Device(screen=True),
        )

    def render(self, request: Request, turn: Turn) -> WireReply:
        """The answer in the shape of the contract."""
        return self.render_found(turn)

    def render_found(self, turn: Turn) -> WireReply:
        """The answer to `GET /v1/messages/<id>`: the same bytes that the message got."""
        status, body = render_message(turn)
        return WireReply(status, JSON, body)
