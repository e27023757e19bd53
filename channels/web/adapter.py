"""The web chat door: `POST /channels/web/session` opens a visitor's session, `POST /channels/web` carries messages.

Both want an Origin header that is allowed; messages want the session's token as bearer, from the origin it was issued to.
`GET /channels/web/messages/<id>` tells a visitor what became of a message of theirs.
`GET /channels/web/frame` is the document that the widget shows in pages of these origins, and of no others.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

import msgspec
from msgspec import Meta, Struct

from channels.web import documents
from channels.web.verify import Visitors, allowed_origins, bearer, only
from shared.advice import how_to_set
from shared.channel import ChannelAdapter, Limit, SidePath, Verified, Wire, WireReply, budget_of
from shared.errors import Malformed, NexusError, NotAuthentic
from shared.jsontext import decode
from shared.locales import preferred
from shared.message import render_message
from shared.ports import DoorPorts
from shared.text import clean
from shared.turn import Device, Kind, Request, Turn

TEXT_LIMIT = 16_384  # characters
_JSON = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))
_VARY = (b"vary", b"Origin")
_PREFLIGHT = (
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"authorization, content-type"),
    (b"access-control-max-age", b"600"),
)


class _Message(Struct, frozen=True):
    text: Annotated[str, Meta(min_length=1, max_length=TEXT_LIMIT)]
    message_id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:-]{1,128}\Z")] | None = None


_decoder = msgspec.json.Decoder(_Message)


class WebAdapter(ChannelAdapter):
    """The door for pages in a browser. A visitor is whoever holds the token; a visitor has one conversation."""

    name: ClassVar[str] = "web"
    limit: ClassVar[Limit | None] = Limit("web-messages", per_second=1.0, burst=30, on_failure="open")
    methods: ClassVar[tuple[str, ...]] = ("POST", "OPTIONS")
    side_paths: ClassVar[Mapping[str, tuple[str, ...]]] = {"session": ("POST", "OPTIONS"), "frame": ("GET", "HEAD")}
    asked_at: ClassVar[str] = "messages"
    fetches_later: ClassVar[bool] = True
    # By peer, which behind some proxies is everybody.
    session_limit: ClassVar[Limit] = Limit("web-sessions", per_second=0.5, burst=60, on_failure="open")
    frame_limit: ClassVar[Limit] = Limit("web-frames", per_second=20.0, burst=200, on_failure="open")

    def __init__(
        self, app: str, origins: frozenset[str], ports: DoorPorts, budget_s: float = ChannelAdapter.budget_s
    ) -> None:
        self._app = app
        self._budget_s = budget_s
        self._origins = origins
        self._clock = ports.clock
        self._ids = ports.ids
        self._visitors = Visitors(app, ports.secret("web-visitor"))

    @classmethod
    def open(cls, app: str, config: Mapping[str, str], ports: DoorPorts) -> Self:
        """The door for the origins in `config` (`origins`, `public_url`, `development_origins`), with its `budget_s`."""
        return cls(app, allowed_origins(app, config), ports, budget_of(config, cls.name, cls.budget_s))

    def side_path(self, path: str) -> SidePath:
        """`POST /channels/web/session` opens a session; `GET /channels/web/frame` is the chat for a frame."""
        if path == "frame":
            return SidePath(self.frame, self.frame_limit)
        return SidePath(self.open_session, self.session_limit)

    @classmethod
    def turn_away(cls, path: str, error: NexusError) -> WireReply:
        """For people who look, a page; for programs, a problem."""
        return documents.turned_away(error) if path == "frame" else super().turn_away(path, error)

    async def open_session(self, wire: Wire) -> WireReply:
        """A token for a new visitor, or a fresh one for the visitor whose token is sent and still holds.

        Raises NotAuthentic where the origin is not allowed.
        """
        origin, now = self._origin(wire), self._clock.now()
        token = self._visitors.issue(self._known(wire, origin, now) or self._ids.new(), origin, now)
        return WireReply(200, _JSON, msgspec.json.encode(token))

    async def frame(self, wire: Wire) -> WireReply:
        """The document inside the widget, which only pages of the allowed origins may frame."""
        door = wire.target.partition("?")[0].rpartition("/")[0]
        return documents.frame(self._app, door, self._origins, TEXT_LIMIT)

    async def verify(self, wire: Wire) -> Verified:
        """Allowed origin, and a visitor token that was issued to it."""
        token = bearer(wire)
        origin = self._own_origin(wire, token) if wire.method in ("GET", "HEAD") else self._origin(wire)
        if token is None:
            raise NotAuthentic("web: send the visitor token as `Authorization: Bearer …`")
        return Verified(wire, self._app, self._visitors.check(token, origin, self._clock.now()))

    def parse(self, verified: Verified) -> Request:
        """`{"text", "message_id"?}`, said by the visitor."""
        message = decode(_decoder, verified.wire.body)
        text = clean(message.text)
        if not text:
            raise Malformed("text has nothing in it", ("text",))
        now = self._clock.now()
        return Request(
            app=verified.app,
            channel=self.name,
            message_id=message.message_id or self._ids.new(),
            conversation=verified.principal,
            user=verified.principal,
            kind=Kind.UTTERANCE,
            received_at=now,
            deadline=now + self._budget_s,
            text=text,
            locale=preferred(only(verified.wire, "accept-language") or ""),
            device=Device(screen=True),
        )

    def render(self, request: Request, turn: Turn) -> WireReply:
        """The answer as `/v1/messages` gives it."""
        return self.render_found(turn)

    def may_see(self, verified: Verified, turn: Turn) -> bool:
        """A visitor's own messages: those of the one conversation that a visitor has."""
        return turn.conversation == verified.principal

    def render_found(self, turn: Turn) -> WireReply:
        """As the message was answered, or would be by now."""
        status, body = render_message(turn)
        return WireReply(status, _JSON, body)

    def preflight(self, wire: Wire) -> WireReply:
        """Yes to GET and POST with a bearer token, for allowed origins; for others an answer that makes browsers refuse."""
        allowed = only(wire, "origin") in self._origins
        return WireReply(204, _PREFLIGHT if allowed else (), b"")

    def finish(self, wire: Wire, reply: WireReply) -> WireReply:
        """`reply` readable by the page that asked, if its origin is allowed (https://fetch.spec.whatwg.org/#http-cors-protocol)."""
        origin = only(wire, "origin")
        headers = (*reply.headers, _VARY)
        if origin in self._origins:
            headers += (
                (b"access-control-allow-origin", origin.encode("latin-1")),
                (b"access-control-expose-headers", b"retry-after"),
            )
        return WireReply(reply.status, headers, reply.body)

    def _own_origin(self, wire: Wire, token: str | None) -> str:
        """The origin of a page that asks. Browsers leave it out where that is the door's own, and nowhere else: then the token,
        which no page of another origin was given, says it.
        """
        if token is None or wire.header("origin") is not None:
            return self._origin(wire)
        return self._allowed(self._visitors.issued_to(token))

    def _origin(self, wire: Wire) -> str:
        origin = only(wire, "origin")
        if origin is None:
            raise NotAuthentic("web: the Origin header is missing or not unique; this door is for pages in a browser")
        return self._allowed(origin)

    def _allowed(self, origin: str) -> str:
        if origin not in self._origins:
            how = how_to_set(self._app, "web", "origins=…")
            raise NotAuthentic(f"web: this origin is not allowed; to allow it, {how}")
        return origin

    def _known(self, wire: Wire, origin: str, now: float) -> str | None:
        token = bearer(wire)
        if token is None:
            return None
        try:
            return self._visitors.check(token, origin, now)
        except NotAuthentic:
            return (
                None  # too old, or not ours: the page gets a new visitor instead of an error it could do nothing about
            )
