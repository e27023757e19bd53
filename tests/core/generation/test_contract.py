"""The contract of generators: in this process, over the model process' socket, and behind a server that speaks OpenAI's."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.generation.absent import AbsentGenerator
from core.generation.counted import CountedGenerator
from core.generation.remote import RemoteGenerator, Server
from core.models.client import ModelClient
from core.server import ModelServer
from shared.errors import Malformed, ModelUnavailable
from shared.generating import ChatMessage, Generator, Piece, Prompt, Sampling
from tests.core.generation.conftest import generator
from tests.core.generation.contract import CLOCK, LENGTH, SLOTS, GeneratorContract, asked, whole
from tests.core.generation.openai import Stand, chunk
from tests.core.models.contract import soon
from tests.core.models.toys import ToyGenerator, toy_batches


class Backed(Stand):
    """A server with a model."""

    def __init__(self, model: Generator) -> None:
        super().__init__()
        self._model = model

    async def parts(self, asked: dict[str, Any]) -> AsyncGenerator[bytes]:
        """See `Stand.parts`: what the model says, event by event."""
        messages = msgspec.convert(asked["messages"], tuple[ChatMessage, ...])
        sampling = Sampling(asked["temperature"], asked["top_p"], seed=asked["seed"])
        self.status = 200
        piece = Piece("")
        try:
            async for piece in self._model.generate(Prompt(messages, asked["max_tokens"], sampling), soon()):
                yield chunk(piece.text, piece.end or None)
        except Malformed:
            self.status = 400
            return
        yield chunk(choices=[], usage={"prompt_tokens": piece.prompt_tokens, "completion_tokens": piece.tokens})
        yield b"data: [DONE]\n\n"


class TestInProcess(GeneratorContract):
    @pytest.fixture
    def model(self, folder: Path) -> Iterator[Generator]:
        with generator(folder, SLOTS, LENGTH) as model:
            yield model


class TestInTheModelProcess(GeneratorContract):
    @pytest.fixture
    async def model(self, folder: Path, short_tmp: Path) -> AsyncIterator[Generator]:
        with toy_batches("en") as batches, generator(folder, SLOTS, LENGTH) as model:
            async with ModelServer(batches, CLOCK, model).listening(short_tmp / "core.sock"):
                with ModelClient(short_tmp / "core.sock", CLOCK) as client:
                    yield client.generator


class TestBehindAServer(GeneratorContract):
    @pytest.fixture
    async def model(self, folder: Path) -> AsyncIterator[Generator]:
        with generator(folder, SLOTS, LENGTH) as model:
            async with (
                Backed(model) as stand,
                RemoteGenerator(Server(stand.url, "tiny"), CLOCK, at_once=2 * SLOTS) as remote,
            ):
                yield remote

    # A server does not say which tokens it would have left out, so what it counts may be more than what is said.
    async def test_an_answer_is_that_of_the_model(self, model: Generator, reference: Generator) -> None:
        for prompt in (asked("thin"), asked("thin", 5), asked("é東😀", 40, 3), asked("other", stop=("e", "in"))):
            text = "".join([piece.text async for piece in model.generate(prompt, soon())])
            assert text == "".join([piece.text async for piece in reference.generate(prompt, soon())])


# -- counting, and absence ---------------------------------------------------------------------------------------------


class Told:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended: list[tuple[str, int, int]] = []

    def answer_begun(self, seconds: float) -> None:
        assert seconds >= 0
        self.begun += 1

    def answered(self, end: str, prompt_tokens: int, tokens: int) -> None:
        self.ended.append((end, prompt_tokens, tokens))


async def test_answers_are_counted_by_how_they_end() -> None:
    counted, watch = CountedGenerator(ToyGenerator(), CLOCK), Told()
    counted.watch = watch
    await whole(counted, asked("one two three"))
    await whole(counted, asked("one two three", 2))
    pieces = counted.generate(asked("forever"), soon())
    await anext(pieces)
    assert (counted.waiting, counted.under_way) == (0, 1)
    await pieces.aclose()
    with pytest.raises(Malformed):
        await whole(counted, asked("refuse"))
    assert watch.ended == [("stop", 3, 3), ("length", 3, 2), ("left", 0, 0), ("failed", 0, 0)]
    assert (watch.begun, counted.waiting, counted.under_way) == (3, 0, 0)
    assert (counted.done.answers, counted.done.tokens, counted.done.refused) == (4, 5, 0)


async def test_what_is_not_there_says_why_and_is_counted_as_refused() -> None:
    counted = CountedGenerator(AbsentGenerator("phi", "it is being loaded"), CLOCK)
    with pytest.raises(ModelUnavailable, match="being loaded"):
        await whole(counted, asked("hello"))
    assert (counted.done.refused, counted.state().version, counted.state().ready) == (1, "phi", False)


async def test_a_model_that_comes_later_is_told_to_who_is_connected(folder: Path, short_tmp: Path) -> None:
    with toy_batches("en") as batches:
        server = ModelServer(batches, CLOCK, AbsentGenerator("tiny", "it is being loaded"))
        async with server.listening(short_tmp / "late.sock"):
            with ModelClient(short_tmp / "late.sock", CLOCK) as client:
                with pytest.raises(ModelUnavailable, match="being loaded"):
                    await whole(client.generator, asked("thin"))
                assert not client.generator.state().ready
                assert client.state().ready, "understanding waits for no language model"
                with generator(folder, 1, LENGTH) as model:
                    server.generate_with(model)
                    assert (await whole(client.generator, asked("thin", 3)))[-1].end
                    assert client.generator.state().ready
                    health = await client.health(soon())
                    assert (health.tokens, health.unanswered) == (3, 0)
