"""The ASGI front: finds the door, checks what needs no parsing, and walks a message through it.

    404 · 405 with Allow · 503 door shut · 413 · 408 · 415 · authentication · limit · 400 · then the engine

in this order. Doors and API run on the event loop; everything else is a page and goes to Flask in a bounded thread pool.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Any, Protocol

from infra.doors import DEFAULT_APP, Doors
from infra.limits import Limits
from infra.storage.registry import APP_NAME
from infra.telemetry.logs import Events
from infra.wire import Bodies, Receive, Scope, Send, send_reply, wire_of
from shared.channel import ChannelAdapter, Verified, Wire, WireReply
from shared.errors import (
    DoorShut,
    MethodNotAllowed,
    NexusError,
    NotFound,
)
from shared.ports import Clock, Documents, Door, Outgoing
from shared.problem import problem
from shared.turn import Reply, Request, Turn

log = logging.getLogger("nexus.front")
events = Events("nexus.front")

_PATHS = 1024  # of doors, remembered

Asgi = Callable[[Any, Any, Any], Awaitable[None]]


class Runs(Protocol):
    """What the front needs of the engine."""

    async def run(self, request: Request, door: Door | None = None) -> Turn:
        """See `core.engine.Engine.run`."""
        ...

    async def find(self, app: str, channel: str, message_id: str) -> Turn | None:
        """See `core.engine.Engine.find`."""
        ...


class Counts(Protocol):
    """What the front tells the metrics."""

    def turn(self, channel: str, outcome: str, seconds: float, stages_ms: Mapping[str, float]) -> None:
        """A turn was answered."""

    def refused(self, channel: str, code: str) -> None:
        """A request became no turn."""


class Endpoint(Protocol):
    """A fixed path of the front: `/healthz`, `/openapi.json` …"""

    methods: tuple[str, ...]

    async def __call__(self, wire: Wire) -> WireReply:
        """Answer."""
        ...


class _Entered:
    """The door that a message came through, as the engine sees it."""

    __slots__ = ("_adapter", "_verified", "answers_first")

    def __init__(self, adapter: ChannelAdapter, verified: Verified) -> None:
        self._adapter, self._verified = adapter, verified
        self.answers_first = adapter.answers_first

    async def answer(self, request: Request, documents: Documents) -> Reply | None:
        """See `shared.ports.Door`."""
        return await self._adapter.answer(self._verified, request, documents)

    def outgoing(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        """See `shared.ports.Door`."""
        return self._adapter.outgoing(request, turn)


class Front:
    """The ASGI application."""

    def __init__(
        self,
        doors: Doors,
        engine: Runs,
        limits: Limits,
        counts: Counts,
        clock: Clock,
        endpoints: Mapping[str, Endpoint],
        pages: Asgi,
    ) -> None:
        self._doors = doors
        self._engine = engine
        self._limits = limits
        self._counts = counts
        self._clock = clock
        self._endpoints = endpoints
        self._pages = pages
        self._bodies = Bodies()
        self._place = lru_cache(_PATHS)(self._find_place)
        self._own_paths = {
            one.manifest.path: name for name, one in doors.channels.items() if one.manifest.path is not None
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if path.startswith(("/channels/", "/apps/")) or path in self._own_paths:
            reply = await self._at_door(path, scope, receive)
        elif path in self._endpoints:
            reply = await self._at_endpoint(self._endpoints[path], scope)
        elif path.startswith("/v1/"):
            reply = await self._at_message(path, scope)
        else:
            await self._pages(scope, receive, send)
            return
        await send_reply(send, reply)

    # -- doors -----------------------------------------------------------------------------------------------------

    async def _at_door(self, path: str, scope: Scope, receive: Receive) -> WireReply:
        started = self._clock.monotonic()
        wire = wire_of(scope)
        channel, adapter = "none", None
        try:
            app, channel, sub = self._place(path)
            loaded = self._doors.channels.get(channel)
            if loaded is None:
                channel = "none"  # names from outside are no labels of metrics
                raise NotFound("there is no such channel")
            methods = _methods(loaded.adapter, sub)
            door = await self._doors.find(app, channel)
            if wire.method not in methods:
                raise MethodNotAllowed(f"{wire.method} is no method here", methods)
            if isinstance(door, DoorShut):
                raise DoorShut(str(door))
            adapter = door
            if sub in loaded.adapter.places:
                adapter, sub = door.at(sub), ""
            reply = await self._through(adapter, sub, wire, receive, started)
        except NexusError as error:
            reply = self._refusal(channel, adapter, error)
        except Exception as error:  # noqa: BLE001 (the last resort: a problem, never a dropped connection)
            reply = self._refusal(channel, adapter, _internal(channel, error))
        return reply if adapter is None else adapter.finish(wire, reply)

    async def _through(
        self, adapter: ChannelAdapter, sub: str, wire: Wire, receive: Receive, started: float
    ) -> WireReply:
        if wire.method == "OPTIONS":
            return adapter.preflight(wire)
        wire = await self._bodies.read(wire, receive, adapter.body_limit)
        if not sub:
            return await self._message(adapter, wire, started)
        serve = adapter.side_path(sub)
        await self._limits.check(serve.limit, wire.peer)
        return await serve.answer(wire)

    async def _message(self, adapter: ChannelAdapter, wire: Wire, started: float) -> WireReply:
        verified = await adapter.verify(wire)
        if adapter.limit is not None:
            await self._limits.check(adapter.limit, f"{verified.app}:{verified.principal}")
        request = adapter.parse(verified)
        parsed = self._clock.monotonic()
        try:
            turn = await self._engine.run(request, _Entered(adapter, verified))
            reply = adapter.render(request, turn)
        except NexusError as error:
            return self._apology(adapter, request, error)
        except Exception as error:  # noqa: BLE001 (the person is told in the platform's own way)
            return self._apology(adapter, request, _internal(adapter.name, error))
        done = self._clock.monotonic()
        stages = {**turn.timings_ms, "door": 1000 * (parsed - started)}
        self._counts.turn(adapter.name, turn.outcome.value, done - started, stages)
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

    def _refusal(self, channel: str, adapter: ChannelAdapter | None, error: NexusError) -> WireReply:
        self._counts.refused(channel, error.code)
        return _problem(error) if adapter is None else adapter.render_error(error)

    def _find_place(self, path: str) -> tuple[str, str, str]:
        """App, channel and what follows `/channels/<name>`; a path of a door's own stands for the whole."""
        own = self._own_paths.get(path)
        if own is not None:
            return DEFAULT_APP, own, ""
        parts = path.split("/")[1:]
        app = DEFAULT_APP
        if parts[0] == "apps":
            app, parts = parts[1], parts[2:]
        if not APP_NAME.fullmatch(app):
            raise NotFound("there is no such app")
        if parts[:1] != ["channels"] or len(parts) not in (2, 3) or parts[1] in self._own_paths.values():
            raise NotFound("there is no such path")
        return app, parts[1], parts[2] if len(parts) == 3 else ""

    # -- API and fixed paths ---------------------------------------------------------------------------------------

    async def _at_message(self, path: str, scope: Scope) -> WireReply:
        """`GET /v1/messages/<id>`: what became of a message."""
        wire = wire_of(scope)
        try:
            head, _, message_id = path.rpartition("/")
            channel = self._own_paths.get(head)
            if channel is None or not message_id:
                raise NotFound("there is no such path")
            if wire.method not in ("GET", "HEAD"):
                raise MethodNotAllowed(f"{wire.method} is no method here", ("GET", "HEAD"))
            adapter = await self._doors.adapter(DEFAULT_APP, channel)
            verified = await adapter.verify(wire)
            if adapter.limit is not None:
                await self._limits.check(adapter.limit, f"{verified.app}:{verified.principal}")
            turn = await self._engine.find(verified.app, channel, message_id)
            if turn is None:
                raise NotFound("there is no such message")
            return adapter.render_found(turn)
        except NexusError as error:
            return self._refusal("rest", None, error)
        except Exception as error:  # noqa: BLE001 (the last resort: a problem, never a dropped connection)
            return self._refusal("rest", None, _internal("rest", error))

    async def _at_endpoint(self, endpoint: Endpoint, scope: Scope) -> WireReply:
        wire = wire_of(scope)
        if wire.method not in endpoint.methods:
            return _problem(MethodNotAllowed(f"{wire.method} is no method here", endpoint.methods))
        try:
            return await endpoint(wire)
        except Exception as error:  # noqa: BLE001 (the last resort: a problem, never a dropped connection)
            return self._refusal("none", None, _internal("none", error))


def _methods(adapter: type[ChannelAdapter], path: str) -> tuple[str, ...]:
    """The methods of a path below a door. Raises NotFound where there is no such path."""
    if path in adapter.places:
        return adapter.methods
    if path in adapter.side_paths:
        return adapter.side_paths[path]
    raise NotFound("there is no such path")


def _internal(channel: str, error: Exception) -> NexusError:
    log.error("front failed", exc_info=error, extra={"channel": channel, "error": type(error).__name__})
    return NexusError("something went wrong inside NEXUS")


def _problem(error: NexusError) -> WireReply:
    status, headers, body = problem(error)
    return WireReply(status, headers, body)
