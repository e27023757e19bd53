"""Keys and apps: commands over the registry in the database, with NEXUS running or stopped."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

from rich.table import Table

from infra.cli.tables import show
from infra.embedded import open_stores
from infra.home import Home, StoreAddresses
from infra.prepare import make_tables
from infra.settings import Settings
from infra.storage.postgres import Database
from infra.storage.registry import Registry
from infra.telemetry.logs import configure_logging
from infra.vault import Vault, load_master_key
from shared.errors import NotFound

T = TypeVar("T")


def with_registry(settings: Settings, command: str, work: Callable[[Registry], Awaitable[T]]) -> T:
    """What `work` gives, done on the registry of the running NEXUS or of stores started for it."""
    return with_stores(settings, command, lambda database, vault: work(Registry(database, vault)))


def with_stores(settings: Settings, command: str, work: Callable[[Database, Vault], Awaitable[T]]) -> T:
    """What `work` gives, done on the stores of the running NEXUS or on ones started for it."""
    configure_logging("warning", sys.stderr)
    home = Home(settings.home, settings.runtime_dir)
    with open_stores(home, settings.database_url, settings.redis_url, command) as addresses:
        make_tables(addresses)
        return asyncio.run(_work(settings, addresses, work))


async def _work(settings: Settings, addresses: StoreAddresses, work: Callable[[Database, Vault], Awaitable[T]]) -> T:
    vault = Vault(load_master_key(settings.master_key_file, create=True))
    async with Database(addresses.database_url, size=1) as database:
        registry = Registry(database, vault)
        await registry.check_master_key()
        await registry.create_app("default")
        return await work(database, vault)


def create_key(settings: Settings, app: str, name: str) -> None:
    """Make a key and print it on the last line."""
    key = with_registry(settings, "nexus keys create", lambda registry: registry.create_key(app, name))
    print(f"A key of app {app} for {name}. It is not shown again:", file=sys.stderr)
    print(key)


def list_keys(settings: Settings) -> None:
    """Print the keys, oldest first."""
    rows = with_registry(settings, "nexus keys list", lambda registry: registry.list_keys())
    table = Table("id", "app", "name", "made", "revoked")
    for row in rows:
        revoked = "" if row.revoked_at is None else f"{row.revoked_at:%Y-%m-%d %H:%M}"
        table.add_row(row.key_id, row.app, row.name, f"{row.created_at:%Y-%m-%d %H:%M}", revoked)
    show(table)


def revoke_key(settings: Settings, key_id: str) -> None:
    """Make a key worthless. Raises NotFound if no live key has that id."""
    # A whole key is taken too: whoever wants to revoke it may have nothing else at hand.
    name = key_id.split("_")[1] if key_id.count("_") == 2 else key_id
    if not with_registry(settings, "nexus keys revoke", lambda registry: registry.revoke_key(name)):
        raise NotFound(f"there is no live key {name}: see nexus keys list")
    print(f"{name} is revoked.")


def list_apps(settings: Settings) -> None:
    """Print the names of the apps, one a line."""
    for app in with_registry(settings, "nexus apps list", lambda registry: registry.list_apps()):
        print(app)


def create_app(settings: Settings, name: str) -> None:
    """Make an app; it is no error if it is there."""
    made = with_registry(settings, "nexus apps create", lambda registry: registry.create_app(name))
    print(f"{name} is made. Next: nexus keys create --app {name} --name …" if made else f"{name} is there already.")
