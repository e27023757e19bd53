"""What every implementation of `ModelService` keeps, whatever lies between it and the models: here, toys."""

import asyncio
from collections.abc import AsyncIterator
from typing import ClassVar

import numpy as np
import pytest

from infra.system import SystemClock
from shared.errors import DeadlineExceeded, ModelUnavailable
from shared.ports import ModelService
from shared.turn import Ranked, SlotValue
from tests.core.models.toys import SLOW_S, VERSION

CLOCK = SystemClock()
SIZE_BYTES = 4 * 384


def soon(seconds: float = 20.0) -> float:
    """A deadline."""
    return CLOCK.now() + seconds


class ModelServiceContract:
    """Inherit, and give a fixture `models`: a service of toys that understands English and German."""

    at_once: ClassVar[int] = 200

    @pytest.fixture
    def models(self) -> AsyncIterator[ModelService]:
        """The service."""
        raise NotImplementedError

    async def test_state_tells_what_runs(self, models: ModelService) -> None:
        await models.encode(["hello"], soon())
        state = models.state()
        assert (state.version, state.providers, state.ready) == (VERSION, ("ToyProvider",), True)

    async def test_a_text_is_understood_with_its_slots(self, models: ModelService) -> None:
        found = await models.understand("  hello \n there ", "de-DE", soon(), sure=True)
        assert (found.intent, found.score, found.oos_score) == ("hello there/11", 0.875, 0.25)
        assert found.ranking == (Ranked("hello there/11", 0.875), Ranked("other", 0.125))
        assert found.slots == {"letter": SlotValue("h")}
        assert (found.language, found.source, found.more) == ("de", "model", ())
        assert await models.understand("hello there", "de", soon(), sure=True) == found

    async def test_a_sentence_that_says_several_things_is_several(self, models: ModelService) -> None:
        for _ in range(2):
            first = await models.understand("one / other", "en", soon())
            (second,) = first.more
            assert [(one.intent, one.text, one.slots["letter"].text) for one in (first, second)] == [
                ("one/11", "one", "o"),
                ("other/11", "other", "o"),
            ]

    @pytest.mark.parametrize("text", ["", "\0", "\ud800 lone", "naïve café", "東京は何時ですか", "😀", "x" * 30_000])
    async def test_any_text_can_be_asked_about(self, models: ModelService, text: str) -> None:
        found = await models.understand(text, "en", soon())
        assert found.intent is not None
        assert len((await models.encode([text], soon()))[0]) == SIZE_BYTES

    @pytest.mark.parametrize("count", [0, 1, 31, 32, 33, 70])
    async def test_vectors_come_in_the_order_of_their_texts(self, models: ModelService, count: int) -> None:
        vectors = await models.encode(["x" * (i + 1) for i in range(count)], soon())
        assert [np.frombuffer(vector, "<f4")[0] for vector in vectors] == list(range(1, count + 1))

    async def test_many_at_once_get_each_their_own(self, models: ModelService) -> None:
        texts = [f"text {i}" for i in range(self.at_once)]
        found = await asyncio.gather(*(models.understand(text, "en", soon()) for text in texts))
        assert [one.intent for one in found] == [f"{text}/{len(text)}" for text in texts]

    async def test_without_time_nothing_is_asked(self, models: ModelService) -> None:
        with pytest.raises(DeadlineExceeded):
            await models.understand("never asked before", "en", soon(-1))
        with pytest.raises(DeadlineExceeded):
            await models.encode(["hello"], soon(-1))

    async def test_what_takes_too_long_is_given_up(self, models: ModelService) -> None:
        await models.encode(["warm"], soon())
        with pytest.raises(DeadlineExceeded):
            await models.encode(["slow"], soon(SLOW_S / 4))
        assert len(await models.encode(["after"], soon())) == 1

    async def test_who_gives_up_disturbs_nobody(self, models: ModelService) -> None:
        given_up = asyncio.ensure_future(models.understand("slow and given up", "en", soon()))
        others = [asyncio.ensure_future(models.understand(f"other {i}", "en", soon())) for i in range(20)]
        await asyncio.sleep(SLOW_S / 8)
        given_up.cancel()
        assert len(await asyncio.gather(*others)) == 20
        with pytest.raises(asyncio.CancelledError):
            await given_up

    async def test_a_failure_concerns_who_asked_only(self, models: ModelService) -> None:
        with pytest.raises(ModelUnavailable, match="failed"):
            await models.encode(["fail"], soon())
        with pytest.raises(ModelUnavailable, match="failed"):
            await models.understand("fail", "en", soon())
        assert models.state().ready
        assert len(await models.encode(["fine"], soon())) == 1
