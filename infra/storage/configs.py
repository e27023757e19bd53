"""What operators set up, by app and name: the doors' configuration and the skills' settings, sealed under the master key."""

import time
from collections.abc import Mapping, MutableMapping
from typing import LiteralString

import msgspec
from cachetools import TTLCache
from msgspec import Struct

from infra.storage.postgres import Database
from infra.vault import Vault

CACHE_S = 2.0  # what was changed counts within this time

_decode = msgspec.json.Decoder(dict[str, str]).decode


class Table(Struct, frozen=True):
    """Where they are kept. `bound` is put before a name in what a ciphertext is bound to, so that none moves between tables."""

    read: LiteralString
    write: LiteralString
    bound: str


CHANNELS = Table(
    "select c.config from apps a left join channels c on c.app_id = a.app_id and c.channel = %s where a.app_id = %s",
    "insert into channels (app_id, channel, config) values (%s, %s, %s)"
    " on conflict (app_id, channel) do update set config = excluded.config, updated_at = now()",
    "",
)
SKILLS = Table(
    "select s.config from apps a left join skills s on s.app_id = a.app_id and s.skill = %s where a.app_id = %s",
    "insert into skills (app_id, skill, config) values (%s, %s, %s)"
    " on conflict (app_id, skill) do update set config = excluded.config, updated_at = now()",
    "skill:",
)


class Configs:
    """The values of one table. What is read is at most two seconds old."""

    def __init__(self, database: Database, vault: Vault, table: Table) -> None:
        self._database, self._vault, self._table = database, vault, table
        self._known: MutableMapping[tuple[str, str], dict[str, str] | None] = TTLCache(
            10_000, CACHE_S, timer=time.monotonic
        )

    async def set(self, app: str, name: str, values: Mapping[str, str]) -> None:
        """Set values; an empty one removes its key. The app is there."""
        merged = {**(await self._read(app, name) or {}), **values}
        plain = msgspec.json.encode({key: value for key, value in merged.items() if value})
        sealed = self._vault.seal_config(app, self._table.bound + name, plain)
        await self._database.execute(self._table.write, app, name, sealed)
        self._known.clear()

    async def get(self, app: str, name: str) -> dict[str, str] | None:
        """The values ({} where there are none), or None if there is no such app."""
        try:
            return self._known[app, name]
        except KeyError:  # asked once only: between two questions an entry may expire
            found = self._known[app, name] = await self._read(app, name)
            return found

    async def _read(self, app: str, name: str) -> dict[str, str] | None:
        row = await self._database.row(self._table.read, name, app)
        if row is None:
            return None
        return {} if row[0] is None else _decode(self._vault.open_config(app, self._table.bound + name, row[0]))
