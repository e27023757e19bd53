"""Answers that are given side by side are those given alone: ragged prompts, joins and leaves in flight, any sampling."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.generation.answers import joined
from core.generation.service import InProcessGenerator
from shared.generating import ChatMessage, Piece, Prompt, Sampling
from tests.core.generation.conftest import Start, generator

SYSTEM = "the inner thin thing in the other tin is rather thin"
SAMPLINGS = st.builds(
    Sampling,
    temperature=st.sampled_from([0.0, 0.5, 1.5]),
    top_p=st.sampled_from([1.0, 0.8]),
    top_k=st.sampled_from([0, 5]),
    repetition_penalty=st.sampled_from([1.0, 1.3]),
    seed=st.integers(0, 9),
)
PROMPTS = st.builds(
    lambda system, text, most, sampling, stop: Prompt(
        (*([ChatMessage("system", SYSTEM)] if system else []), ChatMessage("user", text)), most, sampling, stop
    ),
    st.booleans(),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12),
    st.integers(1, 24),
    SAMPLINGS,
    st.sampled_from([(), ("e",), ("in", "th")]),
)


async def whole(model: InProcessGenerator, prompt: Prompt, after: int = 0) -> list[Piece]:
    """The pieces of an answer that is asked for after some turns of the loop."""
    for _ in range(after):
        await asyncio.sleep(0)
    return [piece async for piece in model.generate(prompt, 1e12)]


def told(pieces: list[Piece]) -> tuple[str, str, int, int]:
    return joined(pieces), pieces[-1].end, pieces[-1].prompt_tokens, pieces[-1].tokens


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.lists(st.tuples(PROMPTS, st.integers(0, 200)), min_size=2, max_size=7))
def test_together_as_alone(folder: Path, asked: list[tuple[Prompt, int]]) -> None:
    async def run() -> None:
        with generator(folder, slots=3) as model:
            together = await asyncio.gather(*(whole(model, prompt, after) for prompt, after in asked))
        with generator(folder, slots=1) as model:
            alone = [await whole(model, prompt) for prompt, _ in asked]
        assert [told(pieces) for pieces in together] == [told(pieces) for pieces in alone]

    asyncio.run(run())


async def test_who_leaves_early_changes_nothing_for_the_others(start: Start) -> None:
    model = start(slots=4, length=192)
    prompts = [Prompt((ChatMessage("user", "thin" * n),), 100, Sampling(1.0, seed=n)) for n in range(1, 6)]
    alone = [told(await whole(model, prompt)) for prompt in prompts]

    async def leaves() -> None:
        async for piece in model.generate(prompts[0], 1e12):
            if piece.text:
                break

    found = await asyncio.gather(*(whole(model, prompt) for prompt in prompts[1:]), leaves(), leaves())
    assert [told(pieces) for pieces in found[:-2] if pieces] == alone[1:]


async def test_a_known_beginning_changes_nothing(start: Start) -> None:
    model = start()
    prompts = [
        Prompt((ChatMessage("system", SYSTEM), ChatMessage("user", f"thin {n}")), 20, Sampling(1.0, seed=n))
        for n in range(4)
    ]
    found = [told(await whole(model, prompt)) for prompt in prompts]
    assert model.load().prefix_hits == 3
    assert [told(await whole(start(), prompt)) for prompt in prompts] == found


@pytest.mark.parametrize("temperature", [0.0, 1.0])
async def test_a_seed_gives_the_same_again(start: Start, temperature: float) -> None:
    model = start()

    async def texts() -> list[str]:
        prompts = [Prompt((ChatMessage("user", "the thing"),), 40, Sampling(temperature, seed=n)) for n in range(4)]
        return [joined(await whole(model, prompt)) for prompt in prompts]

    found = await texts()
    assert found == await texts()
    assert len(set(found)) == (1 if temperature == 0 else 4)
