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

from core.models.frames import (
    PROTOCOL,
    Ask,
    Cancel,
    Failed,
    Generate,
    Generated,
    Hello,
    Known,
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
"""A process that has not said for so long how it is, while somebody waited for it, is taken for gone: its connection is ended.

It says so beside whatever it computes, so no batch takes too long for this."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.01, 0.1  # between attempts to connect
_HELLO_S = 5.0
_LOOKS = 4  # within SILENT_S, at whether it has said anything


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

    def __init__(self, changed: Callable[[Hello], None], learnt: Callable[[Known], None]) -> None:
        """`changed` is told what runs there when that is not what it was, `learnt` what others understood."""
        super().__init__()
        self._learnt = learnt
        self._changed = changed
        self.hello: Hello | None = None
        self.told = asyncio.Event()
        """Set when it has greeted, or is gone."""
        self.gone = asyncio.Event()
        self.heard = True
        """Since the last look."""
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
        self.heard = True
        super().data_received(data)

    def frame_received(self, frame: bytes) -> None:
        """Hand an answer to who waits for it, if anybody still does."""
        answer = decode_answer(frame)
        if isinstance(answer, Hello):
            if self.hello is not None:
                self._changed(answer)
            self.hello = answer
            self.told.set()
            return
        if isinstance(answer, Known):
            self._learnt(answer)
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
    """Implements `shared.ports.ModelService`, and `Generator` by `generator`. Use as a context manager on an event loop."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """`path` is the socket of the process."""
        super().__init__(clock)
        self._path = path
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

    async def stream(self, prompt: Prompt, deadline: float) -> AsyncIterator[Piece]:
        """See `RemoteModels.stream`."""
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
        for _ in range(2):
            with suppress(_Lost):
                return await self._ask(kind, request, deadline)
        raise ModelUnavailable("the model process went away over this twice")

    async def _ask(self, kind: type[A], request: Callable[[int], Request], deadline: float) -> A:
        left = self.left(deadline)
        process = self._process or await self._connected(deadline)
        if len(process.waiting) >= MOST_PENDING:
            raise ModelUnavailable("too much waits for the models", retry_after=1)
        number, loop = next(self._numbers), asyncio.get_running_loop()
        reply = _Reply(kind, loop)
        timer = loop.call_later(left, reply.fail, DeadlineExceeded("the model did not answer in time"))
        process.waiting[number] = reply
        try:
            process.say(request(number))
            return await reply.future
        finally:
            timer.cancel()
            if process.waiting.pop(number, None) is not None:  # it is still being computed, for nobody
                process.say(Cancel(number))

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
                await self._until_gone(process)
                self._away()
                log.warning("the model process went away")
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    async def _until_gone(self, process: _Process) -> None:
        """Wait for the end of a connection; where somebody waits and nothing is said, ask, and end it oneself after a while."""
        silent = 0
        while not process.gone.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(SILENT_S / _LOOKS):
                    await process.gone.wait()
            silent = silent + 1 if not process.heard and (silent or process.waiting) else 0
            process.heard = False
            if silent > _LOOKS:
                log.error("the model process says nothing")
                process.hang_up()
            elif silent:
                process.say(Ask(next(self._numbers)))  # nobody waits for what it says, only for that it does

    async def _connect(self) -> _Process | None:
        """A connection to a process that speaks as we do, or None."""
        loop = asyncio.get_running_loop()
        try:
            _, process = await loop.create_unix_connection(
                lambda: _Process(self._changed, self._learnt), str(self._path)
            )
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
        self._changed(hello)
        log.info("models found", extra=told(hello.models))

    def _changed(self, hello: Hello) -> None:
        self.runs(hello.models, hello.generator)

    def _learnt(self, known: Known) -> None:
        self.learn(known.key, bytes(known.meaning))

    def _away(self) -> None:
        self._process = None
        self.away()


def told(state: ModelState) -> dict[str, str]:
    """What a log says of models."""
    return {"version": state.version, "provider": state.providers[0] if state.providers else ""}
