"""Between ASGI and Wire: requests in with bounded bodies, answers out."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from shared.channel import Wire, WireReply
from shared.errors import BodyTimeout, BodyTooLarge, Unavailable, UnsupportedEncoding

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

BODY_TIMEOUT_S = 10.0
MOST_ARRIVING = 64 * 1024 * 1024  # bytes


def wire_of(scope: Scope) -> Wire:
    """The request without its body."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    target = raw + b"?" + query if query else raw
    client = scope.get("client")
    return Wire(
        method=scope["method"],
        target=target.decode("latin-1"),
        headers=tuple(scope["headers"]),
        peer=client[0] if client else "",
    )


class Bodies:
    """Reads bodies. Those that are still arriving hold at most `most` bytes together: nobody is proven yet who sends them."""

    def __init__(self, most: int = MOST_ARRIVING) -> None:
        self._left = most

    async def read(self, wire: Wire, receive: Receive, limit: int) -> Wire:
        """The wire with its body, at most `limit` bytes, within the time allowed, and not encoded.

        Raises BodyTooLarge, BodyTimeout, UnsupportedEncoding, or Unavailable when too much arrives at once.
        """
        declared = encoding = b""
        for name, value in wire.headers:
            if name == b"content-length":
                declared = value
            elif name == b"content-encoding":
                encoding = value
        if declared.isdigit() and (len(declared) > 18 or int(declared) > limit):
            raise BodyTooLarge(f"the body is over {limit} bytes")
        body = await _in_time(self._body(receive, limit))
        if encoding.strip().lower() not in (b"", b"identity"):
            raise UnsupportedEncoding("send the body as it is: compressed bodies are not accepted")
        return Wire(wire.method, wire.target, wire.headers, body, wire.peer)

    async def _body(self, receive: Receive, limit: int) -> bytes:
        message = await receive()
        body: bytes = message.get("body", b"")
        if not message.get("more_body", False) and len(body) <= limit and message["type"] == "http.request":
            return body
        chunks = [body]
        held = len(body)
        self._left -= held
        try:
            while held <= limit and message.get("more_body", False):
                if self._left < 0:
                    raise Unavailable("too many large bodies arrive at once")
                message = await receive()
                chunks.append(message.get("body", b""))
                held += len(chunks[-1])
                self._left -= len(chunks[-1])
        finally:
            self._left += held
        if held > limit:
            raise BodyTooLarge(f"the body is over {limit} bytes")
        if message["type"] == "http.disconnect":
            raise BodyTimeout("the connection closed before the body was complete")
        return b"".join(chunks)


async def _in_time(body: Coroutine[Any, Any, bytes]) -> bytes:
    """The body, unless it takes too long. A bare timer: asyncio.timeout costs three times as much, at every request."""
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("a body is read within a task")
    late = False

    def give_up() -> None:
        nonlocal late
        late = True
        task.cancel()

    timer = asyncio.get_running_loop().call_later(BODY_TIMEOUT_S, give_up)
    try:
        return await body
    except asyncio.CancelledError:
        if not late:
            raise
        task.uncancel()
        raise BodyTimeout(f"the body did not arrive within {BODY_TIMEOUT_S:.0f} seconds") from None
    finally:
        timer.cancel()


async def send_reply(send: Send, reply: WireReply, *, head: bool = False) -> None:
    """Send the answer whole, or, to HEAD, all but its body."""
    headers = [*reply.headers, (b"content-length", str(len(reply.body)).encode())]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else reply.body})
