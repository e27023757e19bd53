"""The models in a real one-node Ray on loopback: the contract, and a replica killed while people talk."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.decide import Decider
from core.engine import Engine
from core.models.service import InProcessModels
from core.skillbook import SkillBook
from infra.generation import Generating
from infra.system import RandomIds, SystemClock
from shared.errors import ModelUnavailable
from shared.generating import Generator, Piece, Prompt
from shared.ports import ModelService, ModelState
from shared.testing.fakes import FakeSessionStore, FakeTurnStore
from shared.turn import Kind, Outcome, Request
from tests.core.generation.contract import GeneratorContract, asked, soon, tiny, whole
from tests.core.models.contract import CLOCK, ModelServiceContract
from tests.core.models.toys import VERSION, ToyEncoder, ToyGenerator, toy_polyglot
from tests.house.tree import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: the extra `ray`"),
]
REPLICAS = 2
TALKERS, TURNS = 16, 60


class Endless:
    """A generator, but for "forever", which does not end."""

    def __init__(self, model: Generator) -> None:
        self._model, self._toy = model, ToyGenerator()

    def generate(self, prompt: Prompt, deadline: float) -> AsyncIterator[Piece]:
        """See `Generator.generate`."""
        model = self._toy if prompt.messages and prompt.messages[-1].content == "forever" else self._model
        return model.generate(prompt, deadline)

    def state(self) -> ModelState:
        """See `Generator.state`."""
        return self._model.state()


@contextmanager
def open_toys() -> Iterator[Any]:
    """The models of a replica."""
    from infra.serve.application import Models

    models = InProcessModels(ToyEncoder(), toy_polyglot("en", "de"), VERSION, SystemClock())
    with tempfile.TemporaryDirectory() as place, models, tiny(Path(place)) as model:
        yield Models(models, Endless(model))


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """Ray on this machine alone, with the application."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        # Whatever its name says, this is what makes Ray listen on loopback alone.
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        import ray  # pyright: ignore[reportMissingImports]
        from ray import serve  # pyright: ignore[reportMissingImports]

        from infra.serve.application import NAME, application

        ray.init(
            num_cpus=REPLICAS + 1,
            include_dashboard=False,
            log_to_driver=False,
            object_store_memory=100 * 1024**2,
            _node_ip_address="127.0.0.1",
            runtime_env={"env_vars": {"PYTHONPATH": str(ROOT)}},
        )
        try:
            serve.start(proxy_location="Disabled")
            serve.run(application(open_toys, REPLICAS), name=NAME, route_prefix=None)
            yield
        finally:
            serve.shutdown()
            ray.shutdown()


async def _until_ready(models: Any) -> None:
    async with asyncio.timeout(60):
        while not models.state().ready:  # noqa: ASYNC110 (a cluster decides)
            await asyncio.sleep(0.02)


@pytest.fixture
async def in_cluster(cluster: None) -> AsyncIterator[ModelService]:
    from infra.serve.client import RayModels

    with RayModels("auto", CLOCK) as models:
        await _until_ready(models)
        yield models


class TestInACluster(ModelServiceContract):
    at_once = 100

    @pytest.fixture
    def models(self, in_cluster: ModelService) -> ModelService:
        return in_cluster


class TestGeneratingInACluster(GeneratorContract):
    @pytest.fixture
    def model(self, in_cluster: ModelService) -> Generator:
        assert isinstance(in_cluster, Generating)
        return in_cluster.generator


async def test_an_answer_that_has_begun_ends_with_its_replica(in_cluster: ModelService) -> None:
    assert isinstance(in_cluster, Generating)
    streams = [in_cluster.generator.generate(asked("forever"), soon()) for _ in range(6)]
    for stream in streams:
        await anext(stream)
    before = replicas()
    for one in before:
        one.kill()
    for stream in streams:
        with pytest.raises(ModelUnavailable):
            async for _ in stream:
                pass
    while not await _answers(in_cluster.generator):  # noqa: ASYNC110 (a cluster decides)
        await asyncio.sleep(0.1)


async def _answers(model: Generator) -> bool:
    try:
        return bool(await whole(model, asked("thin", 2)))
    except ModelUnavailable:
        return False


def replicas() -> list[psutil.Process]:
    """The processes of the replicas."""
    ours = psutil.Process().children(recursive=True)
    return [one for one in ours if one.is_running() and "ServeReplica" in " ".join(one.cmdline())]


def request(user: str, number: int) -> Request:
    now = CLOCK.now()
    return Request(
        app="default",
        channel="rest",
        message_id=f"{user}-{number}",
        conversation=user,
        user=user,
        kind=Kind.UTTERANCE,
        received_at=now,
        deadline=now + 30,
        text=f"{user} says {number}",
    )


async def test_a_replica_is_killed_under_load_and_every_turn_is_answered_once(in_cluster: ModelService) -> None:
    turns = FakeTurnStore()
    decider = Decider(turns, in_cluster, SkillBook([]), CLOCK, RandomIds(), "UTC")
    engine = Engine(turns, FakeSessionStore(), decider, CLOCK, RandomIds())
    answered: list[str] = []

    async def talk(user: str) -> None:
        for number in range(TURNS):
            asked = request(user, number)
            turn = await engine.run(asked)
            assert turn.outcome is Outcome.ANSWERED, turn.reason
            assert turn.understanding is not None
            assert turn.understanding.intent == f"{asked.text}/{len(asked.text)}"
            answered.append(turn.message_id)

    talks = [asyncio.ensure_future(talk(f"user{n}")) for n in range(TALKERS)]
    while len(answered) < TALKERS * TURNS // 4:  # noqa: ASYNC110 (a cluster answers)
        await asyncio.sleep(0.005)
    before = replicas()
    assert len(before) == REPLICAS
    before[0].kill()
    await asyncio.gather(*talks)
    assert sorted(answered) == sorted(f"user{n}-{number}" for n in range(TALKERS) for number in range(TURNS))
    assert len(turns.records) == TALKERS * TURNS
    end = time.monotonic() + 60
    while len(replicas()) < REPLICAS:
        assert time.monotonic() < end, "the replica was not replaced"
        await asyncio.sleep(0.1)
