"""The real model process with a language model: it understands beside it, and without it where it does not load."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.generation.convert import GRAPH, convert
from core.generation.store import Origin, add
from core.models.client import ModelClient
from infra.cli.checks import State, generator_check
from infra.generation import models_folder, open_generator
from infra.home import Home
from infra.settings import child_environment, load
from infra.telemetry.metrics import render
from shared.errors import ModelInvalid, ModelUnavailable
from shared.generating import Generator
from tests.core.generation.contract import CLOCK, asked, soon, whole
from tests.core.generation.tiny import write_tiny
from tests.house.tree import ROOT

START_S = 60.0


@asynccontextmanager
async def core(home: Path, socket: Path) -> AsyncIterator[tuple[ModelClient, Generator]]:
    """The process of a home, which chose the model "tiny"; who asks it, and what they get to generate with."""
    chosen = {"NEXUS_HOME": str(home), "NEXUS_GENERATION": "tiny", "NEXUS_GENERATION_TOKENS": "160"}
    command = [sys.executable, "-m", "infra.core", str(socket)]
    process = subprocess.Popen(  # noqa: ASYNC220 (it takes a millisecond)
        command, cwd=ROOT, env={**child_environment(), **chosen}, stderr=subprocess.PIPE
    )
    try:
        with ModelClient(socket, CLOCK) as client:
            async with asyncio.timeout(START_S):
                while not client.state().ready:  # noqa: ASYNC110 (another process decides)
                    await asyncio.sleep(0.02)
            async with open_generator(load(chosen, home), CLOCK, client) as generator:
                assert generator is not None
                yield client, generator
    finally:
        process.terminate()
        _, said = await asyncio.to_thread(process.communicate)
    (home / "said").write_bytes(said)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home that the model "tiny" was added to."""
    write_tiny(tmp_path / "tiny.gguf")
    home = tmp_path / "home"
    home.mkdir()
    add(models_folder(home), Origin("tiny", "MIT", "here"), lambda to: convert(tmp_path / "tiny.gguf", to))
    return home


async def refusal(generator: Generator) -> str:
    """Why it does not answer."""
    with pytest.raises(ModelUnavailable) as told:
        await whole(generator, asked("thin"))
    return str(told.value)


def metrics(home: Path) -> str:
    """What the process published."""
    return render(home / "run" / "metrics", "1", CLOCK.now()).decode()


async def test_it_generates_beside_understanding(home: Path, short_tmp: Path) -> None:
    async with core(home, short_tmp / "core.sock") as (client, generator):
        async with asyncio.timeout(START_S):
            while not generator.state().ready:  # noqa: ASYNC110 (another process loads it)
                await asyncio.sleep(0.02)
        answers, heard = await asyncio.gather(
            asyncio.gather(*(whole(generator, asked("thin", 30, n)) for n in range(6))),
            client.understand("what time is it in Lima", "en", soon()),
        )
        assert {pieces[-1].tokens > 0 for pieces in answers} == {True}
        assert heard.intent == "clock.time"
        with Home(home, short_tmp).claim("test") as claim:
            claim.publish_models(short_tmp / "core.sock")
            check = await generator_check(load({"NEXUS_HOME": str(home), "NEXUS_GENERATION": "tiny"}, home), True)
        health = await client.health(soon())
        assert check.state is State.OK
        assert f"{generator.state().version} on CPUExecutionProvider" in check.text
        assert f"{health.tokens} tokens generated, 0 prompts refused" in check.text
        assert health.generator == generator.state()
        assert (health.tokens, health.unanswered) == (sum(pieces[-1].tokens for pieces in answers), 0)
    told = metrics(home)
    assert f'nexus_generated_tokens_total{{kind="answer"}} {health.tokens}.0' in told
    assert "nexus_generation_first_seconds_count 6.0" in told
    assert f'nexus_generator_ready{{provider="CPUExecutionProvider",version="{generator.state().version}"' in told


async def test_a_model_that_does_not_load_takes_nothing_else_down(home: Path, short_tmp: Path) -> None:
    (models_folder(home) / "tiny" / GRAPH).write_bytes(b"no graph")
    async with core(home, short_tmp / "broken.sock") as (client, generator):
        async with asyncio.timeout(START_S):
            while "did not load" not in (why := await refusal(generator)):
                assert "being loaded" in why
        assert (await client.understand("what time is it in Lima", "en", soon())).intent == "clock.time"
        assert not generator.state().ready
        with Home(home, short_tmp).claim("test") as claim:
            claim.publish_models(short_tmp / "broken.sock")
            with pytest.raises(ModelInvalid, match="nexus models check tiny"):
                await generator_check(load({"NEXUS_HOME": str(home), "NEXUS_GENERATION": "tiny"}, home), True)
        assert client.state().ready
    told = metrics(home)
    assert 'nexus_generator_ready{provider="none",version="tiny",worker="core"} 0.0' in told
    assert 'nexus_generated_answers_total{end="refused"}' in told
    assert b"language model did not load" in (home / "said").read_bytes()
