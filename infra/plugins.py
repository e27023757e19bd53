"""One loader for plug-ins: finds them by manifest, imports them, and names what does not load.

Looked for in `channels/` and `skills/` of NEXUS itself, in NEXUS_HOME/plugins/, and in installed packages through the entry
points `nexus.channels` and `nexus.skills` (the entry point names the package whose folder holds the manifest).
"""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import msgspec
from msgspec import Struct

from core.skillbook import LoadedSkill
from infra.settings_table import DoorSetting
from shared.channel import ChannelAdapter
from shared.errors import NexusError, PluginInvalid
from shared.skill import Skill, SkillLocale, SkillManifest

_ROOT = Path(__file__).parent.parent
_HOME_PACKAGE = "nexus_plugins"
T = TypeVar("T")


class ChannelManifest(Struct, frozen=True):
    """`channel.toml`: name, title, `module:Class` of the adapter, and the settings its door needs.

    `path` is set where the door has a path of its own instead of `/channels/<name>`.
    """

    name: str
    title: str
    entry: str
    summary: str = ""
    settings: tuple[DoorSetting, ...] = ()
    path: str | None = None


class LoadedChannel(Struct, frozen=True):
    """A channel: its manifest and its adapter class."""

    manifest: ChannelManifest
    adapter: type[ChannelAdapter]


class Broken(Struct, frozen=True):
    """A plug-in that did not load, and why."""

    name: str
    reason: str


class Plugins(Struct, frozen=True):
    """All that was found."""

    channels: tuple[LoadedChannel, ...]
    skills: tuple[LoadedSkill, ...]
    broken: tuple[Broken, ...]


class _Found(Struct, frozen=True):
    """A folder with a manifest, and the name of the package it is imported as."""

    folder: Path
    package: str


def load_plugins(home: Path | None) -> Plugins:
    """Every channel and skill that can be found, those of a home too if one is given.

    One that fails is named in `broken` and does not stop the others.
    """
    broken: list[Broken] = []
    channels = _load_all("channel", home, _load_channel, lambda one: one.manifest.name, broken)
    skills = _load_all("skill", home, _load_skill, lambda one: one.manifest.name, broken)
    return Plugins(tuple(channels), tuple(skills), tuple(broken))


def _load_all(
    kind: str, home: Path | None, load: Callable[[_Found], T], name_of: Callable[[T], str], broken: list[Broken]
) -> list[T]:
    loaded: dict[str, T] = {}
    for found in _find(kind, home, broken):
        try:
            one = load(found)
            if name_of(one) in loaded:
                raise PluginInvalid(f"another {kind} is called {name_of(one)} already")
            loaded[name_of(one)] = one
        except Exception as error:  # noqa: BLE001 (foreign code: whatever it raises is its own problem)
            reason = str(error) if isinstance(error, NexusError) else f"{type(error).__name__}: {error}"
            broken.append(Broken(f"{kind} {found.folder.name}", reason))
    return list(loaded.values())


def _find(kind: str, home: Path | None, broken: list[Broken]) -> Iterator[_Found]:
    manifest = f"{kind}.toml"
    for folder in _with_manifest(_ROOT / f"{kind}s", manifest):
        yield _Found(folder, f"{kind}s.{folder.name}")
    if home is not None:
        plugins = home / "plugins"
        for folder in _with_manifest(plugins, manifest):
            _make_importable(plugins)
            yield _Found(folder, f"{_HOME_PACKAGE}.{folder.name}")
    for point in entry_points(group=f"nexus.{kind}s"):
        spec = importlib.util.find_spec(point.value)
        if spec is None or spec.origin is None:
            broken.append(Broken(f"{kind} {point.name}", f"its package {point.value} cannot be found"))
        else:
            yield _Found(Path(spec.origin).parent, point.value)


def _with_manifest(folder: Path, manifest: str) -> list[Path]:
    return sorted(path.parent for path in folder.glob(f"*/{manifest}"))


def _make_importable(plugins: Path) -> None:
    """NEXUS_HOME/plugins becomes the package `nexus_plugins`, so that its folders cannot shadow other modules."""
    package = sys.modules.setdefault(_HOME_PACKAGE, ModuleType(_HOME_PACKAGE))
    package.__path__ = [str(plugins)]


def _load_channel(found: _Found) -> LoadedChannel:
    manifest = _read(found.folder / "channel.toml", ChannelManifest)
    adapter = _entry(found, manifest.entry)
    if not (isinstance(adapter, type) and issubclass(adapter, ChannelAdapter)):
        raise PluginInvalid(f"{manifest.entry} is no ChannelAdapter")
    if adapter.name != manifest.name:
        raise PluginInvalid(f"the manifest says {manifest.name}, the adapter {adapter.name}")
    return LoadedChannel(manifest, adapter)


def _load_skill(found: _Found) -> LoadedSkill:
    manifest = _read(found.folder / "skill.toml", SkillManifest)
    skill = _entry(found, manifest.entry)
    if not (isinstance(skill, type) and issubclass(skill, Skill)):
        raise PluginInvalid(f"{manifest.entry} is no Skill")
    locales = {path.stem: _read(path, SkillLocale) for path in sorted((found.folder / "locales").glob("*.toml"))}
    for language, locale in locales.items():
        unknown = sorted(set(locale.utterances) - set(manifest.intents))
        if unknown:
            raise PluginInvalid(f"locales/{language}.toml has utterances of unknown intents: {', '.join(unknown)}")
    return LoadedSkill(manifest, skill(), locales)


def _entry(found: _Found, entry: str) -> object:
    module_name, _, attribute = entry.partition(":")
    module = importlib.import_module(f"{found.package}.{module_name}")
    try:
        return getattr(module, attribute)
    except AttributeError:
        raise PluginInvalid(f"{module_name} has no {attribute}") from None


def _read(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, OSError) as error:
        raise PluginInvalid(f"{path.name}: {error}") from None
