"""Settings: environment `NEXUS_*` over nexus.toml over defaults. Nothing else reads the environment.

`load` gives a frozen Settings that knows where each value came from. What the database says about a channel
of an app is merged beneath `channel_config` by whoever opens the doors.
"""

import difflib
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from msgspec import Struct

from infra.settings_table import (
    SECRET_URLS,
    SPECS,
    Doors,
    DoorSetting,
    Spec,
    read_doors,
    read_told,
    reference,
    skill_env,
    without_password,
)
from shared.errors import SettingsInvalid

FILE = "nexus.toml"
_ROOT = Path(__file__).parent.parent
BUILT_IN_CHANNELS = _ROOT / "channels"
BUILT_IN_SKILLS = _ROOT / "skills"
HIDDEN = "(hidden)"


class Entry(Struct, frozen=True):
    """One setting as `nexus doctor` shows it: the value fit to be seen, and where it came from."""

    name: str
    shown: str
    source: str


class Settings(Struct, frozen=True, kw_only=True):
    """All that NEXUS was told from outside. Paths are absolute; None means not set."""

    host: str
    port: int
    home: Path
    env: str
    workers: int
    master_key_file: Path
    public_url: str | None
    database_url: str | None
    redis_url: str | None
    runtime_dir: Path | None
    timezone: str
    log_level: str
    model_threads: int
    models: str
    model_provider: str
    ray_address: str
    generation: str
    generation_model: str | None
    generation_key: str | None
    generation_slots: int
    generation_tokens: int
    generation_threads: int
    entries: tuple[Entry, ...]
    warnings: tuple[str, ...]
    channels: dict[str, dict[str, str]]
    doors: dict[str, tuple[DoorSetting, ...]]
    skills: dict[str, dict[str, str]]
    told: dict[str, tuple[DoorSetting, ...]]  # what skills declare

    def __repr__(self) -> str:
        shown = ", ".join(f"{entry.name}={entry.shown}" for entry in self.entries)
        return f"Settings({shown})"

    @property
    def production(self) -> bool:
        """Whether simulators are refused."""
        return self.env == "production"

    @property
    def local_url(self) -> str:
        """Where this machine reaches the web workers."""
        name = "127.0.0.1" if self.host in {"0.0.0.0", "::", ""} else self.host  # noqa: S104 (compared, not bound)
        return f"http://{f'[{name}]' if ':' in name else name}:{self.port}"

    def channel_config(self, channel: str) -> dict[str, str]:
        """What environment and nexus.toml say about a channel of the default app: key → value."""
        return dict(self.channels.get(channel, {}))

    def skill_config(self, skill: str) -> dict[str, str]:
        """What environment and nexus.toml say about a skill in the default app: key → value."""
        return dict(self.skills.get(skill, {}))

    def skill_source(self, skill: str, key: str) -> str:
        """Where a value of `skill_config` came from."""
        name = skill_env(skill, key)
        return next((entry.source for entry in self.entries if entry.name == name), "")

    def secret_keys(self, channel: str) -> frozenset[str]:
        """The keys of a channel's configuration that must not be shown."""
        return frozenset(setting.key for setting in self.doors.get(channel, ()) if setting.secret)

    def simulator_keys(self, channel: str) -> frozenset[str]:
        """The keys of a channel's configuration that production refuses, wherever they come from."""
        return frozenset(setting.key for setting in self.doors.get(channel, ()) if setting.simulator)


class _Text(Struct, frozen=True):
    """A value before it is read: its text, the folder its paths count from, where it was found."""

    text: str
    folder: Path
    source: str


def load(environ: Mapping[str, str], cwd: Path) -> Settings:
    """The settings. nexus.toml is read from `cwd` and from NEXUS_HOME; of both, the one in `cwd` counts.

    An empty variable counts as not set. Unknown names become warnings. Raises SettingsInvalid, naming the
    setting, what it should be, and where the wrong value came from.
    """
    variables = _variables(environ, cwd)
    near = _file(cwd)
    found = {**near, **variables}
    home = _value(_SPEC["home"], found, cwd)
    found = {**_file(home), **found}
    doors, told = _doors(home), _told(home)
    if any(_unknown(found, doors, told)):  # looked for only then: it means reading the metadata of every package
        doors |= _declared(_installed("channels"), read_doors)
        told |= _declared(_installed("skills"), read_told)
    values = {spec.field: _value(spec, found, cwd) for spec in SPECS}
    entries = [_entry(spec, values[spec.field], found) for spec in SPECS]
    values.update(_derived(values, environ))
    channels, door_entries = _given("channels", doors, found, values["env"])
    skills, skill_entries = _given("skills", told, found, values["env"])
    shown = [_resolved(entry, values) for entry in entries]
    return Settings(
        **values,
        channels=channels,
        doors=doors,
        skills=skills,
        told=told,
        entries=(*shown, *door_entries, *skill_entries),
        warnings=tuple(_unknown(found, doors, told)),
    )


def child_environment() -> dict[str, str]:
    """Our environment for a child that runs one of our modules: ours are found, those of the current folder are not."""
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}


def model_environment() -> dict[str, str]:
    """That of a child that holds models: its C library asks for large pages, in which weights are found faster.

    A token then takes a fifth less. An operator's own GLIBC_TUNABLES stay as they are.
    """
    return {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", **child_environment()}


_SPEC = {spec.field: spec for spec in SPECS}
_ENVS = frozenset(spec.env for spec in SPECS)
_FOR_TESTS = frozenset({"NEXUS_CHROMIUM"})  # the browser tests read it; known, so that it is no typing error


def _variables(environ: Mapping[str, str], cwd: Path) -> dict[str, _Text]:
    return {
        name: _Text(text, cwd, f"environment {name}")
        for name, text in environ.items()
        if name.startswith("NEXUS_") and text
    }


def _file(folder: Path) -> dict[str, _Text]:
    """nexus.toml under the names of the environment: `port` is NEXUS_PORT; dotted names stay."""
    file = folder / FILE
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsInvalid(f"{file} cannot be read: {error}") from error
    return {_name(key): _Text(_scalar(value, key, file), folder, str(file)) for key, value in _flat(table)}


def _name(key: str) -> str:
    return key if "." in key else "NEXUS_" + key.upper()


def _flat(table: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield before + key, value


def _scalar(value: object, key: str, file: Path) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise SettingsInvalid(f"{key} in {file} must be a text or a whole number, not {type(value).__name__}")
    return str(value)


def _value(spec: Spec, found: Mapping[str, _Text], cwd: Path) -> Any:
    text = found.get(spec.env)
    if text is None:
        return None if spec.default is None else spec.parse(spec.default, cwd)
    try:
        return spec.parse(text.text, text.folder)
    except ValueError:
        told = "" if spec.secret or spec.field in SECRET_URLS else f", not {text.text!r}"
        raise SettingsInvalid(f"{spec.env} must be {spec.kind}{told} (from {text.source})") from None


def _derived(values: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """The defaults that follow from other values or from the system."""
    derived: dict[str, Any] = {}
    if values["master_key_file"] is None:
        derived["master_key_file"] = values["home"] / "keys" / "master.key"
    if values["runtime_dir"] is None and environ.get("XDG_RUNTIME_DIR"):
        derived["runtime_dir"] = Path(environ["XDG_RUNTIME_DIR"])
    if values["timezone"] is None:
        derived["timezone"] = _system_timezone()
    return derived


def _system_timezone() -> str:
    from tzlocal import get_localzone_name  # 40 ms that few commands need

    try:
        return get_localzone_name() or "UTC"
    except (ValueError, LookupError):
        return "UTC"


def _entry(spec: Spec, value: object, found: Mapping[str, _Text]) -> Entry:
    source = found[spec.env].source if spec.env in found else "default"
    shown = without_password(value) if spec.field in SECRET_URLS and isinstance(value, str) else str(value)
    if spec.secret and value is not None:
        shown = HIDDEN
    return Entry(spec.env, shown, source)


def _resolved(entry: Entry, values: Mapping[str, Any]) -> Entry:
    """A default that was worked out is shown as what it came to."""
    value = values[entry.name.removeprefix("NEXUS_").lower()]
    if entry.source != "default":
        return entry
    return Entry(entry.name, "(not set)" if value is None else str(value), "default")


def _doors(home: Path) -> dict[str, tuple[DoorSetting, ...]]:
    """The settings that channels declare, built in and in NEXUS_HOME/plugins."""
    return _declared([*sorted(BUILT_IN_CHANNELS.glob("*/")), *sorted((home / "plugins").glob("*/"))], read_doors)


def _told(home: Path) -> dict[str, tuple[DoorSetting, ...]]:
    """The settings that skills declare, as `_doors` those of channels; skills without any are left out."""
    found = _declared([*sorted(BUILT_IN_SKILLS.glob("*/")), *sorted((home / "plugins").glob("*/"))], read_told)
    return {name: settings for name, settings in found.items() if settings}


def _installed(kind: str) -> list[Path]:
    """The folders of channels or skills in installed packages."""
    specs = (find_spec(point.value) for point in entry_points(group=f"nexus.{kind}"))
    return [Path(spec.origin).parent for spec in specs if spec is not None and spec.origin]


def _declared(folders: Sequence[Path], read: Callable[[Path], Doors | None]) -> dict[str, tuple[DoorSetting, ...]]:
    found = (read(folder) for folder in folders)
    return {door.name: door.settings for door in found if isinstance(door, Doors)}


def _given(
    kind: str, declared: Mapping[str, tuple[DoorSetting, ...]], found: Mapping[str, _Text], env: str
) -> tuple[dict[str, dict[str, str]], list[Entry]]:
    """What environment and nexus.toml say to channels or skills, and how that is shown."""
    given: dict[str, dict[str, str]] = {}
    entries: list[Entry] = []
    for plugin, settings in declared.items():
        for setting in settings:
            text = found.get(setting.env) or found.get(f"{kind}.{plugin}.{setting.key}")
            if text is None:
                continue
            if setting.simulator and env == "production":
                raise SettingsInvalid(
                    f"{setting.env} is for simulators and refused in production (from {text.source}); "
                    "unset it, or set NEXUS_ENV=development"
                )
            value = str((text.folder / text.text).absolute()) if setting.kind == "path" else text.text
            given.setdefault(plugin, {})[setting.key] = value
            if setting.env not in _ENVS:  # else it is shown already
                name = setting.env or f"{kind}.{plugin}.{setting.key}"
                entries.append(Entry(name, HIDDEN if setting.secret else value, text.source))
    return given, entries


_Declared = Mapping[str, tuple[DoorSetting, ...]]


def _unknown(found: Mapping[str, _Text], doors: _Declared, told: _Declared) -> Iterable[str]:
    known = set(_ENVS | _FOR_TESTS)
    for kind, declared in (("channels", doors), ("skills", told)):
        for plugin, settings in declared.items():
            known |= {setting.env for setting in settings if setting.env}
            known |= {f"{kind}.{plugin}.{setting.key}" for setting in settings}
    for name, text in found.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            yield f"{name} is not a setting of NEXUS (from {text.source}){hint}"


if __name__ == "__main__":
    print(reference(_doors(BUILT_IN_CHANNELS), _told(BUILT_IN_CHANNELS)), end="")
