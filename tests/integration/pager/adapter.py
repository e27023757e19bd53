"""A toy channel: messages come in by POST, answers go out through an API of the test's. Its folder holds what the test tells it.

api       the API's URL
die       while it is there, the worker that is about to answer is killed, after the commit
"""

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import httpx
import msgspec
from msgspec import Struct

from shared.channel import ChannelAdapter, Delivered, Limit, Receipt, SidePath, Verified, Wire, WireReply
from shared.errors import DeliveryFailed, DoorShut, NotAuthentic
from shared.jsontext import decode
from shared.ports import DoorPorts, Outgoing
from shared.turn import Keyword, Kind, Request, Turn

HERE = Path(__file__).parent
KEY = "let me in"
_WORDS: dict[str, Keyword] = {
    "STOP": Keyword("stop"),
    "CANCEL": Keyword("stop", ordinary=True),
    "START": Keyword("start"),
    "HELP": Keyword("help"),
}


class Message(Struct, frozen=True):
    """What comes in: a message, or what became of one of ours."""

    id: str = ""
    sender: str = ""
    text: str = ""
    receipt: Receipt | None = None


_decoder = msgspec.json.Decoder(Message)


class Pager(ChannelAdapter):
    """The toy. `/channels/pager/small` takes small bodies only; `/channels/pager/shut` is shut."""

    name: ClassVar[str] = "pager"
    receipt_s: ClassVar[float] = 1.0
    places: ClassVar[frozenset[str]] = frozenset({"", "small", "shut"})
    side_paths: ClassVar[Mapping[str, tuple[str, ...]]] = {"look": ("GET",), "ask": ("POST", "OPTIONS")}

    def __init__(self, ports: DoorPorts) -> None:
        self._clock = ports.clock

    @classmethod
    def open(cls, app: str, config: Mapping[str, str], ports: DoorPorts) -> Self:
        """Always open."""
        return cls(ports)

    def at(self, place: str) -> ChannelAdapter:
        """The place; "shut" is shut."""
        if place == "shut":
            raise DoorShut("pager: set NEXUS_PAGER_SHUT to open this place")
        return _Small(self) if place == "small" else self

    async def verify(self, wire: Wire) -> Verified:
        """Whoever knows the key."""
        if wire.header("x-pager-key") != KEY:
            raise NotAuthentic("pager: the key is wrong")
        return Verified(wire, "default", "pager")

    def receipt(self, verified: Verified) -> Receipt | None:
        """What became of a message of ours."""
        return decode(_decoder, verified.wire.body).receipt

    def parse(self, verified: Verified) -> Request:
        """A message."""
        message, now = decode(_decoder, verified.wire.body), self._clock.now()
        return Request(
            app=verified.app,
            channel=self.name,
            message_id=message.id,
            conversation=message.sender,
            user=message.sender,
            kind=Kind.UTTERANCE,
            received_at=now,
            deadline=now + 10,
            text=message.text,
            keyword=_WORDS.get(message.text),
            opt_out=True,
        )

    def render(self, request: Request, turn: Turn) -> WireReply:
        """Only that it was taken: the answer goes through the API."""
        if (HERE / "die").exists():
            (HERE / "die").unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return WireReply(202, (), turn.outcome.value.encode())

    def outgoing(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        """The answer, in one message."""
        return (Outgoing({"to": request.user, "text": turn.reply.text}),) if turn.reply else ()

    async def deliver(self, content: Mapping[str, Any], reference: str) -> Delivered:
        """To the API of the test."""
        url = (HERE / "api").read_text()
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
                answer = await client.post(url, json={**content, "reference": reference})
        except httpx.HTTPError as error:
            raise DeliveryFailed(f"pager: {type(error).__name__}", in_doubt=True) from None
        if answer.status_code == 200:
            return Delivered(answer.text)
        opted_out = answer.status_code == 403
        raise DeliveryFailed(f"pager: {answer.status_code}", final=opted_out, opted_out=opted_out, retry_after=0.2)

    def side_path(self, path: str) -> SidePath:
        """Says by which method it was asked."""
        return SidePath(_say_how, Limit("pager", per_second=100, burst=100, on_failure="open"))

    def preflight(self, wire: Wire) -> WireReply:
        """Anybody may ask."""
        return WireReply(204, ((b"access-control-allow-methods", b"POST"),), b"")


class _Small(Pager):
    """A place with rules of its own."""

    body_limit: ClassVar[int] = 64
    unauthenticated: ClassVar[int] = 403

    def __init__(self, pager: Pager) -> None:
        self._clock = pager._clock


async def _say_how(wire: Wire) -> WireReply:
    method: Literal["GET", "POST"] = "POST" if wire.method == "POST" else "GET"
    return WireReply(200, ((b"content-type", b"text/plain"),), f"asked by {method}".encode())
