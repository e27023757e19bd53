"""A load generator of our own: raw HTTP/1.1 over a few connections, every answer checked. Runs as a process of its own.

    python -m bench.load FILE PORT CONNECTIONS SECONDS [--again]

FILE holds the messages (msgpack, see `Message`). It says "ready", waits for a line on stdin, sends until the time or the
messages are over (with --again they begin anew), and prints a Result as JSON. Each connection has one request in flight.
"""

import asyncio
import itertools
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import msgspec
import uvloop
from msgspec import Struct

_LENGTH = b"content-length: "
_PATIENCE_S = 90.0  # for one round
_HEAD_END = b"\r\n\r\n"


class Message(Struct, frozen=True, array_like=True):
    """A whole HTTP request, and what must stand in the body of a right answer."""

    request: bytes
    expect: bytes


class Result(Struct, frozen=True):
    """What one round gave. Latencies are in milliseconds, as the client saw them."""

    answered: int
    wrong: int
    seconds: float
    p50: float
    p99: float
    first_wrong: str = ""


class _Connection(asyncio.Protocol):
    """Sends one message after the other and times the answers."""

    def __init__(self, round_: "_Round") -> None:
        self._round = round_
        self._buffer = b""
        self._message = Message(b"", b"")
        self._sent = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's derives from neither
        self._next()

    def data_received(self, data: bytes) -> None:
        """Take an answer once it is whole."""
        self._buffer += data
        end = self._buffer.find(_HEAD_END)
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.find(_LENGTH)
        length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._buffer) < end + 4 + length:
            return
        body = self._buffer[end + 4 :]
        right = head.startswith(b"http/1.1 2") and self._message.expect in body
        self._round.answer(time.perf_counter() - self._sent, None if right else self._buffer)
        self._buffer = b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        """A connection that the server closes ends its part of the round."""
        self._round.connection_over()

    def _next(self) -> None:
        assert self._transport is not None
        message = self._round.take()
        if message is None:
            self._transport.close()
            return
        self._message = message
        self._sent = time.perf_counter()
        self._transport.write(message.request)


class _Round:
    """What the connections of one round share."""

    def __init__(self, messages: Sequence[Message], connections: int, seconds: float, again: bool) -> None:
        self._messages: Iterator[Message] = itertools.cycle(messages) if again else iter(messages)
        self._open = connections
        self._began = time.perf_counter()
        self._end = self._began + seconds
        self._times: list[float] = []
        self._wrong = 0
        self._first_wrong = b""
        self.over = asyncio.get_running_loop().create_future()

    def take(self) -> Message | None:
        """The next message, or None when the round is over."""
        return None if time.perf_counter() >= self._end else next(self._messages, None)

    def answer(self, seconds: float, wrong: bytes | None) -> None:
        """Count an answer."""
        self._times.append(seconds)
        if wrong is not None:
            self._wrong += 1
            self._first_wrong = self._first_wrong or wrong

    def connection_over(self) -> None:
        """One connection is done."""
        self._open -= 1
        if self._open == 0:
            self.over.set_result(None)

    def result(self) -> Result:
        """The figures."""
        times = sorted(self._times) or [0.0]
        return Result(
            len(self._times),
            self._wrong,
            time.perf_counter() - self._began,
            1000 * times[len(times) // 2],
            1000 * times[min(len(times) - 1, len(times) * 99 // 100)],
            self._first_wrong.decode("utf-8", "replace")[:600],
        )


async def _run(messages: Sequence[Message], port: int, connections: int, seconds: float, again: bool) -> Result:
    loop = asyncio.get_running_loop()
    round_ = _Round(messages, connections, seconds, again)
    for _ in range(connections):
        await loop.create_connection(lambda: _Connection(round_), "127.0.0.1", port)
    await round_.over
    return round_.result()


class Client:
    """A load generator process. `round` gives its result; `go` is called when it is ready, before the first request."""

    def __init__(self, core: int | None) -> None:
        self._prefix = [] if core is None else ["taskset", "-c", str(core)]

    def start(
        self, file: Path, port: int, connections: int, seconds: float, *, again: bool = False
    ) -> "subprocess.Popen[str]":
        """Start a round and return once the client is ready to send."""
        command = [
            *self._prefix,
            sys.executable,
            "-m",
            "bench.load",
            str(file),
            str(port),
            str(connections),
            str(seconds),
            *(["--again"] if again else []),
        ]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        process.stdout.readline()
        return process

    @staticmethod
    def finish(process: "subprocess.Popen[str]") -> Result:
        """Let it send, and wait for the result."""
        try:
            output, _ = process.communicate("go\n", timeout=_PATIENCE_S)
        finally:
            process.kill()
        return msgspec.json.decode(output.encode(), type=Result)


def main() -> None:
    """One round, as the command line says."""
    file, port, connections, seconds, *again = sys.argv[1:]
    messages = msgspec.msgpack.decode(Path(file).read_bytes(), type=list[Message])
    print("ready", flush=True)
    sys.stdin.readline()
    result = uvloop.run(_run(messages, int(port), int(connections), float(seconds), again == ["--again"]))
    print(msgspec.json.encode(result).decode(), flush=True)


if __name__ == "__main__":
    main()
