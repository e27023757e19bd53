"""The model process: one copy of the models, asked by every web worker over a unix socket (see `core.models.frames`).

It computes in batches of what waits (see `core.models.batches`) and streams what a generator says, piece by piece, no faster
than it is read. A request ends with its answer, its deadline, a `Cancel`, or the connection it came over.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import numpy as np

from core.generation.counted import CountedGenerator, Done, closed
from core.models.asking import key_of
from core.models.batches import MOST_TOGETHER, MOST_WAITING, Answer, Batches, Call
from core.models.frames import (
    PROTOCOL,
    Ask,
    Cancel,
    Encode,
    Encoded,
    Generate,
    Generated,
    Health,
    Hello,
    Known,
    Line,
    Understand,
    Understood,
    decode_request,
    encode,
    failed,
)
from core.understanding.meaning import Meaning, Query
from shared.errors import DeadlineExceeded, Malformed, ModelUnavailable, NexusError
from shared.generating import Generator
from shared.ports import Clock

log = logging.getLogger("nexus.models")

MOST_GENERATING = 64
"""Answers that are generated at once; more are refused."""

MOST_UNREAD = 8 * 1024 * 1024
"""Bytes that a caller leaves unread; then its connection ends."""


class ModelServer:
    """Serves models, and a generator where there is one, to whoever connects."""

    def __init__(self, batches: Batches, clock: Clock, generator: Generator | None = None) -> None:
        self.batches = batches
        self.clock = clock
        self.generator = CountedGenerator(generator, clock) if generator is not None else None
        self.generating = 0
        self._lines: set[_Caller] = set()

    @asynccontextmanager
    async def listening(self, path: Path) -> AsyncIterator[None]:
        """Answer at the socket `path` until the block ends. What an earlier process left there is replaced."""
        server = await asyncio.get_running_loop().create_unix_server(lambda: _Caller(self, self._lines), str(path))
        try:
            yield
        finally:
            server.close()
            for line in tuple(self._lines):
                line.hang_up()

    def generate_with(self, generator: Generator) -> CountedGenerator:
        """Serve this generator from now on, and tell everybody who is connected."""
        self.generator = CountedGenerator(generator, self.clock)
        for line in self._lines:
            line.say(self.hello())
        return self.generator

    def share(self, teller: "_Caller", query: Query, meaning: msgspec.Raw) -> None:
        """Tell every other worker that listens what was understood: it answers that too, should this process go away."""
        others = [line for line in self._lines if line is not teller and line.reads]
        if others:
            known = Known(key_of(query), meaning)
            for line in others:
                line.say(known)

    def hello(self) -> Hello:
        """Who answers here."""
        health = self.health(0)
        return Hello(PROTOCOL, health.models, health.generator)

    def health(self, number: int) -> Health:
        """How the process is."""
        return health_of(number, self.batches, self.generator)


def health_of(number: int, batches: Batches, generator: CountedGenerator | None) -> Health:
    """How models are, wherever they are."""
    done, written = batches.done, generator.done if generator is not None else Done()
    return Health(
        number,
        batches.state,
        generator.state() if generator is not None else None,
        batches.waiting,
        generator.under_way if generator is not None else 0,
        done.batches,
        done.texts,
        done.seconds,
        done.refused,
        written.tokens,
        written.refused,
    )


class _Asked(Call):
    """A call that somebody at the other end of a connection waits for."""

    __slots__ = ("_answer", "cancelled", "number")

    def __init__(
        self,
        texts: Sequence[str],
        query: Query | None,
        deadline: float,
        number: int,
        answer: "Callable[[_Asked, Answer | NexusError], None]",
    ) -> None:
        super().__init__(texts, query, deadline)
        self.number = number
        self.cancelled = False
        self._answer = answer

    @property
    def given_up(self) -> bool:
        return self.cancelled

    def settle(self, result: Answer | NexusError) -> None:
        if not self.cancelled:
            self._answer(self, result)


class _Caller(Line):
    """The connection of one caller."""

    def __init__(self, server: ModelServer, lines: "set[_Caller]") -> None:
        super().__init__()
        self._server = server
        self._lines = lines
        self._asked: dict[int, _Asked] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._room = asyncio.Event()
        self._room.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greets."""
        super().connection_made(transport)
        self._lines.add(self)
        self.say(self._server.hello())

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody waits any more."""
        self._lines.discard(self)
        for call in self._asked.values():
            call.cancelled = True
        for task in self._tasks.values():
            task.cancel()
        self._asked.clear()

    @property
    def reads(self) -> bool:
        """Whether the caller keeps up with what it is told."""
        return self._room.is_set()

    def pause_writing(self) -> None:
        """The caller reads too slowly."""
        self._room.clear()

    def resume_writing(self) -> None:
        """It has caught up."""
        self._room.set()

    def broken(self, error: Exception) -> None:
        """Whoever speaks otherwise is no worker of this NEXUS."""
        log.error("not understood by the model process", extra={"error": type(error).__name__})
        super().broken(error)

    def frame_received(self, frame: bytes) -> None:
        """Answer at once, or see to it that an answer comes."""
        request = decode_request(frame)
        try:
            match request:
                case Understand():
                    self._understand(request)
                case Encode():
                    self._encode(request)
                case Cancel():
                    self._cancel(request.number)
                case Generate():
                    self._generate(request)
                case Ask():
                    self.say(self._server.health(request.number))
        except NexusError as error:
            self.say(failed(request.number, error))

    def _understand(self, request: Understand) -> None:
        query = Query(request.text, request.likely, request.sure)
        known = self._server.batches.known(query)
        if known is None:
            self._submit(_Asked((query.text,), query, request.deadline, request.number, self._settled))
        else:
            self.say(Understood(request.number, msgspec.Raw(encode(known))))

    def _encode(self, request: Encode) -> None:
        if not request.texts:
            self.say(Encoded(request.number, []))
            return
        if len(request.texts) > MOST_TOGETHER:
            raise Malformed("these are too many texts for one batch")
        self._submit(_Asked(request.texts, None, request.deadline, request.number, self._settled))

    def _submit(self, call: _Asked) -> None:
        if len(self._asked) >= MOST_WAITING:
            raise ModelUnavailable("this worker waits for too much", retry_after=1)
        self._server.batches.submit(call)
        self._asked[call.number] = call

    def _settled(self, call: _Asked, result: Answer | NexusError) -> None:
        self._asked.pop(call.number, None)
        if isinstance(result, NexusError):
            self.say(failed(call.number, result))
        elif isinstance(result, Meaning):
            meaning = msgspec.Raw(encode(result))
            self.say(Understood(call.number, meaning))
            if call.query is not None:
                self._server.share(self, call.query, meaning)
        else:
            self.say(Encoded(call.number, [row.tobytes() for row in np.asarray(result, "<f4")]))
        self._hold_back()

    def _cancel(self, number: int) -> None:
        call = self._asked.pop(number, None)
        if call is not None:
            call.cancelled = True
        task = self._tasks.get(number)
        if task is not None:
            task.cancel()

    def _generate(self, request: Generate) -> None:
        server = self._server
        if server.generator is None:
            raise ModelUnavailable("no language model has been set up")
        if server.generating >= MOST_GENERATING:
            server.generator.turned_away()
            raise ModelUnavailable("too much is being generated", retry_after=1)
        task = asyncio.ensure_future(self._stream(server.generator, request))
        server.generating += 1
        self._tasks[request.number] = task
        task.add_done_callback(lambda _: self._generated(request.number))

    def _generated(self, number: int) -> None:
        self._server.generating -= 1
        self._tasks.pop(number, None)

    async def _stream(self, generator: Generator, request: Generate) -> None:
        pieces = generator.generate(request.prompt, request.deadline)
        try:
            async with asyncio.timeout(request.deadline - self._server.clock.now()):
                async for piece in pieces:
                    await self._room.wait()
                    self.say(Generated(request.number, piece))
        except TimeoutError:
            self.say(failed(request.number, DeadlineExceeded("the answer was not ready in time")))
        except NexusError as error:
            self.say(failed(request.number, error))
        except Exception:  # whatever a model raises concerns this answer only
            log.exception("generator failed")
            self.say(failed(request.number, ModelUnavailable("the model failed on this; the log says why")))
        finally:
            await closed(pieces)

    def _hold_back(self) -> None:
        """Answers that are not read pile up here: rather none than too many."""
        if self.transport is not None and self.transport.get_write_buffer_size() > MOST_UNREAD:
            log.error("a caller does not read what it asked for")
            self.hang_up()
