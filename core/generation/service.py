"""A language model in this process: one thread owns it, and answers come out as they grow."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from queue import SimpleQueue
from threading import Condition, Thread
from types import TracebackType
from typing import Self

from msgspec import Struct

from core.generation.answers import Answer
from core.generation.batch import Batch
from core.generation.decoder import SlotDecoder
from core.generation.prefixes import Prefixes
from core.generation.prompts import Prompts, Reading
from core.generation.tokens import Tokens
from shared.errors import DeadlineExceeded, ModelUnavailable, NexusError
from shared.generating import Piece, Prompt
from shared.ports import Clock, ModelState

log = logging.getLogger("nexus.generation")

MOST_WAITING = 64
"""Prompts that may wait for a place; more are refused."""

PREFIX_BYTES = 64 * 1024 * 1024
"""For the beginnings that prompts share."""


TOGETHER_S = 0.02
"""Pieces that follow one another faster are handed over together: waking who waits costs more than choosing a token."""


class Load(Struct, frozen=True):
    """What is going on: answers being given, prompts waiting, bytes kept for beginnings, how often one was known."""

    streams: int
    waiting: int
    prefix_bytes: int
    prefix_hits: int


class _Call:
    """A prompt, and who waits for its answer."""

    def __init__(self, reading: Reading, answer: Answer, deadline: float) -> None:
        self.reading, self.answer, self.deadline = reading, answer, deadline
        self.gone = self.begun = False
        self.loop = asyncio.get_running_loop()
        self.said: asyncio.Queue[Piece | NexusError] = asyncio.Queue()  # no longer than the answer


_Said = list[tuple[_Call, Piece | NexusError]]


class InProcessGenerator:
    """Implements `shared.generating.Generator`. Use as a context manager: the thread lives from enter to exit.

    Memory is bounded: `decoder.stream_bytes` for each of `decoder.slots` and the staging place, `PREFIX_BYTES`, and
    `MOST_WAITING` prompts. An answer that somebody stops waiting for is given up before its next token.
    """

    def __init__(
        self, decoder: SlotDecoder, prompts: Prompts, tokens: Tokens, ends: frozenset[int], version: str, clock: Clock
    ) -> None:
        """`ends`: the tokens that end an answer. `version` names the model for logs and traces."""
        self._decoder, self._prompts, self._tokens, self._ends = decoder, prompts, tokens, ends
        self._version, self._clock = version, clock
        self._prefixes = Prefixes(PREFIX_BYTES)
        self._batch: Batch[_Call] = Batch(decoder, self._prefixes)
        self._waiting: deque[_Call] = deque()
        self._said: _Said = []
        self._handed_over = 0.0
        self._wake = Condition()
        self._open = False
        self._thread = Thread(target=self._work, name="nexus-generation", daemon=True)
        self._post: SimpleQueue[tuple[asyncio.AbstractEventLoop, _Said] | None] = SimpleQueue()
        self._postman = Thread(target=self._carry, name="nexus-generation-post", daemon=True)

    def __enter__(self) -> Self:
        self._open = True
        self._thread.start()
        self._postman.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._wake:
            self._open = False
            self._wake.notify()
        self._thread.join()
        self._post.put(None)
        self._postman.join()

    async def generate(self, prompt: Prompt, deadline: float) -> AsyncGenerator[Piece]:
        """See `Generator.generate`."""
        left = deadline - self._clock.now()
        if left <= 0:
            raise DeadlineExceeded("no time was left to answer this")
        reading = self._prompts.read(prompt)
        call = _Call(reading, Answer(prompt, reading, self._tokens, self._ends), deadline)
        self._enqueue(call)
        late = DeadlineExceeded("the model did not answer in time")
        timer = call.loop.call_later(
            left, call.said.put_nowait, late
        )  # one an answer: one a piece would cost more than it
        try:
            while True:
                piece = await call.said.get()
                if isinstance(piece, NexusError):
                    raise piece
                yield piece
                if piece.end:
                    return
        finally:
            call.gone = True
            timer.cancel()

    def state(self) -> ModelState:
        """See `Generator.state`."""
        return ModelState(self._version, self._decoder.providers, self._open and self._thread.is_alive())

    def load(self) -> Load:
        """What is going on."""
        return Load(self._batch.streams, len(self._waiting), self._prefixes.held_bytes, self._prefixes.hits)

    def _enqueue(self, call: _Call) -> None:
        with self._wake:
            if not self._open:
                raise ModelUnavailable("the language model is not running")
            if len(self._waiting) >= MOST_WAITING:
                self._waiting = deque(one for one in self._waiting if not self._given_up(one))
            if len(self._waiting) >= MOST_WAITING:
                raise ModelUnavailable("too much waits for the language model", retry_after=1)
            self._waiting.append(call)
            self._wake.notify()

    # -- on the thread -----------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while self._wait():
            late = [*self._batch.drop(self._given_up), *self._admit()]
            self._deliver([(call, DeadlineExceeded("the answer was not ready in time")) for call in late])
            self._deliver(self._advanced())
        with self._wake:
            left = [*self._batch.everyone(), *self._waiting]
            self._waiting.clear()
            self._batch.clear()
        self._deliver([(call, ModelUnavailable("the language model was shut down")) for call in left])

    def _wait(self) -> bool:
        """Until there is something to do; False once the service is closed."""
        with self._wake:
            if not self._batch.busy:
                self._wake.wait_for(lambda: self._waiting or not self._open)
            return self._open

    def _given_up(self, call: _Call) -> bool:
        """Whether nobody waits any more, or should."""
        return call.gone or self._clock.now() >= call.deadline

    def _admit(self) -> list[_Call]:
        """Let those who wait join, as far as there is room; those who gave up meanwhile."""
        late: list[_Call] = []
        while self._batch.room:
            with self._wake:
                if not self._waiting:
                    break
                call = self._waiting.popleft()
            if self._given_up(call):
                late.append(call)
            else:
                self._batch.join(call)
        return late

    def _advanced(self) -> _Said:
        try:
            return list(self._batch.advance())
        except Exception:  # whatever the model raises concerns those whose answers it was giving
            log.exception("language model failed")
            failed = self._batch.everyone()
            self._batch.clear()
            return [(call, ModelUnavailable("the language model failed on this; the log says why")) for call in failed]

    def _deliver(self, said: Sequence[tuple[_Call, Piece | NexusError]]) -> None:
        """Hand over pieces: the first and the last of an answer at once, those between when it is time."""
        told = [(call, found) for call, found in said if isinstance(found, NexusError) or found.text or found.end]
        self._said += told
        urgent = any(not call.begun or isinstance(found, NexusError) or found.end for call, found in told)
        if urgent or self._clock.monotonic() - self._handed_over >= TOGETHER_S:
            self._hand_over()

    def _hand_over(self) -> None:
        """Send pieces to the loops of those who wait, waking each loop once.

        Another thread carries them: waking a loop lets it run at once, and we would wait for it instead of for the model.
        """
        by_loop: dict[asyncio.AbstractEventLoop, _Said] = {}
        for call, found in self._said:
            call.begun = True
            by_loop.setdefault(call.loop, []).append((call, found))
        self._said, self._handed_over = [], self._clock.monotonic()
        for sent in by_loop.items():
            self._post.put(sent)

    def _carry(self) -> None:
        """Runs on a thread of its own."""
        while (sent := self._post.get()) is not None:
            loop, pairs = sent
            try:
                loop.call_soon_threadsafe(_hand_over, pairs)
            except RuntimeError:  # the loop was closed: nobody waits any more
                for call, _ in pairs:
                    call.gone = True


def _hand_over(said: _Said) -> None:
    for call, found in said:
        call.said.put_nowait(found)
