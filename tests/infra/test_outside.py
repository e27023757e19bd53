"""Settings of skills: environment over nexus.toml over the database over defaults; sealed, per app, live within two seconds."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from infra.outside import SkillConfigs, open_outside
from infra.plugins import load_plugins
from infra.settings import Settings, load
from infra.storage.postgres import Database
from infra.storage.registry import Registry
from infra.vault import Vault
from shared.errors import DecryptionFailed, NotFound, PluginInvalid, StoreUnavailable
from shared.testing.fakes import FakeClock
from tests.infra.lamp import put_lamp

VAULT = Vault(b"k" * 32)
SECRET = "canary-7f3a"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    put_lamp(tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
async def registry(database_url: str) -> AsyncIterator[Registry]:
    async with Database(database_url, patience_s=0.5) as database:
        registry = Registry(database, VAULT)
        await registry.create_app("default")
        await registry.create_app("shop")
        yield registry


def told(home: Path, registry: Registry, **environ: str) -> SkillConfigs:
    """The settings of a NEXUS with this environment."""
    return SkillConfigs(settings(home, **environ), registry, load_plugins(home).skills)


def settings(home: Path, **environ: str) -> Settings:
    return load({"NEXUS_HOME": str(home), **environ}, home)


async def test_environment_over_file_over_database_over_default(home: Path, registry: Registry) -> None:
    skills = told(home, registry)
    assert await skills.config("default", "lamp") == {"url": "https://lamp.example.org"}
    await registry.configure_skill("default", "lamp", {"url": "http://10.0.0.1", "token": SECRET})
    assert await skills.config("default", "lamp") == {"url": "http://10.0.0.1", "token": SECRET}
    (home / "nexus.toml").write_text('[skills.lamp]\nurl = "http://10.0.0.2"\n')
    assert (await told(home, registry).config("default", "lamp"))["url"] == "http://10.0.0.2"
    set_here = told(home, registry, NEXUS_SKILL_LAMP_URL="http://10.0.0.3")
    assert (await set_here.config("default", "lamp"))["url"] == "http://10.0.0.3"
    sources = set_here.sources("default", "lamp", {"token": SECRET})
    assert {key: source for key, (_, source) in sources.items()} == {
        "url": "environment NEXUS_SKILL_LAMP_URL",
        "token": "database",
    }


async def test_an_empty_value_removes_and_apps_are_apart(home: Path, registry: Registry) -> None:
    await registry.configure_skill("shop", "lamp", {"url": "http://10.0.0.9", "token": "t"})
    await registry.configure_skill("shop", "lamp", {"url": ""})
    skills = told(home, registry, NEXUS_SKILL_LAMP_TOKEN="of the default app")
    assert await skills.config("shop", "lamp") == {"url": "https://lamp.example.org", "token": "t"}
    assert (await skills.config("default", "lamp"))["token"] == "of the default app"
    with pytest.raises(NotFound):
        await registry.configure_skill("nowhere", "lamp", {"url": "x"})


async def test_what_another_process_sets_counts_within_two_seconds(
    home: Path, database_url: str, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    async with Database(database_url) as database:
        elsewhere = Registry(database, VAULT)
        skills = told(home, elsewhere)
        assert "token" not in await skills.config("default", "lamp")
        await registry.configure_skill("default", "lamp", {"token": SECRET})
        now = 2.1
        assert (await skills.config("default", "lamp"))["token"] == SECRET


async def test_settings_are_sealed_and_open_nowhere_else(registry: Registry, database_url: str) -> None:
    await registry.configure_skill("default", "lamp", {"token": SECRET})
    async with Database(database_url) as database:
        [(sealed,)] = await database.rows("select config from skills")
        assert SECRET.encode() not in sealed
        await database.execute("insert into channels (app_id, channel, config) values ('default', 'lamp', %s)", sealed)
        with pytest.raises(DecryptionFailed):
            await registry.channel_config("default", "lamp")


async def test_without_postgres_the_last_ones_count(home: Path, database_url: str) -> None:
    async with Database(database_url, patience_s=0.2) as database:
        registry = Registry(database, VAULT)
        await registry.create_app("default")
        await registry.configure_skill("default", "lamp", {"token": SECRET})
        skills = told(home, registry)
        await skills.config("default", "lamp")

        async def away(app: str, skill: str) -> None:
            raise StoreUnavailable("away")

        registry.skill_config = away  # type: ignore[method-assign]
        assert (await skills.config("default", "lamp"))["token"] == SECRET
        with pytest.raises(StoreUnavailable):
            await skills.config("shop", "lamp")


async def test_the_web_is_where_permissions_and_settings_say(home: Path, registry: Registry) -> None:
    clock = FakeClock()
    async with open_outside(told(home, registry), clock) as outside:
        config = await outside.config("default", "lamp")
        web = outside.web("lamp", config, clock.now() + 5)
        with pytest.raises(PluginInvalid):
            await web.get("https://elsewhere.example.org")
        with pytest.raises(PluginInvalid):
            await outside.web("unknown", config, clock.now() + 5).get("https://lamp.example.org")


def test_secrets_are_hidden_and_unknown_ones_are_told(home: Path) -> None:
    found = settings(home, NEXUS_SKILL_LAMP_TOKEN=SECRET, NEXUS_SKILL_LAMP_TOKN="x")
    assert SECRET not in repr(found)
    assert [entry.shown for entry in found.entries if entry.name == "NEXUS_SKILL_LAMP_TOKEN"] == ["(hidden)"]
    [warning] = found.warnings
    assert "NEXUS_SKILL_LAMP_TOKN" in warning
    assert "did you mean NEXUS_SKILL_LAMP_TOKEN?" in warning
