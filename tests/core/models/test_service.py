"""The in-process model service: batches what waits, refuses what is too much, keeps deadlines, survives failures."""

import asyncio
from collections.abc import Iterator, Sequence
from threading import Event

import numpy as np
import pytest
from cachetools import LRUCache

from core.models.batches import MOST_TOGETHER, MOST_WAITING
from core.models.encoder import SIZE, STREAMS, Encoder, Reading, Vectors
from core.models.service import InProcessModels
from core.models.tokenizer import Words
from core.understanding.meaning import Meaning, Part
from core.understanding.model import Reader
from core.understanding.polyglot import Polyglot
from core.understanding.rows import Slot
from core.understanding.tongues import Tongues
from infra.system import SystemClock
from shared.errors import DeadlineExceeded, ModelUnavailable
from shared.turn import SlotValue

CLOCK = SystemClock()
NOBODY = Polyglot({}, Tongues({}))
PATIENCE = 20.0


class Gate:
    """An encoder that waits to be let through, and notes what it was asked. A text "fail" fails."""

    providers: tuple[str, ...] = ("Test",)

    def __init__(self) -> None:
        self.open = Event()
        self.started = Event()
        self.batches: list[list[str]] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.batches.append(list(texts))
        self.started.set()
        assert self.open.wait(PATIENCE)
        if "fail" in texts:
            raise RuntimeError("as asked")
        return np.array([np.full(SIZE, len(text)) for text in texts], np.float32)

    def read(self, texts: Sequence[str]) -> list[Reading]:
        blank = np.zeros(STREAMS, np.float32), np.zeros((0, 3 * SIZE), np.float32)
        return [Reading(Words([], [], []), vector, *blank) for vector in self.encode(texts)]


class Echo:
    """Interprets a text as an intent of its own name, with a slot that is its first letter; "A / B" is two of them."""

    def understand(self, texts: Sequence[str], reader: Reader) -> list[Meaning]:
        return [self._meaning(text, one) for text, one in zip(texts, reader.read(texts), strict=True)]

    def _meaning(self, text: str, reading: Reading) -> Meaning:
        parts: list[Part] = []
        for part in text.split(" / ") if " / " in text else ():
            start = text.index(part)
            parts.append(Part(start, start + len(part), self._meaning(part, reading)))
        slots = (Slot("letter", 0, 1, text[:1]),)
        return Meaning(f"{text}/{reading.vector[0]:.0f}", 1.0, 0.0, (), slots, tuple(parts))


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open.set()


@pytest.fixture
def models(gate: Gate) -> Iterator[InProcessModels]:
    with InProcessModels(gate, Polyglot({"en": Echo()}, Tongues({})), "v1", CLOCK) as service:
        yield service
        gate.open.set()


def soon() -> float:
    return CLOCK.now() + PATIENCE


async def busy(models: InProcessModels, gate: Gate) -> "asyncio.Task[object]":
    """Occupy the thread with one call."""
    task: asyncio.Task[object] = asyncio.create_task(models.encode(["first"], soon()))
    await asyncio.to_thread(gate.started.wait, PATIENCE)
    return task


async def test_what_waits_is_one_batch(models: InProcessModels, gate: Gate) -> None:
    first = await busy(models, gate)
    calls = [asyncio.create_task(models.understand(f"text {i}", "en-GB", soon())) for i in range(5)]
    both = asyncio.create_task(models.encode(["a", "bc"], soon()))
    await asyncio.sleep(0)
    gate.open.set()
    meanings = await asyncio.gather(*calls)
    vectors = await both
    await first
    assert gate.batches == [["first"], [f"text {i}" for i in range(5)], ["a", "bc"]]
    assert [meaning.intent for meaning in meanings] == [f"text {i}/6" for i in range(5)]
    assert [np.frombuffer(vector, "<f4")[0] for vector in vectors] == [1, 2]


async def test_a_batch_is_bounded(models: InProcessModels, gate: Gate) -> None:
    first = await busy(models, gate)
    calls = [asyncio.create_task(models.encode([str(i)], soon())) for i in range(MOST_TOGETHER + 3)]
    many = asyncio.create_task(models.encode(["x"] * (2 * MOST_TOGETHER + 1), soon()))
    await asyncio.sleep(0)
    gate.open.set()
    await asyncio.gather(first, *calls)
    assert len(await many) == 2 * MOST_TOGETHER + 1
    assert max(map(len, gate.batches)) == MOST_TOGETHER


async def test_too_much_is_refused(models: InProcessModels, gate: Gate) -> None:
    first = await busy(models, gate)
    calls = [asyncio.create_task(models.encode([str(i)], soon())) for i in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(ModelUnavailable, match="too much"):
        await models.encode(["one more"], soon())
    gate.open.set()
    await asyncio.gather(first, *calls)


async def test_a_deadline_holds(models: InProcessModels, gate: Gate) -> None:
    first = await busy(models, gate)
    with pytest.raises(DeadlineExceeded):
        await models.understand("late", "en", CLOCK.now() + 0.02)
    with pytest.raises(DeadlineExceeded):
        await models.understand("too late", "en", CLOCK.now() - 1)
    gate.open.set()
    await first
    await models.encode(["after"], soon())
    assert gate.batches == [["first"], ["after"]]


async def test_who_gave_up_is_not_computed(models: InProcessModels, gate: Gate) -> None:
    first = await busy(models, gate)
    call = asyncio.create_task(models.encode(["given up"], soon()))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    gate.open.set()
    await first
    await models.encode(["after"], soon())
    assert gate.batches == [["first"], ["after"]]


async def test_a_failure_concerns_its_batch_only(models: InProcessModels, gate: Gate) -> None:
    gate.open.set()
    with pytest.raises(ModelUnavailable, match="failed"):
        await models.encode(["fail"], soon())
    assert models.state().ready
    assert len(await models.encode(["fine"], soon())) == 1


async def test_closing_answers_who_waits(gate: Gate) -> None:
    with InProcessModels(gate, NOBODY, "v1", CLOCK) as models:
        first = await busy(models, gate)
        waiting = asyncio.create_task(models.encode(["second"], soon()))
        await asyncio.sleep(0)
        closing = asyncio.create_task(asyncio.to_thread(models.__exit__, None, None, None))
        async with asyncio.timeout(PATIENCE):
            while models.state().ready:  # noqa: ASYNC110 (it is a thread that closes)
                await asyncio.sleep(0.001)
        gate.open.set()
        with pytest.raises(ModelUnavailable, match="shut down"):
            await waiting
        await asyncio.gather(first, closing)
        with pytest.raises(ModelUnavailable, match="not running"):
            await models.encode(["third"], soon())


async def test_other_languages_get_the_first_interpreter(models: InProcessModels, gate: Gate) -> None:
    gate.open.set()
    assert (await models.understand("hallo", "de-DE", soon())).intent == "hallo/5"


async def test_without_an_interpreter_nothing_is_understood(gate: Gate) -> None:
    gate.open.set()
    with InProcessModels(gate, NOBODY, "v1", CLOCK) as models:
        with pytest.raises(ModelUnavailable):
            await models.understand("hello", "en", soon())
        assert len(await models.encode(["hello"], soon())) == 1


async def test_the_real_encoder_gives_unit_vectors(encoder: Encoder) -> None:
    with InProcessModels(encoder, NOBODY, "v1", CLOCK) as models:
        vectors = await asyncio.gather(*(models.encode([f"hello {i}"], soon()) for i in range(40)))
        assert models.state().providers == ("CPUExecutionProvider",)
    lengths = [np.linalg.norm(np.frombuffer(one[0], "<f4")) for one in vectors]
    assert lengths == pytest.approx([1.0] * 40, abs=1e-5)


# -- what was understood before ------------------------------------------------------------------------------------------


async def test_what_was_understood_once_is_not_computed_again(models: InProcessModels, gate: Gate) -> None:
    gate.open.set()
    first = await models.understand("hello there", "en-GB", soon())
    again = await models.understand("  hello \n there ", "en-US", soon())
    assert gate.batches == [["hello there"]]
    assert first == again
    assert first.slots == {"letter": SlotValue("h")}
    await models.understand("Hello there", "en", soon())  # slots quote what was said, so case matters
    assert gate.batches == [["hello there"], ["Hello there"]]


async def test_what_is_remembered_is_bounded_and_holds_no_words(
    models: InProcessModels, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.open.set()
    monkeypatch.setattr(models.batches, "_known", LRUCache(2))
    for text in ("my pin is 4711", "two", "three", "my pin is 4711"):
        await models.understand(text, "en", soon())
    assert len(gate.batches) == 4
    assert len(models.batches._known) == 2
    assert "4711" not in repr([one.slots for one in models.batches._known.values()]) + repr(list(models.batches._known))


async def test_another_model_remembers_nothing(gate: Gate) -> None:
    gate.open.set()
    for version in ("v1", "v2"):
        with InProcessModels(gate, Polyglot({"en": Echo()}, Tongues({})), version, CLOCK) as models:
            await models.understand("hello", "en", soon())
    assert gate.batches == [["hello"], ["hello"]]


async def test_a_sentence_that_says_several_things_is_several(models: InProcessModels, gate: Gate) -> None:
    gate.open.set()
    for _ in range(2):  # the second time from what is remembered
        first = await models.understand("one / other", "en", soon())
        (second,) = first.more
        assert [(one.intent, one.text, one.slots["letter"].text) for one in (first, second)] == [
            ("one/11", "one", "o"),
            ("other/11", "other", "o"),
        ]
    assert len(gate.batches) == 1
