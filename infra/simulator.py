"""The app `sim`: credentials of every platform, made here, so that `nexus say` can send what platforms would send.

Made at the first start in development under NEXUS_HOME/simulator, readable by its owner only, and kept; production refuses it.

    simulator/
        keys.json         REST key of `sim`, and one of `default` for trying things out
        <twin>/           what the twin of this name made (see shared/testing/platforms/twin.py)
        <twin>.door.json  what it wants the door of `sim` to be told, so that a warm start need not import it
"""

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec import Struct

from infra.broken import Broken, reason_of
from infra.home import write_file
from infra.plugins import FoundTwin
from infra.version import VERSION
from shared.advice import DEFAULT_APP
from shared.errors import NotAuthentic, SettingsInvalid
from shared.ports import KeyOwner

if TYPE_CHECKING:
    from shared.testing.platforms import Twin

APP = "sim"
_API_KEY = "api_key"  # API_KEY of shared.testing.platforms, which would bring the HTTP client along
_DOOR = ".door.json"


class Keys(Struct, frozen=True):
    """REST keys: `rest` is of the app `sim`, `first_steps` of the app `default`."""

    rest: str = ""
    first_steps: str = ""

    def __repr__(self) -> str:
        return "Keys(hidden)"


class Given(Struct, frozen=True):
    """What a twin wants its door to be told. `stamp` tells when its code has changed and it must be asked again."""

    channel: str
    config: dict[str, str]
    needs_key: bool
    stamp: str

    def __repr__(self) -> str:
        return "Given(hidden)"


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
        self._folder = folder
        self._keys = folder / "keys.json"

    def keys(self) -> Keys | None:
        """What was made at the first start, or None before it."""
        try:
            return msgspec.json.decode(self._keys.read_bytes(), type=Keys)
        except FileNotFoundError:
            return None

    def of(self, twin: str) -> Path:
        """The folder of a twin. Raises SettingsInvalid before it was made."""
        if self._given(twin) is None:
            raise SettingsInvalid(
                f"there is no simulator of {twin} in {self._folder} yet: it is made when NEXUS starts, so start it (again) "
                "with `nexus up`, and see in what that says whether the twin could be made"
            )
        return self._folder / twin

    def configs(self) -> dict[str, dict[str, str]]:
        """What the doors of `sim` are told, by channel: all that their twins want."""
        configs: dict[str, dict[str, str]] = {}
        for file in sorted(self._folder.glob(f"*{_DOOR}")):
            if (given := self._given(file.name.removesuffix(_DOOR))) is not None:
                configs.setdefault(given.channel, {}).update(given.config)
        return configs

    async def prepare(self, apps: Apps, twins: Sequence[FoundTwin], now: float, *, production: bool) -> list[Broken]:
        """Make what is missing: credentials, the apps, their keys, the configuration of the doors. Harmless when done again.

        `now` is in Unix seconds. A twin that fails is named in what is returned and stops nobody. Raises SettingsInvalid in
        production.
        """
        if production:
            raise SettingsInvalid("simulators are refused in production (NEXUS_ENV=production)")
        for app in (DEFAULT_APP, APP):
            await apps.create_app(app)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        keys = await self._prepare_keys(apps)
        broken = [one for twin in twins if (one := self._prepare_twin(twin, keys.rest, now)) is not None]
        await self._configure(apps, twins)
        return broken

    async def _prepare_keys(self, apps: Apps) -> Keys:
        known = self.keys() or Keys()
        made = Keys(
            await _live_key(apps, APP, "nexus say", known.rest),
            await _live_key(apps, DEFAULT_APP, "first steps", known.first_steps),
        )
        if made != known:
            write_file(self._keys, msgspec.json.encode(made))
        return made

    def _prepare_twin(self, twin: FoundTwin, key: str, now: float) -> Broken | None:
        """Make what one twin lacks; why it could not be, if so. What it had stays then."""
        try:
            given = self._given(twin.name)
            if given is None or given.stamp != self._stamp(twin):
                given = self._ask(twin, key, now)
                write_file(self._file(twin.name), msgspec.json.encode(given))
            if given.needs_key:
                _write_key(self._folder / twin.name, key)
        except Exception as error:  # noqa: BLE001 (foreign code: whatever it raises is its own problem)
            return Broken(f"twin {twin.name} of channel {twin.channel}", reason_of(error, twin.folder))
        return None

    def _ask(self, twin: FoundTwin, key: str, now: float) -> Given:
        """What the twin wants, which makes its credentials if they are not all there."""
        kind, folder = twin.load(), self._folder / twin.name
        try:
            config = kind.config(folder) if folder.exists() else None
        except (SettingsInvalid, OSError):
            config = None  # not all there
        if config is None:
            _make(kind, folder, key, now)
            config = kind.config(folder)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)
        return Given(twin.channel, config, kind.needs_key, self._stamp(twin))

    async def _configure(self, apps: Apps, twins: Sequence[FoundTwin]) -> None:
        """Tell the doors of `sim` what their twins want, where they do not know it."""
        configs = self.configs()
        for channel in {twin.channel for twin in twins} & configs.keys():
            stored = await apps.channel_config(APP, channel) or {}
            if configs[channel].items() - stored.items():
                await apps.configure_channel(APP, channel, configs[channel])

    def _stamp(self, twin: FoundTwin) -> str:
        """Changes with NEXUS' version, with the code of the twin's channel, and where the folder is moved."""
        found = [path.stat() for path in twin.folder.rglob("*.py")]
        newest = max((status.st_mtime_ns for status in found), default=0)
        return f"{VERSION} {len(found)} {newest} {sum(status.st_size for status in found)} {self._folder}"

    def _file(self, twin: str) -> Path:
        return self._folder / f"{twin}{_DOOR}"

    def _given(self, twin: str) -> Given | None:
        try:
            return msgspec.json.decode(self._file(twin).read_bytes(), type=Given)
        except (FileNotFoundError, msgspec.DecodeError):
            return None  # not yet, or of another version: the twin is asked again


def _make(kind: "type[Twin]", folder: Path, key: str, now: float) -> None:
    """New credentials in place of what is there: whole, or not at all."""
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if kind.needs_key:
        _write_key(fresh, key)
    kind.make(fresh, now)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def _write_key(folder: Path, key: str) -> None:
    file = folder / _API_KEY
    if not file.exists() or file.read_text() != key:
        write_file(file, key.encode())


async def _live_key(apps: Apps, app: str, name: str, key: str) -> str:
    """`key` if it still is one of `app`, else a new one (the database was made anew, or the key revoked)."""
    with suppress(NotAuthentic):  # of a database that was made anew: then there is a new one
        if key and (await apps.owner(key)).app == app:
            return key
    return await apps.create_key(app, name)
