"""Apps, their API keys and the configuration of their doors."""

import re
import secrets
import time
from collections.abc import Mapping, MutableMapping
from datetime import datetime

from cachetools import TTLCache
from msgspec import Struct

from infra.storage.configs import CHANNELS, SKILLS, Configs
from infra.storage.postgres import Database
from infra.vault import Vault
from shared.errors import NotAuthentic, NotFound, SettingsInvalid
from shared.ports import KeyOwner

_CACHE_S = 2.0  # a revoked key counts within this time
_KEY_ID_BYTES = 8
_SECRET_BYTES = 32
_PREFIX = "nx"

_KEY = re.compile(_PREFIX + "_([0-9a-f]{16})_[0-9a-f]{64}")
APP_NAME = re.compile("[a-z0-9][a-z0-9-]{0,62}")


class KeyRow(Struct, frozen=True):
    """An API key as listed: never the key itself."""

    app: str
    key_id: str
    name: str
    created_at: datetime
    revoked_at: datetime | None


class Registry:
    """What operators set up. Reads are cached for two seconds, so that several workers agree within that time."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._owners: MutableMapping[bytes, KeyOwner] = TTLCache(10_000, _CACHE_S, timer=time.monotonic)
        self._unknown: MutableMapping[bytes, bool] = TTLCache(10_000, _CACHE_S, timer=time.monotonic)
        self._channels, self._skills = Configs(database, vault, CHANNELS), Configs(database, vault, SKILLS)

    async def check_master_key(self) -> None:
        """Raise SettingsInvalid if the database was written under another master key; remember ours at the first start."""
        ours = self._vault.hmac("instance")
        await self._database.execute("insert into instance (key_check) values (%s) on conflict do nothing", ours)
        row = await self._database.row("select key_check from instance")
        if row is None or bytes(row[0]) != ours:
            raise SettingsInvalid(
                "the database was written under another master key: restore that key file"
                " (NEXUS_MASTER_KEY_FILE), or use another database"
            )

    async def create_app(self, app: str) -> bool:
        """Make an app; False if it is there already. Raises SettingsInvalid for a bad name."""
        if not APP_NAME.fullmatch(app):
            raise SettingsInvalid(f"an app's name is 1 to 63 lower-case letters, digits and hyphens, not {app!r}")
        return bool(await self._database.execute("insert into apps (app_id) values (%s) on conflict do nothing", app))

    async def list_apps(self) -> list[str]:
        """The names of all apps."""
        return [row[0] for row in await self._database.rows("select app_id from apps order by app_id")]

    async def create_key(self, app: str, name: str) -> str:
        """A new API key, `nx_<id>_<secret>`. It is shown once: only its digest is stored. Raises NotFound for an unknown app."""
        await self._require_app(app)
        key_id, secret = secrets.token_hex(_KEY_ID_BYTES), secrets.token_hex(_SECRET_BYTES)
        key = f"{_PREFIX}_{key_id}_{secret}"
        await self._database.execute(
            "insert into api_keys (app_id, key_id, name, digest) values (%s, %s, %s, %s)",
            app,
            key_id,
            name,
            self._digest(key),
        )
        return key

    async def revoke_key(self, key_id: str) -> bool:
        """Make a key worthless from now on; False if there is no such live key."""
        done = await self._database.execute(
            "update api_keys set revoked_at = now() where key_id = %s and revoked_at is null", key_id
        )
        self._owners.clear()
        return bool(done)

    async def list_keys(self) -> list[KeyRow]:
        """All keys, oldest first."""
        rows = await self._database.rows(
            "select app_id, key_id, name, created_at, revoked_at from api_keys order by created_at, key_id"
        )
        return [KeyRow(*row) for row in rows]

    async def owner(self, token: str) -> KeyOwner:
        """See `shared.ports.ApiKeys`."""
        digest = self._digest(token)
        if digest in self._unknown:
            raise NotAuthentic("this API key is unknown or revoked")
        owner = self._owners.get(digest)
        if owner is None:
            owner = await self._look_up(token, digest)
            if owner is None:
                self._unknown[digest] = True  # apart, so that guesses push no live key out
                raise NotAuthentic("this API key is unknown or revoked")
            self._owners[digest] = owner
        return owner

    async def configure_channel(self, app: str, channel: str, values: Mapping[str, str]) -> None:
        """Set configuration values of one door; an empty value removes its key. Raises NotFound for an unknown app."""
        await self._require_app(app)
        await self._channels.set(app, channel, values)

    async def channel_config(self, app: str, channel: str) -> dict[str, str] | None:
        """The stored configuration of one door ({} if none was stored), or None if there is no such app.

        At most two seconds old.
        """
        return await self._channels.get(app, channel)

    async def configure_skill(self, app: str, skill: str, values: Mapping[str, str]) -> None:
        """Set settings of a skill, as `configure_channel` does of a door."""
        await self._require_app(app)
        await self._skills.set(app, skill, values)

    async def skill_config(self, app: str, skill: str) -> dict[str, str] | None:
        """The stored settings of a skill, as `channel_config` those of a door."""
        return await self._skills.get(app, skill)

    async def _look_up(self, token: str, digest: bytes) -> KeyOwner | None:
        found = _KEY.fullmatch(token)
        if found is None:
            return None
        row = await self._database.row(
            "select app_id, key_id, name from api_keys where key_id = %s and digest = %s and revoked_at is null",
            found[1],
            digest,
        )
        return None if row is None else KeyOwner(*row)

    def _digest(self, token: str) -> bytes:
        return self._vault.hmac("api key", token.encode("utf-8", "surrogatepass"))

    async def _require_app(self, app: str) -> None:
        if await self._database.row("select 1 from apps where app_id = %s", app) is None:
            raise NotFound(f"there is no app {app!r}: nexus apps create {app}")
