"""The generator in this process: bounds, deadlines, cancellation, failures."""

import asyncio
from collections.abc import Callable
from threading import Event

import numpy as np
import pytest

from core.generation.answers import joined
from core.generation.cache import Memory, Snapshot
from core.generation.decoder import SlotDecoder
from core.generation.prefixes import Prefixes
from core.generation.service import MOST_WAITING, InProcessGenerator
from shared.errors import DeadlineExceeded, Malformed, ModelUnavailable
from shared.generating import ChatMessage, Piece, Prompt, Sampling
from shared.testing.fakes import FakeClock
from tests.core.generation.conftest import Start

LONG = Prompt((ChatMessage("user", "thin"),), 120, Sampling(1.0, repetition_penalty=1.5, seed=3))
NEVER = 1e12


async def whole(model: InProcessGenerator, prompt: Prompt, deadline: float = NEVER) -> list[Piece]:
    return [piece async for piece in model.generate(prompt, deadline)]


async def until(reached: Callable[[], bool]) -> None:
    """Wait for a condition, for ten seconds at most."""
    async with asyncio.timeout(10):
        while not reached():  # noqa: ASYNC110 (it is a thread that gets there)
            await asyncio.sleep(0.001)


async def test_an_answer_ends_with_its_counts(start: Start) -> None:
    pieces = await whole(start(), LONG)
    assert pieces[-1].end in {"stop", "length"}
    assert all(not piece.end for piece in pieces[:-1])
    assert 0 < pieces[-1].tokens <= 120
    assert pieces[-1].prompt_tokens > 4


async def test_an_answer_ends_where_there_is_no_more_room(start: Start) -> None:
    model = start(length=64)
    prompts = [Prompt(LONG.messages, 100_000, Sampling(1.0, seed=n)) for n in range(20)]
    last = [(await whole(model, prompt))[-1] for prompt in prompts]
    assert {"length"} <= {piece.end for piece in last}
    assert all((piece.prompt_tokens + piece.tokens == 64) is (piece.end == "length") for piece in last)


@pytest.mark.parametrize(
    "prompt",
    [
        Prompt(()),
        Prompt(LONG.messages, 0),
        Prompt((ChatMessage("user", "x" * 300),)),
        Prompt((ChatMessage("user", "x" * 10_000_000),)),
        Prompt(LONG.messages, sampling=Sampling(-1)),
        Prompt(LONG.messages, stop=("x",) * 17),
    ],
)
async def test_what_does_not_fit_is_refused_at_once(start: Start, prompt: Prompt) -> None:
    with pytest.raises(Malformed):
        await whole(start(), prompt)


async def test_stop_strings_are_no_part_of_the_answer(start: Start) -> None:
    model = start()
    text = joined(await whole(model, LONG))
    stop = text[5:8]
    pieces = await whole(model, Prompt(LONG.messages, 120, LONG.sampling, (stop,)))
    assert joined(pieces) == text[: text.find(stop)]
    assert pieces[-1].end == "stop"


async def test_too_many_are_refused_and_the_others_answered(start: Start) -> None:
    model = start(slots=2)
    asked = [asyncio.create_task(whole(model, Prompt(LONG.messages, 8))) for _ in range(MOST_WAITING + 40)]
    found = await asyncio.gather(*asked, return_exceptions=True)
    refused = [one for one in found if isinstance(one, ModelUnavailable)]
    assert refused
    assert all(isinstance(one, ModelUnavailable | list) for one in found)
    assert len(found) - len(refused) >= MOST_WAITING


async def test_no_time_no_answer(start: Start) -> None:
    clock = FakeClock()
    with pytest.raises(DeadlineExceeded):
        await whole(start(clock=clock), LONG, clock.now())


async def test_an_answer_past_its_deadline_makes_room(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    model = start(slots=1, clock=clock)
    step = SlotDecoder.step

    def late(self: SlotDecoder, *given: object) -> object:
        clock.move(1.0)
        return step(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(SlotDecoder, "step", late)
    with pytest.raises(DeadlineExceeded):
        await whole(model, LONG, clock.now() + 3.0)
    await until(lambda: model.load().streams == 0)
    assert await whole(model, Prompt(LONG.messages, 2))


async def test_who_stops_listening_makes_room(start: Start) -> None:
    model = start(slots=1)
    answer = model.generate(LONG, NEVER)
    await anext(answer)
    await answer.aclose()
    await until(lambda: model.load().streams == 0)
    waiting = asyncio.create_task(whole(model, LONG))
    await until(lambda: model.load().streams == 1)
    waiting.cancel()
    await until(lambda: model.load().streams == 0)


async def test_a_failure_is_told_and_does_not_last(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    model = start()

    def fail(*_: object) -> None:
        raise RuntimeError("as asked")

    with monkeypatch.context() as patch:
        patch.setattr(SlotDecoder, "step", fail)
        found = await asyncio.gather(whole(model, LONG), whole(model, LONG), return_exceptions=True)
    assert all(isinstance(one, ModelUnavailable) for one in found)
    assert await whole(model, LONG)


async def test_what_waits_at_the_end_is_told(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    model, going, step = start(slots=1), Event(), SlotDecoder.step

    def slow(self: SlotDecoder, *given: object) -> object:
        assert going.wait(10)
        return step(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(SlotDecoder, "step", slow)
    asked = [asyncio.create_task(whole(model, LONG)) for _ in range(3)]
    await until(lambda: model.load().streams == 1)
    closing = asyncio.create_task(asyncio.to_thread(model.__exit__, None, None, None))
    await until(lambda: not model.state().ready)
    going.set()
    found = await asyncio.gather(*asked, return_exceptions=True)
    await closing
    assert all(isinstance(one, ModelUnavailable) for one in found)
    assert not model.state().ready
    with pytest.raises(ModelUnavailable):
        await whole(model, LONG)


def test_beginnings_are_kept_within_bounds() -> None:
    snapshot = Snapshot([Memory((2, 10, 5), np.float32, "cpu")], 10)
    prefixes = Prefixes(most_bytes=1000)
    for n in range(5):
        prefixes.keep([n], snapshot)
    assert prefixes.held_bytes == 800
    assert [prefixes.find([n]) is not None for n in range(5)] == [False, False, False, True, True]
    prefixes.keep([9], Snapshot([Memory((1000,), np.float32, "cpu")], 10))
    assert prefixes.find([9]) is None
    assert prefixes.find([3]) is not None
    prefixes.keep([7], snapshot)
    assert prefixes.find([4]) is None


def test_the_memory_of_a_stream_is_what_is_said(start: Start) -> None:
    decoder = start(slots=3, length=100)._decoder
    held = sum(memory.nbytes for memory in decoder.cache._memories)
    assert held == decoder.stream_bytes * (decoder.slots + 1)
    assert decoder.stream_bytes == 2 * 2 * 2 * 100 * 16 * 4
