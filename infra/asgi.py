"""The ASGI front: finds the door, checks what needs no parsing, and walks a message through it.

    404 · 405 with Allow · 503 door shut · 413 · 408 · 415 · authentication · limit · 400 · then the engine

in this order. A receipt for a message of ours is noted in the outbox instead, without a limit: it costs little, and a platform
does not send it again. Doors and API run on the event loop; everything else is a page and goes to Flask in a bounded thread pool.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any, Protocol

from msgspec.structs import replace

from infra.doors import Doors
from infra.entered import Entered
from infra.handing import PATH as HANDOFFS
from infra.limits import Limits
from infra.paths import Paths, methods
from infra.telemetry.logs import Events
from infra.wire import Bodies, Receive, Scope, Send, send_reply, wire_of
from shared.advice import DEFAULT_APP
from shared.channel import ChannelAdapter, Receipt, Wire, WireReply, asked_for
from shared.errors import (
    DoorShut,
    MethodNotAllowed,
    NexusError,
    NotFound,
)
from shared.ports import Clock, Door
from shared.problem import problem
from shared.turn import Request, Turn

log = logging.getLogger("nexus.front")
events = Events("nexus.front")

Asgi = Callable[[Any, Any, Any], Awaitable[None]]


class Runs(Protocol):
    """What the front needs of the engine."""

    async def run(self, request: Request, door: Door | None = None) -> Turn:
        """See `core.engine.Engine.run`."""
        ...

    async def find(
        self, app: str, channel: str, message_id: str, *, tells: Callable[[Turn], bool] = ...
    ) -> Turn | None:
        """See `core.engine.Engine.find`."""
        ...

    def handed(self, request: Request) -> float | None:
        """See `core.engine.Engine.handed`."""
        ...


class Notes(Protocol):
    """What the front needs of the outbox."""

    async def note(self, app: str, channel: str, receipt: Receipt) -> None:
        """See `infra.outbox.Outbox.note`."""
        ...


class Counts(Protocol):
    """What the front tells the metrics."""

    def turn(
        self, channel: str, outcome: str, seconds: float, stages_ms: Mapping[str, float], degraded: Iterable[str]
    ) -> None:
        """A turn was answered, without the parts that are named."""

    def refused(self, channel: str, code: str) -> None:
        """A request became no turn."""

    def margin(self, channel: str, seconds: float, *, late: bool) -> None:
        """From the decision to the answer it took so long; `late`: the deadline was over by then."""


class Endpoint(Protocol):
    """A fixed path of the front: `/healthz`, `/openapi.json` …"""

    async def __call__(self, wire: Wire) -> WireReply:
        """Answer. Raises NexusError, MethodNotAllowed for other methods than it has."""
        ...


class Front:
    """The ASGI application."""

    def __init__(
        self,
        doors: Doors,
        engine: Runs,
        outbox: Notes,
        limits: Limits,
        counts: Counts,
        clock: Clock,
        endpoints: Mapping[str, Endpoint],
        pages: Asgi,
    ) -> None:
        self._doors = doors
        self._engine = engine
        self._outbox = outbox
        self._limits = limits
        self._counts = counts
        self._clock = clock
        self._endpoints = endpoints
        self._pages = pages
        self._bodies = Bodies()
        own = {one.manifest.path: name for name, one in doors.channels.items() if one.manifest.path is not None}
        self._paths = Paths(own)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if path.startswith(("/channels/", "/apps/")) or path in self._paths.own:
            reply = await self._at_door(path, scope, receive)
        elif (endpoint := self._endpoint(path)) is not None:
            reply = await self._at_endpoint(endpoint, scope)
        elif path.startswith("/v1/"):
            reply = await self._at_message(path, scope)
        else:
            await self._pages(scope, receive, send)
            return
        await send_reply(send, reply, head=scope["method"] == "HEAD")

    # -- doors -----------------------------------------------------------------------------------------------------

    async def _at_door(self, path: str, scope: Scope, receive: Receive) -> WireReply:
        started = self._clock.monotonic()
        wire = wire_of(scope)
        channel, adapter = "none", None
        refuse: Callable[[NexusError], WireReply] = _problem
        try:
            place = self._paths.place(path)
            channel, below = place.channel, place.below
            loaded = self._doors.channels.get(channel)
            if loaded is None:
                channel = "none"  # names from outside are no labels of metrics
                raise NotFound("there is no such channel; a new plug-in counts from the next start of NEXUS on")
            allowed = methods(loaded.adapter, below)
            is_place = below in loaded.adapter.places
            asked = asked_for(loaded.adapter, below)
            if not is_place and asked is None:
                refuse = partial(loaded.adapter.turn_away, below)
            door = await self._doors.find(place.app, channel)
            if wire.method not in allowed:
                raise MethodNotAllowed(f"{wire.method} is no method here", allowed)
            if isinstance(door, DoorShut):
                raise DoorShut(str(door))
            adapter = door.at(below) if is_place else door
            refuse = refuse if not is_place and asked is None else adapter.render_error
            if asked is not None and wire.method != "OPTIONS":
                reply = await self._found(adapter, wire, asked)
            else:
                reply = await self._through(adapter, below, wire, receive, started, is_place=is_place)
        except NexusError as error:
            reply = self._refusal(channel, refuse, error)
        except Exception as error:  # noqa: BLE001 (the last resort: a problem, never a dropped connection)
            reply = self._refusal(channel, refuse, _internal(channel, error))
        return reply if adapter is None else adapter.finish(wire, reply)

    async def _through(
        self, adapter: ChannelAdapter, below: str, wire: Wire, receive: Receive, started: float, *, is_place: bool
    ) -> WireReply:
        if wire.method == "OPTIONS":
            return adapter.preflight(wire)
        wire = await self._bodies.read(wire, receive, adapter.body_limit)
        if is_place:
            return await self._message(adapter, below, wire, started)
        serve = adapter.side_path(below)
        await self._limits.check(serve.limit, wire.peer)
        return await serve.answer(_as_get(wire))

    async def _message(self, adapter: ChannelAdapter, place: str, wire: Wire, started: float) -> WireReply:
        received_at = self._clock.now()
        verified = await adapter.verify(wire)
        receipt = adapter.receipt(verified)
        if receipt is not None:
            await self._outbox.note(verified.app, adapter.name, receipt)
            return adapter.render_receipt()
        if adapter.limit is not None:
            await self._limits.check(adapter.limit, f"{verified.app}:{verified.principal}")
        request = _since(received_at, adapter.parse(verified))
        parsed = self._clock.monotonic()
        try:
            turn = await self._engine.run(request, Entered(adapter, verified, place))
            reply = adapter.render(request, turn)
        except NexusError as error:
            return self._apology(adapter, request, error)
        except Exception as error:  # noqa: BLE001 (the person is told in the platform's own way)
            return self._apology(adapter, request, _internal(adapter.name, error))
        margin = self._engine.handed(request)
        if margin is not None:
            self._counts.margin(adapter.name, margin, late=self._clock.now() > request.deadline)
        done = self._clock.monotonic()
        stages = {**turn.timings_ms, "door": 1000 * (parsed - started)}
        self._counts.turn(adapter.name, turn.outcome.value, done - started, stages, turn.degraded)
        events.info(
            "turn",
            trace_id=turn.trace_id,
            channel=adapter.name,
            app=turn.app,
            outcome=turn.outcome.value,
            duration_ms=round(1000 * (done - started), 2),
        )
        return reply

    def _apology(self, adapter: ChannelAdapter, request: Request, error: NexusError) -> WireReply:
        """What somebody who came in hears when there is no answer."""
        self._counts.refused(adapter.name, error.code)
        return adapter.render_error(error, request)

    def _refusal(self, channel: str, refuse: Callable[[NexusError], WireReply], error: NexusError) -> WireReply:
        self._counts.refused(channel, error.code)
        return refuse(error)

    # -- API and fixed paths ---------------------------------------------------------------------------------------

    async def _at_message(self, path: str, scope: Scope) -> WireReply:
        """`GET /v1/messages/<id>`: what became of a message."""
        wire = wire_of(scope)
        try:
            head, _, message_id = path.rpartition("/")
            channel = self._paths.own.get(head)
            if channel is None or not message_id:
                raise NotFound("there is no such path")
            if wire.method not in ("GET", "HEAD"):
                raise MethodNotAllowed(f"{wire.method} is no method here", ("GET", "HEAD"))
            return await self._found(await self._doors.adapter(DEFAULT_APP, channel), wire, message_id)
        except NexusError as error:
            return self._refusal("rest", _problem, error)
        except Exception as error:  # noqa: BLE001 (the last resort: a problem, never a dropped connection)
            return self._refusal("rest", _problem, _internal("rest", error))

    async def _found(self, adapter: ChannelAdapter, wire: Wire, message_id: str) -> WireReply:
        """What became of a message of whoever asks; all others are not there."""
        verified = await adapter.verify(wire)
        if adapter.limit is not None:
            await self._limits.check(adapter.limit, f"{verified.app}:{verified.principal}")
        found = message_id.isprintable()  # no other id was ever taken, and the store refuses some

        def told(turn: Turn) -> bool:
            return wire.method == "GET" and adapter.may_see(verified, turn)

        turn = await self._engine.find(verified.app, adapter.name, message_id, tells=told) if found else None
        if turn is None or not adapter.may_see(verified, turn):
            raise NotFound("there is no such message")
        return adapter.render_found(turn)

    def _endpoint(self, path: str) -> Endpoint | None:
        below = f"{HANDOFFS}/"
        return self._endpoints.get(HANDOFFS if path.startswith(below) else path)

    async def _at_endpoint(self, endpoint: Endpoint, scope: Scope) -> WireReply:
        wire = wire_of(scope)
        try:
            return await endpoint(wire)
        except NexusError as error:
            return self._refusal("none", _problem, error)
        except Exception as error:  # noqa: BLE001 (the last resort: a problem, never a dropped connection)
            return self._refusal("none", _problem, _internal("none", error))


def _since(received_at: float, request: Request) -> Request:
    """The request with a budget that begins when all of it was here: the platform waits while we look a key up, too."""
    spent = request.received_at - received_at
    if spent <= 0:
        return request
    return replace(request, received_at=received_at, deadline=request.deadline - spent)


def _as_get(wire: Wire) -> Wire:
    """HEAD asks for what GET would answer, less its body."""
    return Wire("GET", wire.target, wire.headers, wire.body, wire.peer) if wire.method == "HEAD" else wire


def _internal(channel: str, error: Exception) -> NexusError:
    log.error("front failed", exc_info=error, extra={"channel": channel, "error": type(error).__name__})
    return NexusError("something went wrong inside NEXUS")


def _problem(error: NexusError) -> WireReply:
    status, headers, body = problem(error)
    return WireReply(status, headers, body)
