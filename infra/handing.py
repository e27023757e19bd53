"""`/v1/handoffs`: the conversations of an app that a human has, and giving them back to the assistant."""

import re
from collections.abc import Awaitable, Callable

from channels.rest.handoffs import HANDOFF_ID, render_handoff, render_handoffs
from infra.storage.handoffs import HandoffStore
from shared.channel import Verified, Wire, WireReply
from shared.errors import MethodNotAllowed, NotFound
from shared.ports import Clock

PATH = "/v1/handoffs"
_RETURN = "return"
_JSON = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))


class HandoffsEndpoint:
    """Answers to whoever `admit` lets in: it gives the API key's app, or raises. Nobody sees another app's."""

    def __init__(self, store: HandoffStore, admit: Callable[[Wire], Awaitable[Verified]], clock: Clock) -> None:
        self._store = store
        self._admit = admit
        self._clock = clock

    async def __call__(self, wire: Wire) -> WireReply:
        """`GET /v1/handoffs`, `POST /v1/handoffs/<id>/return`; the latter may be repeated."""
        handoff_id = _handoff(wire.target.partition("?")[0])
        allowed = ("GET", "HEAD") if handoff_id is None else ("POST",)
        if wire.method not in allowed:
            raise MethodNotAllowed(f"{wire.method} is no method here", allowed)
        app, now = (await self._admit(wire)).app, self._clock.now()
        if handoff_id is None:
            return WireReply(200, _JSON, render_handoffs(await self._store.open(app, now), now))
        returned = await self._store.give_back(app, handoff_id, now)
        if returned is None:
            raise NotFound("there is no such handoff")
        return WireReply(200, _JSON, render_handoff(returned, now))


def _handoff(path: str) -> str | None:
    """The id in a path; None where it is that of the list. Raises NotFound for other paths."""
    if path == PATH:
        return None
    handoff_id, slash, what = path.removeprefix(f"{PATH}/").partition("/")
    if not slash or what != _RETURN or not re.match(HANDOFF_ID, handoff_id):
        raise NotFound("there is no such path")
    return handoff_id
