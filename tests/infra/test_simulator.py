"""The simulators' credentials: made once, private, of use only in development."""

import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from channels.alexa.credentials import load_credentials
from infra.simulator import APP, Simulator
from infra.storage.postgres import Database
from infra.storage.registry import Registry
from infra.vault import Vault
from shared.errors import SettingsInvalid

NOW = 1_800_000_000.0


@pytest.fixture
async def registry(database_url: str) -> AsyncIterator[Registry]:
    async with Database(database_url, size=1) as database:
        yield Registry(database, Vault(bytes(32)))


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file below a folder."""
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


async def test_doing_it_again_changes_nothing(tmp_path: Path, registry: Registry) -> None:
    simulator = Simulator(tmp_path / "simulator")
    assert simulator.keys() is None
    await simulator.prepare(registry, NOW, production=False)
    files = contents(tmp_path)
    keys, config = simulator.keys(), await registry.channel_config(APP, "alexa")
    await simulator.prepare(registry, NOW, production=False)
    assert contents(tmp_path) == files
    assert simulator.keys() == keys
    assert await registry.channel_config(APP, "alexa") == config == load_credentials(simulator.alexa).config()
    assert len(await registry.list_keys()) == 2


async def test_the_keys_work_and_belong_to_their_apps(tmp_path: Path, registry: Registry) -> None:
    simulator = Simulator(tmp_path / "simulator")
    await simulator.prepare(registry, NOW, production=False)
    keys = simulator.keys()
    assert keys is not None
    assert (await registry.owner(keys.rest)).app == "sim"
    assert (await registry.owner(keys.first_steps)).app == "default"
    assert keys.rest not in repr(keys)


async def test_nobody_else_can_read_them(tmp_path: Path, registry: Registry) -> None:
    folder = tmp_path / "simulator"
    await Simulator(folder).prepare(registry, NOW, production=False)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


async def test_a_revoked_key_is_made_anew_and_the_rest_stays(tmp_path: Path, registry: Registry) -> None:
    simulator = Simulator(tmp_path / "simulator")
    await simulator.prepare(registry, NOW, production=False)
    before = simulator.keys()
    assert before is not None
    skill_id = load_credentials(simulator.alexa).skill_id
    await registry.revoke_key(before.rest.split("_")[1])
    await simulator.prepare(registry, NOW, production=False)
    after = simulator.keys()
    assert after is not None
    assert after.rest != before.rest
    assert after.first_steps == before.first_steps
    assert load_credentials(simulator.alexa).skill_id == skill_id


async def test_production_refuses(tmp_path: Path, registry: Registry) -> None:
    with pytest.raises(SettingsInvalid, match="production"):
        await Simulator(tmp_path / "simulator").prepare(registry, NOW, production=True)
    assert not (tmp_path / "simulator").exists()
    assert APP not in await registry.list_apps()
