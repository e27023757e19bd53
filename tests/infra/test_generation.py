"""The language model that the settings choose, and what they say wrong."""

from pathlib import Path

import pytest

from core.generation.answers import joined
from core.generation.convert import convert
from core.generation.store import Origin, add
from core.models.client import ModelClient
from core.models.service import InProcessModels
from infra.cli.checks import Check, State, generator_check
from infra.generation import models_folder, open_generator
from infra.settings import HIDDEN, Settings, load
from infra.system import SystemClock
from shared.errors import ModelInvalid, ModelUnavailable, SettingsInvalid
from shared.generating import ChatMessage, Prompt
from tests.core.generation.openai import Stand, answer
from tests.core.generation.tiny import write_tiny
from tests.core.models.toys import VERSION, ToyEncoder, toy_polyglot

CLOCK = SystemClock()
MODELS = InProcessModels(ToyEncoder(), toy_polyglot("en"), VERSION, CLOCK)
PROMPT = Prompt((ChatMessage("user", "hi"),), 5)


def settings(folder: Path, **values: str) -> Settings:
    return load({f"NEXUS_{name.upper()}": value for name, value in values.items()}, folder)


async def test_it_is_off_unless_it_is_chosen(tmp_path: Path) -> None:
    async with open_generator(settings(tmp_path), CLOCK, MODELS) as model:
        assert model is None


async def test_a_model_that_was_added(tmp_path: Path) -> None:
    write_tiny(tmp_path / "tiny.gguf")
    chosen = settings(tmp_path, generation="tiny", generation_tokens="128", generation_slots="2")
    card = add(
        models_folder(chosen.home),
        Origin("tiny", "MIT", "here"),
        lambda folder: convert(tmp_path / "tiny.gguf", folder),
    )
    async with open_generator(chosen, CLOCK, MODELS) as model:
        assert model is not None
        assert model.state().version == card.version
        assert model.state().ready
        pieces = [piece async for piece in model.generate(PROMPT, CLOCK.now() + 20)]
    assert pieces[-1].end


async def test_a_model_that_does_not_load_is_told_and_leaves_the_rest_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_generator(settings(tmp_path, generation="nope"), CLOCK, MODELS) as model:
        assert model is not None
        assert (model.state().version, model.state().ready) == ("nope", False)
        with pytest.raises(ModelUnavailable, match="nexus models list"):
            await anext(model.generate(PROMPT, CLOCK.now() + 20))
    assert "did not load" in caplog.text


async def test_a_model_runs_where_the_models_run(tmp_path: Path) -> None:
    with ModelClient(tmp_path / "none.sock", CLOCK) as models:
        async with open_generator(settings(tmp_path, generation="tiny"), CLOCK, models) as model:
            assert model is models.generator
        async with open_generator(settings(tmp_path), CLOCK, models) as model:
            assert model is None


async def test_a_server(tmp_path: Path) -> None:
    async with Stand() as stand:
        stand.stream = [answer("hello")]
        chosen = settings(tmp_path, generation=stand.url + "/", generation_model="toy", generation_key="sk-1")
        async with open_generator(chosen, CLOCK, MODELS) as model:
            assert model is not None
            assert joined([piece async for piece in model.generate(PROMPT, CLOCK.now() + 20)]) == "hello"
    assert stand.requests[0][1]["authorization"] == "Bearer sk-1"
    assert "sk-1" not in repr(chosen)
    assert {entry.name: entry.shown for entry in chosen.entries}["NEXUS_GENERATION_KEY"] == HIDDEN


async def test_what_doctor_says_of_a_server_and_of_a_model_that_is_not_started(tmp_path: Path) -> None:
    async with Stand() as stand:
        stand.stream = [answer("hello")]
        check = await generator_check(settings(tmp_path, generation=stand.url, generation_model="toy"), False)
        assert check == Check("generator", State.OK, f"toy at {stand.url}, which answers")
        stand.status = 401
        with pytest.raises(ModelUnavailable, match="NEXUS_GENERATION_KEY"):
            await generator_check(settings(tmp_path, generation=stand.url, generation_model="toy"), False)
    with pytest.raises(ModelInvalid, match="nexus models list"):
        await generator_check(settings(tmp_path, generation="nope"), False)


async def test_a_server_without_the_name_of_a_model(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="NEXUS_GENERATION_MODEL"):
        async with open_generator(settings(tmp_path, generation="http://127.0.0.1:1/v1"), CLOCK, MODELS):
            pass


@pytest.mark.parametrize("wrong", ["http://me:geheim@host/v1", "http://host/v1?key=geheim", "../geheim", "ftp://host"])
def test_what_may_not_be_chosen(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(SettingsInvalid) as told:
        settings(tmp_path, generation=wrong)
    assert "geheim" not in str(told.value)


def test_a_key_that_is_none_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid) as told:
        settings(tmp_path, generation_key="sk-geheim\n\nsk")
    assert "geheim" not in str(told.value)
