"""What every implementation of `Generator` keeps, whatever lies between it and the model: here, the tiny one."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path

import pytest

from core.generation.answers import joined
from infra.system import SystemClock
from shared.errors import DeadlineExceeded, Malformed
from shared.generating import ChatMessage, Generator, Piece, Prompt, Sampling
from tests.core.generation.conftest import converted, generator
from tests.core.generation.tiny import write_tiny

CLOCK = SystemClock()
SLOTS, LENGTH = 4, 160


def soon(seconds: float = 20.0) -> float:
    """A deadline."""
    return CLOCK.now() + seconds


def asked(text: str, most_tokens: int = 20, seed: int = 0, stop: tuple[str, ...] = ()) -> Prompt:
    """A prompt whose answer is a long one, and the same each time."""
    return Prompt((ChatMessage("user", text),), most_tokens, Sampling(1.0, seed=seed), stop)


@contextmanager
def tiny(place: Path, slots: int = SLOTS) -> Iterator[Generator]:
    """The tiny model, made in an empty folder."""
    write_tiny(place / "tiny.gguf")
    (place / "model").mkdir()
    with generator(converted(place / "tiny.gguf", place / "model"), slots, LENGTH) as model:
        yield model


async def whole(model: Generator, prompt: Prompt) -> list[Piece]:
    """All pieces of an answer."""
    return [piece async for piece in model.generate(prompt, soon())]


def told(pieces: list[Piece]) -> tuple[str, str, int, int]:
    """What an answer says, and how it ended."""
    return joined(pieces), pieces[-1].end, pieces[-1].prompt_tokens, pieces[-1].tokens


class GeneratorContract:
    """Inherit, and give a fixture `model`: the tiny model, by whatever way. `reference` is the same in this process."""

    @pytest.fixture
    def model(self) -> AsyncIterator[Generator]:
        """The generator."""
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def reference(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generator]:
        with tiny(tmp_path_factory.mktemp("reference"), slots=1) as model:
            yield model

    async def test_the_last_piece_ends_the_answer_and_counts_it(self, model: Generator) -> None:
        pieces = await whole(model, asked("the thing"))
        assert [bool(piece.end) for piece in pieces] == [False] * (len(pieces) - 1) + [True]
        assert 0 < pieces[-1].tokens <= 20
        assert pieces[-1].prompt_tokens > 4
        assert joined(pieces)

    async def test_an_answer_is_that_of_the_model(self, model: Generator, reference: Generator) -> None:
        for prompt in (asked("thin"), asked("thin", 5), asked("é東😀", 40, 3), asked("other", stop=("e", "in"))):
            assert told(await whole(model, prompt)) == told(await whole(reference, prompt))

    async def test_many_at_once_are_answered_as_one_alone(self, model: Generator, reference: Generator) -> None:
        prompts = [asked(f"inner {n}", 12 + n, n) for n in range(2 * SLOTS)]
        found = await asyncio.gather(*(whole(model, prompt) for prompt in prompts))
        assert [told(one) for one in found] == [told(await whole(reference, prompt)) for prompt in prompts]

    async def test_without_time_there_is_no_answer(self, model: Generator) -> None:
        with pytest.raises(DeadlineExceeded):
            async for _ in model.generate(asked("thin"), soon(-1)):
                pass

    @pytest.mark.parametrize(
        "wrong", [Prompt(()), asked("thin", 0), asked("x" * 2 * LENGTH), asked("thin", stop=("x",) * 17)]
    )
    async def test_what_no_model_can_do_is_refused(self, model: Generator, wrong: Prompt) -> None:
        with pytest.raises(Malformed):
            await whole(model, wrong)
        assert await whole(model, asked("thin", 2)), "and nothing is broken"

    async def test_who_stops_listening_makes_room_for_others(self, model: Generator) -> None:
        for _ in range(3 * SLOTS):
            async with aclosing(model.generate(asked("thin", 100), soon())) as pieces:  # type: ignore[type-var]
                async for _ in pieces:
                    break
        assert await whole(model, asked("thin", 2))

    async def test_state_tells_what_runs(self, model: Generator) -> None:
        await whole(model, asked("thin", 1))
        state = model.state()
        assert (state.version, state.ready) == ("tiny", True)
        assert state.providers
