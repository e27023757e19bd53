"""The Ray Serve application: replicas that each hold the models and answer the frames of `core.models.frames`."""

import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, aclosing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from ray import serve  # pyright: ignore[reportMissingImports]

from core.generation.counted import CountedGenerator
from core.models.batches import MOST_WAITING
from core.models.frames import (
    Ask,
    Encode,
    Encoded,
    Generate,
    Generated,
    Health,
    Understand,
    Understood,
    decode_request,
    encode,
    failed,
)
from core.models.service import InProcessModels
from core.server import health_of
from core.skillbook import SkillBook
from core.understanding.meaning import Query
from infra.exports.names import known_to_platforms
from infra.generation import is_local, load_chosen
from infra.model_service import in_process
from infra.plugins import load_plugins
from infra.settings import load
from infra.system import SystemClock
from shared.errors import Malformed, ModelUnavailable, NexusError
from shared.generating import Generator

log = logging.getLogger("nexus.models")

NAME = "nexus-models"


class Models(Struct, frozen=True):
    """What a replica holds."""

    models: InProcessModels
    generator: Generator | None = None


Open = Callable[[], AbstractContextManager[Models]]
"""Opens the models of a replica."""


class Replica:
    """One copy of the models. What waits at it is computed together."""

    def __init__(self, open_models: Open) -> None:
        """`open_models` is called on the machine that the replica runs on."""
        self._opened = open_models()  # kept: what is open ends with it
        held = self._opened.__enter__()
        self._clock = SystemClock()
        self._models = held.models
        self._generator = CountedGenerator(held.generator, self._clock) if held.generator is not None else None

    async def ask(self, frame: bytes, left_s: float) -> bytes:
        """The answer to a request, as the model process would give it. `left_s`: its time; clocks of machines differ."""
        request = decode_request(frame)
        deadline = self._clock.now() + left_s
        try:
            match request:
                case Understand():
                    query = Query(request.text, request.likely, request.sure)
                    meaning = await self._models.meaning(query, deadline)
                    return encode(Understood(request.number, msgspec.Raw(encode(meaning))))
                case Encode():
                    return encode(Encoded(request.number, list(await self._models.encode(request.texts, deadline))))
                case Ask():
                    return encode(self._health(request.number))
            raise Malformed("this is not served here")
        except NexusError as error:
            return encode(failed(request.number, error))

    async def generate(self, frame: bytes, left_s: float) -> AsyncIterator[bytes]:
        """The pieces of an answer, a frame each; the last one has an end, or says what the answer came to."""
        request = decode_request(frame)
        try:
            if not isinstance(request, Generate):
                raise Malformed("this is not served here")
            if self._generator is None:
                raise ModelUnavailable("no language model has been set up")
            async with aclosing(self._generator.generate(request.prompt, self._clock.now() + left_s)) as pieces:
                async for piece in pieces:
                    yield encode(Generated(request.number, piece))
        except NexusError as error:
            yield encode(failed(request.number, error))
        except Exception:  # whatever a model raises concerns this answer only
            log.exception("generator failed")
            yield encode(failed(request.number, ModelUnavailable("the model failed on this; the log says why")))

    def check_health(self) -> None:
        """Ray asks this every now and then, and replaces a replica that raises."""
        if not self._models.state().ready:
            raise RuntimeError("the models do not run")

    def _health(self, number: int) -> Health:
        return health_of(number, self._models.batches, self._generator)


def application(open_models: Open, replicas: int = 1, gpus: float = 0) -> Any:
    """The application to run with `ray.serve.run`; `gpus` is a replica's share of a GPU."""
    deployment: Any = serve.deployment(
        Replica,
        name="models",
        num_replicas=replicas,
        max_ongoing_requests=MOST_WAITING,
        ray_actor_options={"num_cpus": 1, "num_gpus": gpus},
        health_check_period_s=2,
        graceful_shutdown_timeout_s=5,
    )
    return deployment.bind(open_models)


@contextmanager
def shipped() -> Iterator[Models]:
    """The models of the skills that are installed where a replica runs, and the language model, by the settings there."""
    settings = load(os.environ, Path.cwd())
    book = SkillBook(known_to_platforms(load_plugins(settings.home).skills))
    with in_process(settings, book) as models:
        if not is_local(settings):
            yield Models(models)
            return
        with load_chosen(settings, SystemClock()) as generator:
            yield Models(models, generator)
