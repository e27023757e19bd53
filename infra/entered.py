"""A door with the message that came through it, as the engine sees it."""

from shared.channel import ChannelAdapter, Verified
from shared.ports import Documents, Outgoing
from shared.turn import Reply, Request, Turn


class Entered:
    """Implements `shared.ports.Door`: asks the adapter with what it has verified."""

    __slots__ = ("_adapter", "_verified", "answers_first")

    def __init__(self, adapter: ChannelAdapter, verified: Verified) -> None:
        self._adapter, self._verified = adapter, verified
        self.answers_first = adapter.answers_first

    async def answer(self, request: Request, documents: Documents) -> Reply | None:
        """See `Door.answer`."""
        return await self._adapter.answer(self._verified, request, documents)

    def outgoing(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        """See `Door.outgoing`."""
        return self._adapter.outgoing(request, turn)
