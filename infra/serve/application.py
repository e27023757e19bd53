"""The Ray Serve application: replicas that each hold the models and answer the frames of `core.models.frames`."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec
from ray import serve  # pyright: ignore[reportMissingImports]

from core.models.batches import MOST_WAITING
from core.models.frames import (
    Ask,
    Encode,
    Encoded,
    Health,
    Understand,
    Understood,
    decode_request,
    encode,
    failed,
)
from core.models.service import InProcessModels
from core.skillbook import SkillBook
from core.understanding.meaning import Query
from infra.exports.names import known_to_platforms
from infra.model_service import in_process
from infra.plugins import load_plugins
from infra.settings import load
from infra.system import SystemClock
from shared.errors import Malformed, NexusError

NAME = "nexus-models"

Open = Callable[[], AbstractContextManager[InProcessModels]]
"""Opens the models of a replica."""


class Replica:
    """One copy of the models. What waits at it is computed together."""

    def __init__(self, open_models: Open) -> None:
        """`open_models` is called on the machine that the replica runs on."""
        self._models = open_models().__enter__()
        self._clock = SystemClock()

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

    def check_health(self) -> None:
        """Ray asks this every now and then, and replaces a replica that raises."""
        if not self._models.state().ready:
            raise RuntimeError("the models do not run")

    def _health(self, number: int) -> Health:
        done, waiting = self._models.batches.done, self._models.waiting()
        return Health(
            number, self._models.state(), None, waiting, 0, done.batches, done.texts, done.seconds, done.refused
        )


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


def shipped() -> InProcessModels:
    """The models of the skills that are installed where a replica runs, by the settings there."""
    settings = load(os.environ, Path.cwd())
    return in_process(settings, SkillBook(known_to_platforms(load_plugins(settings.home).skills)))
