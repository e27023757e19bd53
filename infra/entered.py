"""A door with the message that came through it, as the engine sees it."""

import logging

from shared.channel import ChannelAdapter, Verified
from shared.ports import Documents, Outgoing
from shared.turn import Reply, Request, Turn

log = logging.getLogger("nexus.doors")


class Entered:
    """Implements `shared.ports.Door`: asks the adapter with what it has verified."""

    __slots__ = ("_adapter", "_verified", "answers_first", "fetches_later", "place")

    def __init__(self, adapter: ChannelAdapter, verified: Verified, place: str = "") -> None:
        self._adapter, self._verified, self.place = adapter, verified, place
        self.answers_first, self.fetches_later = adapter.answers_first, adapter.fetches_later

    async def answer(self, request: Request, documents: Documents) -> Reply | None:
        """See `Door.answer`."""
        return await self._adapter.answer(self._verified, request, documents)

    def outgoing(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        """See `Door.outgoing`."""
        return self._adapter.outgoing(request, turn)

    def later(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        """See `Door.later`."""
        return self._adapter.later(request, turn)

    async def hold(self, request: Request, words: str) -> None:
        """See `Door.hold`."""
        try:
            await self._adapter.hold(self._verified, request, words)
        except Exception as error:  # noqa: BLE001 (a courtesy of foreign code: the answer does not depend on it)
            log.warning("nobody was asked to wait", extra={"channel": request.channel, "error": type(error).__name__})


class Reopened:
    """Implements `shared.ports.Door` for a message that came in at another worker: all that can be done is to write later."""

    __slots__ = ("_adapter", "answers_first", "fetches_later", "place")

    def __init__(self, adapter: ChannelAdapter, place: str) -> None:
        self._adapter, self.place = adapter, place
        self.answers_first, self.fetches_later = False, adapter.fetches_later

    async def answer(self, request: Request, documents: Documents) -> Reply | None:
        """What the door had to say was asked for when the message came."""
        return None

    def outgoing(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        """Nobody waits for an answer."""
        return ()

    def later(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        """See `Door.later`."""
        return self._adapter.later(request, turn)

    async def hold(self, request: Request, words: str) -> None:
        """Nobody waits."""
