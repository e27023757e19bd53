"""The fixed paths that machines ask: health, readiness, metrics, the API's description."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from msgspec import Struct

from shared.channel import Wire, WireReply
from shared.errors import MethodNotAllowed
from shared.ports import ModelState

JSON = b"application/json"
_READ = ("GET", "HEAD")
CHECK_S = 1.0


class Endpoint:
    """Answers GET with what `body` gives: status, content type, bytes."""

    def __init__(self, body: Callable[[], Awaitable[tuple[int, bytes, bytes]]]) -> None:
        self._body = body

    async def __call__(self, wire: Wire) -> WireReply:
        """Answer. Raises MethodNotAllowed."""
        if wire.method not in _READ:
            raise MethodNotAllowed(f"{wire.method} is no method here", _READ)
        status, content_type, body = await self._body()
        return WireReply(status, ((b"content-type", content_type), (b"cache-control", b"no-store")), body)


class PartState(Struct, frozen=True):
    """One part of NEXUS as /readyz tells it."""

    ok: bool
    detail: str = ""


def health() -> Endpoint:
    """`/healthz`: this worker's event loop turns."""

    async def body() -> tuple[int, bytes, bytes]:
        return 200, JSON, b'{"status":"ok"}'

    return Endpoint(body)


def fixed(content_type: bytes, content: bytes) -> Endpoint:
    """Always the same bytes."""

    async def body() -> tuple[int, bytes, bytes]:
        return 200, content_type, content

    return Endpoint(body)


def metrics(content_type: bytes, render: Callable[[], bytes]) -> Endpoint:
    """`/metrics`: what Prometheus scrapes, summed over the workers."""

    async def body() -> tuple[int, bytes, bytes]:
        return 200, content_type, await asyncio.to_thread(render)

    return Endpoint(body)


Probe = Callable[[], Awaitable[Any]]
"""Returns if a part answers, raises if it does not."""


def readiness(
    database: Probe,
    valkey: Probe,
    state: Callable[[], ModelState],
    models: Probe | None,
    generator: Callable[[], ModelState] | None = None,
) -> Endpoint:
    """`/readyz`: 200 while Postgres answers, else 503; the state of each part either way.

    `models` asks models that live in another process; None where they are in this one. `generator` is None where no language
    model was chosen.
    """

    async def body() -> tuple[int, bytes, bytes]:
        postgres_state, valkey_state, model_state = await asyncio.gather(
            _check(database), _check(valkey), _model(state, models)
        )
        parts = {"postgres": postgres_state, "valkey": valkey_state, "model": model_state}
        if generator is not None:
            parts["generator"] = PartState(generator().ready, _runs(generator()))
        answer = {"status": "ready" if postgres_state.ok else "unavailable", "parts": parts}
        return 200 if postgres_state.ok else 503, JSON, msgspec.json.encode(answer)

    return Endpoint(body)


async def _model(state: Callable[[], ModelState], probe: Probe | None) -> PartState:
    answers = await _check(probe) if probe is not None else PartState(state().ready)
    return PartState(answers.ok, "; ".join(filter(None, (_runs(state()), answers.detail))))


def _runs(state: ModelState) -> str:
    if not state.providers:
        return f"{state.version}, not loaded" if state.version else "no model yet"
    return f"{state.version} on {', '.join(state.providers)}"


async def _check(probe: Probe) -> PartState:
    try:
        async with asyncio.timeout(CHECK_S):
            await probe()
    except Exception as error:  # noqa: BLE001 (whatever is wrong with the part is what is asked here)
        return PartState(False, type(error).__name__)
    return PartState(True)
