"""Asks the models in a Ray cluster, behind the same port as every other model service.

Ray does not ask again what a replica took with it when it died: this does, since requests change nothing.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress
from types import TracebackType
from typing import Any, Self

import ray  # pyright: ignore[reportMissingImports]
from ray import serve  # pyright: ignore[reportMissingImports]
from ray.exceptions import RayActorError, RayError  # pyright: ignore[reportMissingImports]
from ray.serve.exceptions import RayServeException  # pyright: ignore[reportMissingImports]

from core.models.client import told
from core.models.frames import Ask, Failed, Generate, Generated, Health, Request, decode_answer, encode
from core.models.remote import A, RemoteModels
from infra.serve.application import NAME
from shared.errors import DeadlineExceeded, ModelUnavailable
from shared.generating import Piece, Prompt
from shared.ports import Clock

log = logging.getLogger("nexus.models")

_ATTEMPTS = 4
_PAUSE_S = 0.05  # before another attempt, doubling: until Ray has noticed which replica is gone
_LOOK_S = 1.0  # between looks at whether anybody answers, while nobody does
_ANSWER_S = 5.0


class RayModels(RemoteModels):
    """Implements `shared.ports.ModelService`. Use as a context manager on an event loop."""

    def __init__(self, address: str, clock: Clock) -> None:
        """`address` is "auto", or the host and port of the cluster."""
        super().__init__(clock)
        self._address = address
        self._handle: Any = None
        self._task: asyncio.Task[None] | None = None
        self._wanted = asyncio.Event()

    def __enter__(self) -> Self:
        self._wanted.set()
        self._task = asyncio.get_running_loop().create_task(self._watch())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task, self._handle = None, None
        self.away()

    async def answer(self, kind: type[A], request: Callable[[int], Request], deadline: float) -> A:
        """See `RemoteModels.answer`."""
        try:
            async with asyncio.timeout(self.left(deadline)):
                await self._there(deadline)
                return await self._asked(kind, encode(request(0)), deadline)
        except TimeoutError as error:
            self._look_after()
            raise DeadlineExceeded("the model did not answer in time") from error

    async def stream(self, prompt: Prompt, deadline: float) -> AsyncIterator[Piece]:
        """See `RemoteModels.stream`. An answer that has begun ends with its replica; one that has not is asked for again."""
        try:
            async with asyncio.timeout(self.left(deadline)):
                await self._there(deadline)
            async with aclosing(self._pieces(encode(Generate(0, deadline, prompt)), deadline)) as pieces:
                while True:
                    async with asyncio.timeout(self.left(deadline)):
                        piece = await anext(pieces)
                    yield piece
                    if piece.end:
                        return
        except TimeoutError as error:
            raise DeadlineExceeded("the answer was not ready in time") from error
        except StopAsyncIteration:
            raise ModelUnavailable("the cluster broke off") from None

    async def _pieces(self, frame: bytes, deadline: float) -> AsyncGenerator[Piece]:
        pause = _PAUSE_S
        for attempt in range(1, _ATTEMPTS + 1):
            begun = False
            answers = self._handle.generate.options(stream=True).remote(frame, self.left(deadline))
            try:
                async for found in answers:
                    begun = True
                    yield _piece(found)
                return
            except (RayError, RayServeException) as error:
                if begun or attempt == _ATTEMPTS or not isinstance(error, RayActorError):
                    self._look_after()
                    raise ModelUnavailable("the cluster went away over this") from error
                log.warning("a replica was lost", extra={"attempt": attempt})
            finally:
                answers.cancel()  # nothing happens where it has ended
            await asyncio.sleep(pause)
            pause *= 2

    async def _there(self, deadline: float) -> None:
        """Raises ModelUnavailable where nobody answers, nor comes back for as long as is worth waiting."""
        if not self.state().ready:
            await self.patiently(deadline)
        if not self.state().ready:
            raise ModelUnavailable("the cluster does not answer")

    async def _asked(self, kind: type[A], frame: bytes, deadline: float) -> A:
        pause = _PAUSE_S
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                answer = decode_answer(await self._handle.ask.remote(frame, self.left(deadline)))
            except (RayError, RayServeException) as error:
                if attempt == _ATTEMPTS or not isinstance(error, RayActorError):
                    self._look_after()
                    raise ModelUnavailable("the cluster does not answer") from error
                log.warning("a replica was lost", extra={"attempt": attempt})
                await asyncio.sleep(pause)
                pause *= 2
                continue
            if isinstance(answer, Failed):
                raise answer.error
            if isinstance(answer, kind):
                return answer
            break
        raise ModelUnavailable("the cluster answered something else")

    def _look_after(self) -> None:
        """Something is wrong: find out whether anybody answers."""
        self.away()
        self._wanted.set()

    async def _watch(self) -> None:
        """Connects, and after every trouble looks until somebody answers again."""
        while True:
            await self._wanted.wait()
            try:
                self._handle = self._handle or await asyncio.to_thread(self._connect)
                health = await self._asked(Health, encode(Ask(0)), self._clock.now() + _ANSWER_S)
            except Exception as error:  # noqa: BLE001 (whatever Ray raises: it is asked again)
                log.warning("the cluster does not answer", extra={"error": type(error).__name__})
                self.away()
                await asyncio.sleep(_LOOK_S)
                continue
            self._wanted.clear()
            self.runs(health.models, health.generator)
            log.info("models found", extra=told(health.models))

    def _connect(self) -> Any:
        if not ray.is_initialized():
            with suppress(RuntimeError):  # another thread was faster
                ray.init(address=self._address, log_to_driver=False, ignore_reinit_error=True)
        return serve.get_app_handle(NAME)


def _piece(frame: bytes) -> Piece:
    """The piece in a frame. Raises what became of the answer instead."""
    answer = decode_answer(frame)
    if isinstance(answer, Failed):
        raise answer.error
    if not isinstance(answer, Generated):
        raise ModelUnavailable("the cluster answered something else")
    return answer.piece
