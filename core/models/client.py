"""Asks the model process (`core.server`), over one connection that many requests share and that mends itself.

While the process is away, what needs it waits a moment for its return, since whoever supervises it starts it again at once, and
is refused after that. A request that was lost with the process is asked once more.
"""

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self

from msgspec.structs import replace

from core.models.frames import (
    PROTOCOL,
    Cancel,
    Failed,
    Generate,
    Generated,
    Hello,
    Line,
    Request,
    decode_answer,
)
from core.models.remote import A, RemoteModels
from shared.errors import DeadlineExceeded, ModelUnavailable, NexusError
from shared.generating import Piece, Prompt
from shared.ports import Clock, ModelState

log = logging.getLogger("nexus.models")

MOST_PENDING = 1024
"""Requests under way at once; more are refused."""

SILENT_S = 1.0
"""A process that has said nothing for so long, while somebody waited in vain, is taken for gone: its connection is ended."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.01, 0.1  # between attempts to connect
_HELLO_S = 5.0


class _Lost(Exception):
    """The process went away before it answered."""


class _Reply(Generic[A]):
    """An answer that one coroutine waits for."""

    __slots__ = ("future", "kind")

    def __init__(self, kind: type[A], loop: asyncio.AbstractEventLoop) -> None:
        self.kind: type[A] = kind
        self.future: asyncio.Future[A] = loop.create_future()

    def take(self, answer: object) -> bool:
        """Whether that was all."""
        if not self.future.done():
            if isinstance(answer, self.kind):
                self.future.set_result(answer)
            else:
                self.fail(ModelUnavailable("the model process answered something else"))
        return True

    def fail(self, error: Exception) -> None:
        if not self.future.done():
            self.future.set_exception(error)


class _Stream:
    """Pieces of an answer as they come. There are never more than the prompt allows tokens."""

    __slots__ = ("_came", "_error", "_pieces")

    def __init__(self) -> None:
        self._pieces: deque[Piece] = deque()
        self._came = asyncio.Event()
        self._error: Exception | None = None

    def take(self, answer: object) -> bool:
        if not isinstance(answer, Generated):
            self.fail(ModelUnavailable("the model process answered something else"))
            return True
        self._pieces.append(answer.piece)
        self._came.set()
        return bool(answer.piece.end)

    def fail(self, error: Exception) -> None:
        self._error = error
        self._came.set()

    async def next(self) -> Piece:
        """The next piece. Raises what became of the request."""
        while not self._pieces:
            if self._error is not None:
                raise self._error
            self._came.clear()
            await self._came.wait()
        return self._pieces.popleft()


_Waiter = _Reply[Any] | _Stream


class _Process(Line):
    """A connection to the process: who waits for which answer."""

    def __init__(self) -> None:
        super().__init__()
        self.hello: Hello | None = None
        self.told = asyncio.Event()
        """Set when it has greeted, or is gone."""
        self.gone = asyncio.Event()
        self.heard_at = 0.0
        self.waiting: dict[int, _Waiter] = {}

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        self.told.set()
        self.gone.set()
        waiting, self.waiting = self.waiting, {}
        for waiter in waiting.values():
            waiter.fail(_Lost())

    def data_received(self, data: bytes) -> None:
        """It lives."""
        self.heard_at = asyncio.get_running_loop().time()
        super().data_received(data)

    def frame_received(self, frame: bytes) -> None:
        """Hand an answer to who waits for it, if anybody still does."""
        answer = decode_answer(frame)
        if isinstance(answer, Hello):
            self.hello = answer
            self.told.set()
            return
        waiter = self.waiting.get(answer.number)
        if waiter is None:
            return
        if isinstance(answer, Failed):
            waiter.fail(answer.error)
        elif not waiter.take(answer):
            return
        self.waiting.pop(answer.number, None)


class ModelClient(RemoteModels):
    """Implements `shared.ports.ModelService`; `generator` implements `Generator`. Use as a context manager on an event loop."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """`path` is the socket of the process."""
        super().__init__(clock)
        self.generator = RemoteGenerator(self)
        self._path = path
        self._generates = ModelState("", (), False)
        self._numbers = itertools.count(1)
        self._process: _Process | None = None
        self._task: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        self._task = asyncio.get_running_loop().create_task(self._stay_connected())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._process is not None:
            self._process.hang_up()
        self._away()

    def generates(self) -> ModelState:
        """What generates text there."""
        return self._generates

    async def stream(self, prompt: Prompt, deadline: float) -> AsyncIterator[Piece]:
        """See `Generator.generate`."""
        process = await self._connected(deadline)
        number, stream = next(self._numbers), _Stream()
        ended = False
        process.waiting[number] = stream
        try:
            process.say(Generate(number, deadline, prompt))
            while not ended:
                async with asyncio.timeout(self.left(deadline)):
                    piece = await stream.next()
                ended = bool(piece.end)
                yield piece
        except TimeoutError as error:
            raise DeadlineExceeded("the answer was not ready in time") from error
        except _Lost as error:
            ended = True
            raise ModelUnavailable("the model process went away") from error
        except NexusError:
            ended = True
            raise
        finally:
            process.waiting.pop(number, None)
            if not ended:
                process.say(Cancel(number))

    # -- one request -------------------------------------------------------------------------------------------------

    async def answer(self, kind: type[A], request: Callable[[int], Request], deadline: float) -> A:
        """See `RemoteModels.answer`: asked once more where the process went away over it."""
        try:
            return await self._ask(kind, request, deadline)
        except _Lost:
            pass
        try:
            return await self._ask(kind, request, deadline)
        except _Lost as error:
            raise ModelUnavailable("the model process went away over this twice") from error

    async def _ask(self, kind: type[A], request: Callable[[int], Request], deadline: float) -> A:
        left = self.left(deadline)
        process = self._process or await self._connected(deadline)
        if len(process.waiting) >= MOST_PENDING:
            raise ModelUnavailable("too much waits for the models", retry_after=1)
        number, loop = next(self._numbers), asyncio.get_running_loop()
        reply, asked_at = _Reply(kind, loop), loop.time()
        timer = loop.call_later(left, reply.fail, DeadlineExceeded("the model did not answer in time"))
        process.waiting[number] = reply
        try:
            process.say(request(number))
            return await reply.future
        finally:
            timer.cancel()
            if process.waiting.pop(number, None) is not None:  # it is still being computed, for nobody
                process.say(Cancel(number))
                if loop.time() - max(asked_at, process.heard_at) > SILENT_S:
                    log.error("the model process says nothing")
                    process.hang_up()

    async def _connected(self, deadline: float) -> _Process:
        """The connection, as soon as there is one."""
        await self.patiently(deadline)
        if self._process is None:
            raise ModelUnavailable("the model process does not answer")
        return self._process

    # -- the connection ----------------------------------------------------------------------------------------------

    async def _stay_connected(self) -> None:
        pause = _FIRST_PAUSE_S
        while True:
            process = await self._connect()
            if process is not None:
                pause = _FIRST_PAUSE_S
                await process.gone.wait()
                self._away()
                log.warning("the model process went away")
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    async def _connect(self) -> _Process | None:
        """A connection to a process that speaks as we do, or None."""
        loop = asyncio.get_running_loop()
        try:
            _, process = await loop.create_unix_connection(_Process, str(self._path))
        except OSError:
            return None
        with suppress(TimeoutError):
            async with asyncio.timeout(_HELLO_S):
                await process.told.wait()
        hello = process.hello
        if hello is None or hello.protocol != PROTOCOL or process.gone.is_set():
            if hello is not None and hello.protocol != PROTOCOL:
                log.error("the model process is of another version", extra={"version": hello.protocol})
            process.hang_up()
            return None
        self._met(process, hello)
        return process

    def _met(self, process: _Process, hello: Hello) -> None:
        self._process = process
        self.met(hello.models)
        self._generates = hello.generator or ModelState("", (), False)
        log.info("models found", extra=told(hello.models))

    def _away(self) -> None:
        self._process = None
        self.away()
        self._generates = replace(self._generates, ready=False)


def told(state: ModelState) -> dict[str, str]:
    """What a log says of models."""
    return {"version": state.version, "provider": state.providers[0] if state.providers else ""}


class RemoteGenerator:
    """Implements `shared.generating.Generator` by what the model process generates with."""

    def __init__(self, client: ModelClient) -> None:
        self._client = client

    def generate(self, prompt: Prompt, deadline: float) -> AsyncIterator[Piece]:
        """See `Generator.generate`."""
        return self._client.stream(prompt, deadline)

    def state(self) -> ModelState:
        """See `Generator.state`. Not ready where nothing generates."""
        return self._client.generates()
