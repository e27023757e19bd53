"""Brings the stores to the state NEXUS needs: schema, durability, master key, apps, simulators. Harmless when done again."""

import asyncio
import sys
import time

import psycopg

from infra.durability import assert_durable
from infra.home import Home, StoreAddresses
from infra.plugins import find_twins
from infra.settings import Settings
from infra.simulator import Simulator
from infra.storage.migrate import migrate
from infra.storage.postgres import Database
from infra.storage.registry import Registry
from infra.vault import Vault, load_master_key
from shared.advice import DEFAULT_APP
from shared.errors import StoreUnavailable


def prepare_stores(settings: Settings, addresses: StoreAddresses) -> None:
    """Prepare the stores at `addresses`.

    Raises MigrationFailed, NotDurable, SettingsInvalid (another master key) or StoreUnavailable.
    """
    make_tables(addresses)
    assert_durable(addresses.database_url)
    asyncio.run(_prepare_apps(settings, addresses))


def make_tables(addresses: StoreAddresses) -> None:
    """Bring the schema up to date. Raises MigrationFailed or StoreUnavailable."""
    try:
        migrate(addresses.database_url)
    except psycopg.OperationalError as error:
        raise StoreUnavailable(f"Postgres cannot be reached: {str(error).strip().splitlines()[0]}") from error


async def _prepare_apps(settings: Settings, addresses: StoreAddresses) -> None:
    vault = Vault(load_master_key(settings.master_key_file, create=True))
    async with Database(addresses.database_url, size=1) as database:
        registry = Registry(database, vault)
        await registry.check_master_key()
        await registry.create_app(DEFAULT_APP)
        if not settings.production:
            simulator = Simulator(Home(settings.home).simulator)
            twins = find_twins(settings.home).found
            for broken in await simulator.prepare(registry, twins, time.time(), production=settings.production):
                print(f"nexus: warning: no simulator: {broken.name}: {broken.reason}", file=sys.stderr)
