"""Doors: which configuration they open with, and that a change counts soon."""

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

VAULT = Vault(b"k" * 32)
SKILL = "amzn1.ask.skill.11111111-2222-3333-4444-555555555555"


@pytest.fixture
async def registry(database_url: str) -> AsyncIterator[Registry]:
    async with Database(database_url) as database:
        found = Registry(database, VAULT)
        for app in ("default", "shop"):
            await found.create_app(app)
        yield found


def doors(registry: Registry, home: Path, **environment: str) -> Doors:
    settings = load({"NEXUS_HOME": str(home), **environment}, home)
    channels = load_plugins(home).channels
    clock = SystemClock()
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
