"""Doors: which configuration they open with, and that a change counts soon."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from infra.doors import Doors
from infra.keysource import key_source
from infra.plugins import load_plugins
from infra.settings import load
from infra.storage.postgres import Database
from infra.storage.registry import Registry
from infra.system import RandomIds, SystemClock
from infra.vault import Vault
from shared.errors import DoorShut, NotFound
from shared.ports import Clock
from shared.testing.fakes import FakeClock

VAULT = Vault(b"k" * 32)
SKILL = "amzn1.ask.skill.11111111-2222-3333-4444-555555555555"


@pytest.fixture
async def registry(database_url: str) -> AsyncIterator[Registry]:
    async with Database(database_url) as database:
        found = Registry(database, VAULT)
        for app in ("default", "shop"):
            await found.create_app(app)
        yield found


def doors(registry: Registry, home: Path, clock: Clock | None = None, **environment: str) -> Doors:
    settings = load({"NEXUS_HOME": str(home), **environment}, home)
    channels = load_plugins(home).channels
    clock = clock or SystemClock()
    return Doors(
        channels,
        settings,
        registry,
        VAULT,
        clock,
        RandomIds(),
        registry,
        lambda platform, config: key_source(platform, config, clock),
    )


async def test_without_credentials_a_door_is_shut_and_says_how_to_open_it(registry: Registry, tmp_path: Path) -> None:
    for app in ("default", "shop"):
        with pytest.raises(DoorShut, match="skill_id"):
            await doors(registry, tmp_path).adapter(app, "alexa")
    for app, channel in (("nosuch", "alexa"), ("default", "nosuch")):
        with pytest.raises(NotFound):
            await doors(registry, tmp_path).adapter(app, channel)


async def test_the_environment_opens_the_default_app_only(registry: Registry, tmp_path: Path) -> None:
    front = doors(registry, tmp_path, NEXUS_ALEXA_SKILL_ID=SKILL)
    assert (await front.adapter("default", "alexa")).name == "alexa"
    with pytest.raises(DoorShut):
        await front.adapter("shop", "alexa")


async def test_the_database_opens_any_app_and_the_environment_wins(registry: Registry, tmp_path: Path) -> None:
    await registry.configure_channel("shop", "alexa", {"skill_id": SKILL})
    await registry.configure_channel("default", "alexa", {"skill_id": "amzn1.ask.skill.other"})
    front = doors(registry, tmp_path, NEXUS_ALEXA_SKILL_ID=SKILL)
    assert (await front.config("default", "alexa"))["skill_id"] == SKILL
    assert await front.adapter("shop", "alexa") is await front.adapter("shop", "alexa")


async def test_a_changed_configuration_makes_a_new_adapter(registry: Registry, tmp_path: Path) -> None:
    await registry.configure_channel("shop", "alexa", {"skill_id": SKILL})
    front = doors(registry, tmp_path)
    before = await front.adapter("shop", "alexa")
    front._fresh.clear()  # two seconds later
    assert await front.adapter("shop", "alexa") is before
    await registry.configure_channel("shop", "alexa", {"skill_id": SKILL + "x"})
    front._fresh.clear()
    assert await front.adapter("shop", "alexa") is not before
    await registry.configure_channel("shop", "alexa", {"skill_id": ""})
    front._fresh.clear()
    with pytest.raises(DoorShut):
        await front.adapter("shop", "alexa")


async def test_production_ignores_what_only_simulators_may_set(registry: Registry, tmp_path: Path) -> None:
    trusted = {"skill_id": SKILL, "extra_roots": "/somewhere/root.pem", "certificates": "/somewhere"}
    await registry.configure_channel("shop", "alexa", trusted)
    config = await doors(registry, tmp_path, NEXUS_ENV="production").config("shop", "alexa")
    assert config == {"skill_id": SKILL}
    assert "development_origins" in await doors(registry, tmp_path).config("shop", "alexa")


COUNTED = """
from pathlib import Path
with Path(__file__).with_suffix(".imports").open("a") as counted:
    counted.write("x")
"""
SLOW = (
    COUNTED
    + """
import time
while not Path(__file__).with_suffix(".go").exists():
    time.sleep(0.01)
from ask_sdk_core.skill_builder import SkillBuilder
sb = SkillBuilder()
"""
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for skills, off the path again after the test."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "skills").mkdir()
    return tmp_path / "skills"


def imports(folder: Path, module: str) -> int:
    counted = folder / f"{module}.imports"
    return len(counted.read_text()) if counted.exists() else 0


async def mounted(registry: Registry, folder: Path, module: str, source: str) -> None:
    (folder / f"{module}.py").write_text(source)
    values = {"skill_id": SKILL, "skill": f"{module}:sb", "skill_path": str(folder)}
    await registry.configure_channel("shop", "alexa", values)


async def test_a_skill_that_cannot_be_imported_is_not_imported_at_every_request(
    registry: Registry, tmp_path: Path, folder: Path
) -> None:
    await mounted(registry, folder, "door_broken", COUNTED + "import nobody_has_this_package")
    clock = FakeClock()
    front = doors(registry, tmp_path, clock)
    for _ in range(120):  # ten minutes, a request every five seconds
        assert "nobody_has_this_package" in str(await front.find("shop", "alexa"))
        clock.move(5.0)
    assert 5 <= imports(folder, "door_broken") <= 10
    await registry.configure_channel("shop", "alexa", {"skill": ""})
    assert not isinstance(await front.find("shop", "alexa"), DoorShut), "a changed configuration counts at once"


async def test_a_slow_import_holds_up_nothing_else(registry: Registry, tmp_path: Path, folder: Path) -> None:
    await mounted(registry, folder, "door_slow", SLOW)
    front = doors(registry, tmp_path)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        slow = [group.create_task(front.adapter("shop", "alexa")) for _ in range(3)]
        while not imports(folder, "door_slow"):
            assert (await front.adapter("shop", "rest")).name == "rest"
            await asyncio.sleep(0.01)
        assert not any(one.done() for one in slow)
        (folder / "door_slow.go").touch()
    assert len({id(one.result()) for one in slow}) == 1
    assert imports(folder, "door_slow") == 1


async def test_a_changed_configuration_counts_while_the_one_before_is_still_being_opened(
    registry: Registry, tmp_path: Path, folder: Path
) -> None:
    await mounted(registry, folder, "door_stuck", SLOW)
    front = doors(registry, tmp_path)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        waiting = group.create_task(front.adapter("shop", "alexa"))
        while not imports(folder, "door_stuck"):
            assert (await front.adapter("shop", "rest")).name == "rest"
            await asyncio.sleep(0.01)
        await registry.configure_channel("shop", "alexa", {"skill": ""})
        assert (await waiting).answers_first is False
    (folder / "door_stuck.go").touch()
