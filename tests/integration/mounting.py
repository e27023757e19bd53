"""Mounting a skill behind the Alexa door of a running NEXUS, without the command's start."""

from channels.alexa.twin import AlexaTwin
from infra.simulator import Simulator
from infra.storage.postgres import Database
from infra.storage.registry import Registry
from infra.vault import Vault, load_master_key
from tests.integration.conftest import Nexus


async def mount(nexus: Nexus, app: str, config: dict[str, str]) -> None:
    """Mount a skill in an app of its own, with the simulator's credentials: what `nexus channels configure` does."""
    published = nexus.home.published()
    assert published is not None
    assert published.database_url is not None
    vault = Vault(load_master_key(nexus.home.root / "keys" / "master.key", create=False))
    async with Database(published.database_url, size=1) as database:
        registry = Registry(database, vault)
        await registry.create_app(app)
        await registry.configure_channel(app, "alexa", {**credentials(nexus), **config})


def credentials(nexus: Nexus) -> dict[str, str]:
    """The settings of an Alexa door that believes the simulator."""
    return AlexaTwin.config(Simulator(nexus.home.simulator).of("alexa"))
