"""The engine that serves knows the names that exports give."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.skillbook import SkillBook
from infra.app import open_engine
from infra.home import StoreAddresses
from infra.settings import Settings, load
from shared.ports import ModelService
from shared.testing.fakes import FakeModel


async def test_the_engine_finds_handlers_by_exported_names(tmp_path: Path, database_url: str, redis_url: str) -> None:
    settings, addresses = load({"NEXUS_HOME": str(tmp_path)}, tmp_path), StoreAddresses(database_url, redis_url)
    books = []

    @contextmanager
    def model(_: Settings, skills: SkillBook) -> Iterator[ModelService]:
        books.append(skills)
        yield FakeModel()

    async with open_engine(settings, addresses, model):
        assert books[0].from_platform("clock_leap_year") == "clock.leap_year"
