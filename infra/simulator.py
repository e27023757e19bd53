"""The app `sim`: credentials, a root and keys of its own, so that `nexus say` can send what platforms would send.

Made at the first start in development under NEXUS_HOME/simulator, readable by its owner only, and kept; production refuses it.

    simulator/
        keys.json    REST key of `sim`, and one of `default` for trying things out
        alexa/       skill id, root, certificate chain and signing key (see channels/alexa/credentials.py)
"""

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Struct

from infra.home import write_file
from shared.errors import NotAuthentic, SettingsInvalid
from shared.ports import KeyOwner

APP = "sim"
DEFAULT_APP = "default"


class Keys(Struct, frozen=True):
    """REST keys: `rest` is of the app `sim`, `first_steps` of the app `default`."""

    rest: str = ""
    first_steps: str = ""

    def __repr__(self) -> str:
        return "Keys(hidden)"


class Apps(Protocol):
    """The part of the registry that is needed here."""

    async def create_app(self, app: str) -> bool:
        """Make an app unless it is there."""
        ...

    async def create_key(self, app: str, name: str) -> str:
        """A new API key."""
        ...

    async def owner(self, token: str) -> KeyOwner:
        """Whose key it is; raises NotAuthentic."""
        ...

    async def configure_channel(self, app: str, channel: str, values: Mapping[str, str]) -> None:
        """Set configuration values of a door."""
        ...

    async def channel_config(self, app: str, channel: str) -> dict[str, str] | None:
        """The stored configuration of a door."""
        ...


class Simulator:
    """The simulators' folder of one NEXUS_HOME."""

    def __init__(self, folder: Path) -> None:
        self.alexa = folder / "alexa"
        self._folder = folder
        self._keys = folder / "keys.json"

    def keys(self) -> Keys | None:
        """What was made at the first start, or None before it."""
        try:
            return msgspec.json.decode(self._keys.read_bytes(), type=Keys)
        except FileNotFoundError:
            return None

    async def prepare(self, apps: Apps, now: float, *, production: bool) -> None:
        """Make what is missing: credentials, the apps, their keys, the configuration of the doors. Harmless when done again.

        `now` is in Unix seconds. Raises SettingsInvalid in production.
        """
        if production:
            raise SettingsInvalid("simulators are refused in production (NEXUS_ENV=production)")
        for app in (DEFAULT_APP, APP):
            await apps.create_app(app)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        await self._prepare_keys(apps)
        await self._prepare_alexa(apps, now)

    async def _prepare_keys(self, apps: Apps) -> None:
        known = self.keys() or Keys()
        made = Keys(
            await _live_key(apps, APP, "nexus say", known.rest),
            await _live_key(apps, DEFAULT_APP, "first steps", known.first_steps),
        )
        if made != known:
            write_file(self._keys, msgspec.json.encode(made))

    async def _prepare_alexa(self, apps: Apps, now: float) -> None:
        # cryptography, which those who only read the keys can do without
        from channels.alexa.credentials import load_credentials, make_credentials

        try:
            credentials = load_credentials(self.alexa)
        except SettingsInvalid:
            credentials = make_credentials(self.alexa, now, f"amzn1.ask.skill.{uuid.uuid4()}")
            for path in (self.alexa, *self.alexa.rglob("*")):
                path.chmod(0o700 if path.is_dir() else 0o600)
        wanted = credentials.config()
        stored = await apps.channel_config(APP, "alexa") or {}
        if wanted.items() - stored.items():
            await apps.configure_channel(APP, "alexa", wanted)


async def _live_key(apps: Apps, app: str, name: str, key: str) -> str:
    """`key` if it still is one of `app`, else a new one (the database was made anew, or the key revoked)."""
    try:
        if key and (await apps.owner(key)).app == app:
            return key
    except NotAuthentic:
        pass
    return await apps.create_key(app, name)
