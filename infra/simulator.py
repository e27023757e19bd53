"""The app `sim`: credentials, a root and keys of its own, so that `nexus say` can send what platforms would send.

Made at the first start in development under NEXUS_HOME/simulator, readable by its owner only, and kept; production refuses it.

    simulator/
        credentials.json    skill id, REST key of `sim`, REST key of `default` for trying things out
        alexa/root.pem      the root that the Alexa door of `sim` trusts besides the public ones
        alexa/key.pem       the private key that signs requests
        alexa/chains/       certificate chains, served to that door by file name
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Struct

from infra.home import write_file
from shared.errors import NotAuthentic, SettingsInvalid
from shared.ports import KeyOwner

APP = "sim"
DEFAULT_APP = "default"
CHAIN_FILE = "nexus-simulator.pem"
CHAIN_URL = f"https://s3.amazonaws.com/echo.api/{CHAIN_FILE}"


class Credentials(Struct, frozen=True):
    """What the simulators know. `rest_key` is of the app `sim`, `try_key` of the app `default`."""

    skill_id: str
    rest_key: str = ""
    try_key: str = ""

    def __repr__(self) -> str:
        return f"Credentials(skill_id={self.skill_id!r}, keys hidden)"


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
        self._file = folder / "credentials.json"
        self._alexa = folder / "alexa"
        self.root = self._alexa / "root.pem"
        self.key = self._alexa / "key.pem"
        self.chains = self._alexa / "chains"

    def credentials(self) -> Credentials | None:
        """What was made at the first start, or None before it."""
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Credentials)
        except FileNotFoundError:
            return None

    async def prepare(self, apps: Apps, now: datetime, *, production: bool) -> Credentials:
        """Make what is missing: files, the app, its keys and the configuration of its doors. Doing it again changes nothing.

        Raises SettingsInvalid in production.
        """
        if production:
            raise SettingsInvalid("simulators are refused in production (NEXUS_ENV=production)")
        self._make_folders()
        self._make_certificates(now)
        for app in (DEFAULT_APP, APP):
            await apps.create_app(app)
        known = self.credentials() or Credentials(f"amzn1.ask.skill.{secrets.token_hex(16)}")
        made = Credentials(
            known.skill_id,
            await _live_key(apps, APP, "nexus say", known.rest_key),
            await _live_key(apps, DEFAULT_APP, "first steps", known.try_key),
        )
        if made != self.credentials():
            write_file(self._file, msgspec.json.encode(made))
        await self._configure(apps, made)
        return made

    async def _configure(self, apps: Apps, credentials: Credentials) -> None:
        wanted = {
            "skill_id": credentials.skill_id,
            "extra_roots": str(self.root),
            "certificates": str(self.chains),
        }
        stored = await apps.channel_config(APP, "alexa") or {}
        if any(stored.get(key) != value for key, value in wanted.items()):
            await apps.configure_channel(APP, "alexa", wanted)

    def _make_folders(self) -> None:
        for folder in (self._file.parent, self._alexa, self.chains):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)

    def _make_certificates(self, now: datetime) -> None:
        from infra.simulated_chain import holds, make_chain  # cryptography, which readers of credentials can do without

        chain = self.chains / CHAIN_FILE
        if all(file.exists() for file in (self.root, self.key, chain)) and holds(chain.read_bytes(), now):
            return
        made = make_chain(now)
        for file, content in ((self.key, made.key), (self.root, made.root), (chain, made.chain)):
            write_file(file, content)


async def _live_key(apps: Apps, app: str, name: str, key: str) -> str:
    """`key` if it still is one of `app`, else a new one (the database was made anew, or the key revoked)."""
    try:
        if key and (await apps.owner(key)).app == app:
            return key
    except NotAuthentic:
        pass
    return await apps.create_key(app, name)
