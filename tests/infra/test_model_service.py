"""Where the models are: what the settings name, what runs there, and what is said where nothing does."""

import asyncio
import os
import socket
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.models.client import ModelClient
from core.models.service import InProcessModels
from core.models.sessions import CPU, cuda_installed
from core.server import ModelServer
from core.skillbook import SkillBook
from infra.endpoints import readiness
from infra.home import Home
from infra.model_service import Computing, Remote, by_settings
from infra.models import encoder_folder, open_encoder, prepare
from infra.settings import Settings, load
from infra.unix import answers
from shared.channel import Wire
from shared.errors import ModelInvalid, ModelUnavailable, SettingsInvalid, StartFailed
from shared.ports import ModelState
from tests.core.models.contract import CLOCK, soon
from tests.core.models.toys import VERSION, ToyEncoder, toy_batches, toy_polyglot


def settings(home: Path, **more: str) -> Settings:
    """The settings of a home."""
    return load({"NEXUS_HOME": str(home), **more}, home)


def test_a_process_of_its_own_is_the_default_and_named_where_it_is_missing(tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match="NEXUS_MODELS=in-process"):
        by_settings(settings(tmp_path), SkillBook([]))


async def test_a_process_that_was_published_is_asked(short_tmp: Path) -> None:
    home, place = Home(short_tmp / "published", short_tmp), short_tmp / "published.sock"
    with home.claim("test") as claim, toy_batches("en") as batches:
        claim.publish_models(place)
        async with ModelServer(batches, CLOCK).listening(place):
            with by_settings(settings(home.root), SkillBook([])) as models:
                assert isinstance(models, ModelClient)
                assert isinstance(models, Remote)
                assert not isinstance(models, Computing)
                assert (await models.understand("hello", "en", soon())).intent == "hello/5"
    assert home.models_socket() is None, "what an owner published goes with it"


def test_models_of_this_process_count_and_are_not_asked_how_they_are() -> None:
    models = InProcessModels(ToyEncoder(), toy_polyglot("en"), VERSION, CLOCK)
    assert isinstance(models, Computing)
    assert not isinstance(models, Remote)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NEXUS_MODELS", "elsewhere"),
        ("NEXUS_MODEL_PROVIDER", "tpu"),
        ("NEXUS_RAY_ADDRESS", "ray.example.org"),
        ("NEXUS_RAY_ADDRESS", "http://ray:10001/x"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsInvalid, match=name):
        settings(tmp_path, **{name: value})


def test_the_cpu_is_taken_where_there_is_no_gpu_and_a_gpu_can_be_insisted_on() -> None:
    prepare(encoder_folder())
    encoder, folder, manifest = open_encoder(1, "cpu")
    assert (encoder.providers, folder, manifest.precision) == (CPU, encoder_folder(), "int8")
    if cuda_installed():
        pytest.skip("this ONNX Runtime is the one for GPUs")
    assert open_encoder(1, "auto")[0].providers == CPU
    with pytest.raises(ModelInvalid, match="NEXUS_EXTRA=gpu"):
        open_encoder(1, "cuda")


def test_who_answers_at_a_socket_is_told_from_who_left_it(short_tmp: Path) -> None:
    place = short_tmp / "left.sock"
    assert not answers(os.getpid(), place)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        assert not answers(os.getpid(), place)
        listener.listen()
        assert answers(os.getpid(), place)
        assert not answers(os.getppid(), place)
    assert not answers(os.getpid(), place)


async def _well() -> None:
    """A part that answers."""


async def _ill() -> None:
    """Models that do not."""
    raise ModelUnavailable("gone")


def test_readiness_tells_of_a_language_model_where_one_was_chosen() -> None:
    models = ModelState("v1", ("CPU",), True)
    states = [ModelState("phi", (), False), ModelState("phi-1", ("CUDA", "CPU"), True)]
    endpoint = readiness(_well, _well, lambda: models, None, lambda: states[0])
    for expected in ({"ok": False, "detail": "phi, not loaded"}, {"ok": True, "detail": "phi-1 on CUDA, CPU"}):
        reply = asyncio.run(endpoint(Wire("GET", "/readyz", ())))
        assert reply.status == 200
        assert msgspec.json.decode(reply.body)["parts"]["generator"] == expected
        states.pop(0)


@pytest.mark.parametrize(
    ("state", "probe", "expected"),
    [
        (ModelState("v1", ("CPUExecutionProvider",), True), None, (True, "v1 on CPUExecutionProvider")),
        (ModelState("v1", ("CPUExecutionProvider",), False), None, (False, "v1 on CPUExecutionProvider")),
        (ModelState("v1", ("CUDA", "CPU"), True), _well, (True, "v1 on CUDA, CPU")),
        (ModelState("v1", ("CPU",), True), _ill, (False, "v1 on CPU; ModelUnavailable")),
        (ModelState("", (), False), _ill, (False, "no model yet; ModelUnavailable")),
    ],
)
def test_readiness_asks_the_models(state: ModelState, probe: Any, expected: tuple[bool, str]) -> None:
    reply = asyncio.run(readiness(_well, _well, lambda: state, probe)(Wire("GET", "/readyz", ())))
    part = msgspec.json.decode(reply.body)["parts"]["model"]
    assert (reply.status, (part["ok"], part["detail"])) == (200, expected), "without a model NEXUS still answers"
