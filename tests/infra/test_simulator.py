"""The simulators' credentials: made once, private, of use only in development."""

import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec import structs

from channels.alexa.credentials import load_credentials, make_credentials
from infra.plugins import FoundTwin, find_twins
from infra.simulator import APP, Simulator
from infra.storage.postgres import Database
from infra.storage.registry import Registry
from infra.vault import Vault
from shared.errors import SettingsInvalid

NOW = 1_800_000_000.0
BUILT_IN = find_twins(None).found


@pytest.fixture(autouse=True)
def forget_imports() -> None:
    """Plug-ins of another test's home must not be found."""
    forget()


def forget() -> None:
    for name in [name for name in sys.modules if name.startswith("nexus_plugins")]:
        del sys.modules[name]


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
    await simulator.prepare(registry, BUILT_IN, NOW, production=False)
    files = contents(tmp_path)
    keys, config = simulator.keys(), await registry.channel_config(APP, "alexa")
    await simulator.prepare(registry, BUILT_IN, NOW, production=False)
    assert contents(tmp_path) == files
    assert simulator.keys() == keys
    assert await registry.channel_config(APP, "alexa") == config == load_credentials(simulator.of("alexa")).config()
    assert len(await registry.list_keys()) == 2


async def test_every_twin_has_credentials_and_its_door_knows_them(tmp_path: Path, registry: Registry) -> None:
    simulator = Simulator(tmp_path / "simulator")
    assert await simulator.prepare(registry, BUILT_IN, NOW, production=False) == []
    for twin in BUILT_IN:
        config = twin.load().config(simulator.of(twin.name))
        stored = await registry.channel_config(APP, twin.channel)
        assert stored is not None
        assert config.items() <= stored.items()
    keys = simulator.keys()
    assert keys is not None
    assert (simulator.of("rest") / "api_key").read_text() == keys.rest


async def test_a_warm_start_imports_no_twin(tmp_path: Path, registry: Registry) -> None:
    simulator = Simulator(tmp_path / "simulator")
    await simulator.prepare(registry, BUILT_IN, NOW, production=False)
    twins = [structs.replace(twin, package="nowhere") for twin in BUILT_IN]
    assert await simulator.prepare(registry, twins, NOW, production=False) == []


async def test_what_changed_is_asked_again_and_credentials_stay(tmp_path: Path, registry: Registry) -> None:
    """Another version of a twin, or a home that was moved, has another configuration."""
    simulator = Simulator(tmp_path / "simulator")
    await simulator.prepare(registry, BUILT_IN, NOW, production=False)
    skill_id = load_credentials(simulator.of("alexa")).skill_id
    moved = Simulator((tmp_path / "simulator").rename(tmp_path / "moved"))
    await moved.prepare(registry, BUILT_IN, NOW, production=False)
    config = await registry.channel_config(APP, "alexa")
    assert config is not None
    assert config["certificates"] == str(tmp_path / "moved" / "alexa" / "certificates")
    assert config["skill_id"] == skill_id


async def test_the_folder_of_an_older_home_is_kept(tmp_path: Path, registry: Registry) -> None:
    made = make_credentials(tmp_path / "simulator" / "alexa", NOW, "amzn1.ask.skill.older")
    simulator = Simulator(tmp_path / "simulator")
    assert await simulator.prepare(registry, BUILT_IN, NOW, production=False) == []
    config = await registry.channel_config(APP, "alexa")
    assert config is not None
    assert made.config().items() <= config.items()


TWIN = """
from pathlib import Path
from shared.errors import SettingsInvalid
from shared.testing.platforms import Answer, Heard, Sent, Twin

class PigeonTwin(Twin):
    name = path = "pigeon"
    @classmethod
    def make(cls, folder: Path, now: float) -> None: (folder / "ring").write_text(REMEMBERED)
    @classmethod
    def config(cls, folder: Path) -> dict[str, str]:
        if not (folder / "ring").exists(): raise SettingsInvalid("no ring")
        return {"ring": (folder / "ring").read_text()}
    def request(self, text: str) -> Sent: raise AssertionError
    def complaints(self, sent: Sent, answer: Answer) -> list[str]: return []
    def heard(self, sent: Sent, answer: Answer) -> Heard: return Heard("coo")
"""


def pigeon(tmp_path: Path, made: str) -> FoundTwin:
    """A twin of a plug-in, which makes what the expression `made` says."""
    folder = tmp_path / "plugins" / "pigeon"
    folder.mkdir(parents=True, exist_ok=True)
    entry = 'name = "pigeon"\nentry = "twin:PigeonTwin"'
    (folder / "channel.toml").write_text(f'name = "pigeon"\ntitle = "P"\nentry = "adapter:X"\n[[twins]]\n{entry}\n')
    (folder / "twin.py").write_text(TWIN.replace("REMEMBERED", made))
    found = find_twins(tmp_path).named("pigeon")
    assert found is not None
    return found


async def test_a_twin_that_fails_is_named_and_stops_nobody(tmp_path: Path, registry: Registry) -> None:
    simulator = Simulator(tmp_path / "simulator")
    broken = await simulator.prepare(registry, [pigeon(tmp_path, "1 / 0"), *BUILT_IN], NOW, production=False)
    assert [(one.name, one.reason) for one in broken] == [
        ("twin pigeon of channel pigeon", "ZeroDivisionError: division by zero (twin.py, line 9)")
    ]
    assert await registry.channel_config(APP, "alexa")
    with pytest.raises(SettingsInvalid, match="no simulator of pigeon"):
        simulator.of("pigeon")
    forget()
    assert await simulator.prepare(registry, [pigeon(tmp_path, "'copper'")], NOW, production=False) == []
    assert await registry.channel_config(APP, "pigeon") == {"ring": "copper"}


async def test_the_keys_work_and_belong_to_their_apps(tmp_path: Path, registry: Registry) -> None:
    simulator = Simulator(tmp_path / "simulator")
    await simulator.prepare(registry, BUILT_IN, NOW, production=False)
    keys = simulator.keys()
    assert keys is not None
    assert (await registry.owner(keys.rest)).app == "sim"
    assert (await registry.owner(keys.first_steps)).app == "default"
    assert keys.rest not in repr(keys)


async def test_nobody_else_can_read_them(tmp_path: Path, registry: Registry) -> None:
    folder = tmp_path / "simulator"
    await Simulator(folder).prepare(registry, BUILT_IN, NOW, production=False)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


async def test_a_revoked_key_is_made_anew_and_the_rest_stays(tmp_path: Path, registry: Registry) -> None:
    simulator = Simulator(tmp_path / "simulator")
    await simulator.prepare(registry, BUILT_IN, NOW, production=False)
    before = simulator.keys()
    assert before is not None
    skill_id = load_credentials(simulator.of("alexa")).skill_id
    await registry.revoke_key(before.rest.split("_")[1])
    await simulator.prepare(registry, BUILT_IN, NOW, production=False)
    after = simulator.keys()
    assert after is not None
    assert after.rest != before.rest
    assert after.first_steps == before.first_steps
    assert load_credentials(simulator.of("alexa")).skill_id == skill_id


async def test_production_refuses(tmp_path: Path, registry: Registry) -> None:
    with pytest.raises(SettingsInvalid, match="production"):
        await Simulator(tmp_path / "simulator").prepare(registry, BUILT_IN, NOW, production=True)
    assert not (tmp_path / "simulator").exists()
    assert APP not in await registry.list_apps()
