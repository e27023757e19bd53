"""A language model wired into the engine that serves, over real HTTP."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.skillbook import SkillBook
from infra.app import Parts, open_engine
from infra.home import StoreAddresses
from infra.settings import Settings, load
from shared.errors import SettingsInvalid
from shared.ports import ModelService
from shared.testing.fakes import FakeModel
from shared.turn import Kind, Request
from shared.wording import wordings
from tests.core.generation.openai import Stand, answer


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    async with Stand() as stand:
        yield stand


@contextmanager
def understands_nothing(_: Settings, skills: SkillBook) -> Iterator[ModelService]:
    yield FakeModel()


def settings(folder: Path, **values: str) -> Settings:
    return load(
        {"NEXUS_HOME": str(folder), **{f"NEXUS_{name.upper()}": value for name, value in values.items()}}, folder
    )


async def said(parts: Parts, text: str, message_id: str) -> str:
    now = parts.clock.now()
    request = Request(
        app="default", channel="rest", message_id=message_id, conversation="c", user="ann", kind=Kind.UTTERANCE,
        received_at=now, deadline=now + 30, text=text,
    )  # fmt: skip
    turn = await parts.engine.run(request)
    assert turn.reply is not None
    return turn.reply.text


async def test_a_chosen_model_answers_where_no_skill_does(
    tmp_path: Path, database_url: str, redis_url: str, stand: Stand
) -> None:
    chosen, outcomes = settings(tmp_path, generation=stand.url, generation_model="toy"), list[str]()
    async with open_engine(chosen, StoreAddresses(database_url, redis_url), understands_nothing) as parts:
        assert parts.answering is not None
        parts.answering.count = outcomes.append
        stand.stream = [answer("Hello! How are you today?")]
        assert await said(parts, "qwertz", "m1") == "Hello! How are you today?"
        stand.stream = [answer("The capital is Canberra.")]
        assert await said(parts, "the capital of Australia?", "m2") in wordings("unknown", "en")
        stand.status = 503
        assert await said(parts, "and now?", "m3") in wordings("out_of_scope", "en")
    assert outcomes == ["passed", "silenced", "away"]


async def test_without_one_nobody_is_asked(tmp_path: Path, database_url: str, redis_url: str) -> None:
    async with open_engine(settings(tmp_path), StoreAddresses(database_url, redis_url), understands_nothing) as parts:
        assert parts.answering is None
        assert await said(parts, "qwertz", "m1") in wordings("out_of_scope", "en")


async def test_a_server_without_a_model_keeps_it_from_starting(
    tmp_path: Path, database_url: str, redis_url: str, stand: Stand
) -> None:
    with pytest.raises(SettingsInvalid, match="NEXUS_GENERATION_MODEL"):
        async with open_engine(
            settings(tmp_path, generation=stand.url), StoreAddresses(database_url, redis_url), understands_nothing
        ):
            pass
