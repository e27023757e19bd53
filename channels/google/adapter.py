"""The door for Google: Actions Builder, Dialogflow ES and Dialogflow CX, each answered in its own form."""

from collections.abc import Mapping
from typing import ClassVar, Self

import msgspec
from msgspec import Raw, Struct, field

from channels.google.actions import envelope as actions_envelope
from channels.google.actions import parse as actions_parse
from channels.google.actions import render as actions_render
from channels.google.apologies import apology_for, reply_of
from channels.google.config import Config, config_of
from channels.google.dialogflow_cx import envelope as cx_envelope
from channels.google.dialogflow_cx import parse as cx_parse
from channels.google.dialogflow_cx import render as cx_render
from channels.google.dialogflow_es import envelope as es_envelope
from channels.google.dialogflow_es import parse as es_parse
from channels.google.dialogflow_es import render as es_render
from channels.google.tokens import Tokens
from channels.google.verify import GoogleVerified, verified
from shared.channel import ChannelAdapter, Verified, Wire, WireReply
from shared.errors import Conflict, Malformed, NexusError
from shared.jsontext import decode
from shared.ports import Clock, DoorPorts
from shared.turn import Reply, Request, Turn

_HEADERS = ((b"content-type", b"application/json;charset=UTF-8"),)


class _Which(Struct, frozen=True):
    """What tells the two forms of Dialogflow apart."""

    es: Raw = field(name="responseId", default=Raw())
    cx: Raw = field(name="detectIntentResponseId", default=Raw())


_WHICH = msgspec.json.Decoder(_Which)


class GoogleAdapter(ChannelAdapter):
    """One path for three forms: the headers say who calls, and only then the body, which form it is. See README.md."""

    name: ClassVar[str] = "google"
    budget_s: ClassVar[float] = actions_parse.BUDGET_S  # the longest; Dialogflow's requests have shorter ones

    def __init__(self, app: str, config: Config, tokens: Tokens, clock: Clock, secret: bytes) -> None:
        self._app, self._config, self._tokens, self._clock, self._secret = app, config, tokens, clock, secret

    @classmethod
    def open(cls, app: str, config: Mapping[str, str], ports: DoorPorts) -> Self:
        """As ChannelAdapter.open."""
        tokens = Tokens(ports.keys("google", config))
        return cls(app, config_of(app, config), tokens, ports.clock, ports.secret("google-people"))

    async def verify(self, wire: Wire) -> Verified:
        """As ChannelAdapter.verify."""
        return await verified(wire, self._config, self._tokens, self._clock.now())

    def parse(self, verified: Verified) -> Request:
        """As ChannelAdapter.parse."""
        if not isinstance(verified, GoogleVerified):
            raise TypeError("only what this adapter verified can be parsed")
        body, app, at = verified.wire.body, verified.app, verified.received_at
        if verified.scheme == "actions":
            envelope = decode(actions_envelope.DECODER, body)
            return actions_parse.request_of(envelope, app, verified.token_id, at, self._secret)
        if _is_cx(body):
            config = self._config
            return cx_parse.request_of(decode(cx_envelope.DECODER, body), app, at, config.cx_seconds, config.trust)
        return es_parse.request_of(decode(es_envelope.DECODER, body), app, at, self._config.trust)

    def render(self, request: Request, turn: Turn) -> WireReply:
        """As ChannelAdapter.render."""
        return WireReply(200, _HEADERS, self._render(request, reply_of(turn, request.locale)))

    def render_error(self, error: NexusError, request: Request | None = None) -> WireReply:
        """An apology in the form of the request once there is one; a problem before that, and for ids used twice."""
        if request is None or isinstance(error, Conflict):
            return super().render_error(error, request)
        return WireReply(200, _HEADERS, self._render(request, apology_for(error, request.locale)))

    def _render(self, request: Request, reply: Reply) -> bytes:
        form = request.native["form"]
        if form == "actions":
            return actions_render.render(request, reply)
        if form == "cx":
            return cx_render.render(request, reply, self._config.messenger)
        return es_render.render(request, reply, self._config.messenger)


def _is_cx(body: bytes) -> bool:
    """Whether a body of Dialogflow's is CX'; ES' otherwise. Raises Malformed where it is neither, or could be both."""
    which = decode(_WHICH, body)
    es, cx = len(bytes(which.es)) > 0, len(bytes(which.cx)) > 0
    if es == cx:
        raise Malformed(
            "google: the body must hold responseId (Dialogflow ES) or detectIntentResponseId (Dialogflow CX), not both",
            ("responseId", "detectIntentResponseId"),
        )
    return cx
