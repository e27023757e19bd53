"""A server that speaks OpenAI's chat completions over real HTTP/1.1, with a stream cut wherever a test wants it cut."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import msgspec


def chunk(text: str | None = None, end: str | None = None, **more: Any) -> bytes:
    """An event of a stream, as OpenAI's reference shows it."""
    delta = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": end}
    body = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "toy", "choices": [choice]}
    return b"data: " + msgspec.json.encode({**body, **more}) + b"\n\n"


def answer(*texts: str, end: str = "stop", usage: tuple[int, int] = (7, 3)) -> bytes:
    """A whole stream: role first, texts, the reason, usage, the end."""
    role = chunk("", choices=[{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}])
    counts = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
    last = chunk(end=end) + chunk(choices=[], usage=counts) + b"data: [DONE]\n\n"
    return role + b"".join(chunk(text) for text in texts) + last


class Stand:
    """The server. It answers with what `stream`, `status` and `headers` say, and keeps what was asked."""

    def __init__(self) -> None:
        self.stream: Sequence[bytes] = ()
        self.status = 200
        self.headers: dict[str, str] = {}
        self.hangs = False  # after the stream, instead of ending it
        self.breaks = False  # after the stream, without an end
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.left = asyncio.Event()
        self._going = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._going.set()
        self._server.close()
        await self._server.wait_closed()

    async def parts(self, asked: dict[str, Any]) -> AsyncGenerator[bytes]:
        """What is streamed to a request; before the first part the status may be set."""
        for part in self.stream:
            yield part

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._turn(reader, writer):
                pass
        self.left.set()
        writer.close()

    async def _turn(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; whether there may be another."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        asked = msgspec.json.decode(body)
        self.requests.append((head[0], headers, asked))
        parts = self.parts(asked)
        first = await anext(parts, b"")
        told = {"content-type": "text/event-stream", "transfer-encoding": "chunked", **self.headers}
        lines = [f"HTTP/1.1 {self.status} Whatever", *(f"{name}: {value}" for name, value in told.items()), "", ""]
        writer.write("\r\n".join(lines).encode())
        async for part in _after(first, parts):
            writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            await writer.drain()
        if self.breaks:
            return False
        if self.hangs:
            waiting = asyncio.create_task(self._going.wait())
            gone = asyncio.create_task(reader.read(1))
            await asyncio.wait([waiting, gone], return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            gone.cancel()
            return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for part in rest:
        yield part
