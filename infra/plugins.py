"""One loader for plug-ins: finds them by manifest, imports them, and names what does not load.

Looked for in `channels/` and `skills/` of NEXUS itself, in NEXUS_HOME/plugins/, and in installed packages through the entry
points `nexus.channels` and `nexus.skills` (the entry point names the package whose folder holds the manifest).
"""

import importlib
import importlib.util
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Struct

from core.skillbook import LoadedSkill
from infra.broken import Broken, reason_of
from infra.editions import edition_of
from infra.settings_table import DoorSetting
from shared.channel import ChannelAdapter
from shared.errors import PluginInvalid
from shared.manifest import SkillLocale, SkillManifest, complaints, fitted
from shared.skill import Skill

if TYPE_CHECKING:
    from shared.testing.platforms import Twin  # speaks HTTP, which only those who use a twin pay for

_ROOT = Path(__file__).parent.parent
_HOME_PACKAGE = "nexus_plugins"
_TWIN_NAME = re.compile("[a-z][a-z0-9-]{0,31}")
T = TypeVar("T")


class TwinManifest(Struct, frozen=True):
    """One `[[twins]]` of a channel.toml: what `nexus say --channel` takes, and `module:Class` of the twin."""

    name: str
    entry: str


class ChannelManifest(Struct, frozen=True):
    """`channel.toml`: name, title, `module:Class` of the adapter, and the settings its door needs.

    `path` is set where the door has a path of its own instead of `/channels/<name>`. `contracts` are `module:Class` of the
    AdapterContracts that `nexus channels check` runs, `twins` what stands in for the platforms that knock at this door.
    """

    name: str
    title: str
    entry: str
    summary: str = ""
    settings: tuple[DoorSetting, ...] = ()
    path: str | None = None
    contracts: tuple[str, ...] = ()
    twins: tuple[TwinManifest, ...] = ()


class LoadedChannel(Struct, frozen=True):
    """A channel: its manifest, its adapter class, its folder, and the package that its further entries are imported from."""

    manifest: ChannelManifest
    adapter: type[ChannelAdapter]
    folder: Path
    package: str


class FoundTwin(Struct, frozen=True):
    """A twin that a manifest names. Its module is imported when it is used, and no sooner."""

    name: str
    channel: str
    entry: str
    folder: Path
    package: str

    def load(self) -> "type[Twin]":
        """The class. Raises PluginInvalid with the reason, whatever its module raises."""
        from shared.testing.platforms import Twin

        twin = load_entry(self.package, self.entry, self.folder)
        if not (isinstance(twin, type) and issubclass(twin, Twin)):
            raise PluginInvalid(f"twin {self.name}: {self.entry} is no Twin")
        if twin.name != self.name:
            raise PluginInvalid(f"twin {self.name}: the manifest says {self.name}, the twin {twin.name}")
        return twin


class Plugins(Struct, frozen=True):
    """All that was found."""

    channels: tuple[LoadedChannel, ...]
    skills: tuple[LoadedSkill, ...]
    twins: tuple[FoundTwin, ...]
    broken: tuple[Broken, ...]


class Twins(Struct, frozen=True):
    """All twins that manifests name, and what is wrong with the manifests."""

    found: tuple[FoundTwin, ...]
    broken: tuple[Broken, ...]

    def named(self, name: str) -> FoundTwin | None:
        """The twin called `name`."""
        return next((twin for twin in self.found if twin.name == name), None)


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
    twins = _unique([twin for one in channels for twin in _twins(one.manifest, one.folder, one.package)], broken)
    return Plugins(tuple(channels), tuple(skills), twins, tuple(broken))


def find_twins(home: Path | None) -> Twins:
    """Every twin that can be found, from the manifests alone: nothing is imported."""
    broken: list[Broken] = []
    manifests = _load_all("channel", home, _manifest, lambda one: one[0].name, broken)
    return Twins(_unique([twin for one in manifests for twin in _twins(*one)], broken), tuple(broken))


def load_channel(folder: Path, package: str = "") -> LoadedChannel:
    """The channel in any folder, imported as `package`, else as if it lay in NEXUS_HOME/plugins.

    Raises PluginInvalid with the reason, whatever its modules raise.
    """
    return _alone(folder, package, _load_channel)


def load_skill(folder: Path, package: str = "") -> LoadedSkill:
    """The skill in any folder, as `load_channel` loads a channel; NEXUS' own are imported as what they are."""
    return _alone(folder, package or package_of(folder), _load_skill)


def package_of(folder: Path) -> str:
    """What the skill in a folder is imported as, unless it comes in a package."""
    return f"{'skills' if folder.parent == _ROOT / 'skills' else _HOME_PACKAGE}.{folder.name}"


def _alone(folder: Path, package: str, load: Callable[[_Found], T]) -> T:
    package = package or f"{_HOME_PACKAGE}.{folder.name}"
    if package.startswith(f"{_HOME_PACKAGE}."):
        _make_importable(folder.parent)
    try:
        return load(_Found(folder, package))
    except PluginInvalid:
        raise
    except Exception as error:
        raise PluginInvalid(reason_of(error, folder)) from error


def skill_folders(home: Path | None) -> dict[Path, str]:
    """Every folder with a skill.toml that can be found, and the package that it is imported as."""
    return {found.folder: found.package for found in _find("skill", home, [])}


def twins_of(channel: LoadedChannel) -> tuple[FoundTwin, ...]:
    """The twins that its manifest names."""
    return tuple(_twins(channel.manifest, channel.folder, channel.package))


def load_entry(package: str, entry: str, folder: Path) -> object:
    """What `module:attribute` of a plug-in's package, which lies in `folder`, is.

    Raises PluginInvalid with the reason, whatever its module raises.
    """
    try:
        return _entry(package, entry)
    except PluginInvalid:
        raise
    except Exception as error:
        raise PluginInvalid(f"{entry}: {reason_of(error, folder)}") from error


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
            broken.append(Broken(f"{kind} {found.folder.name}", reason_of(error, found.folder)))
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


def _manifest(found: _Found) -> tuple[ChannelManifest, Path, str]:
    return _read(found.folder / "channel.toml", ChannelManifest), found.folder, found.package


def _twins(manifest: ChannelManifest, folder: Path, package: str) -> Iterator[FoundTwin]:
    for twin in manifest.twins:
        yield FoundTwin(twin.name, manifest.name, twin.entry, folder, package)


def _unique(twins: Iterable[FoundTwin], broken: list[Broken]) -> tuple[FoundTwin, ...]:
    """Twins by their names, which are names of folders too: of two that have the same, the second is broken."""
    names: dict[str, FoundTwin] = {}
    for twin in twins:
        try:
            _check_name(twin, names)
        except PluginInvalid as error:
            broken.append(Broken(f"twin {twin.name} of channel {twin.channel}", str(error)))
        else:
            names[twin.name] = twin
    return tuple(names.values())


def _check_name(twin: FoundTwin, names: Mapping[str, FoundTwin]) -> None:
    if not _TWIN_NAME.fullmatch(twin.name):
        raise PluginInvalid("a twin's name is made of lower-case letters, digits and hyphens")
    if twin.name in names:
        raise PluginInvalid(f"channel {names[twin.name].channel} has a twin of this name already")


def _load_channel(found: _Found) -> LoadedChannel:
    manifest, folder, package = _manifest(found)
    adapter = _entry(package, manifest.entry)
    if not (isinstance(adapter, type) and issubclass(adapter, ChannelAdapter)):
        raise PluginInvalid(f"{manifest.entry} is no ChannelAdapter")
    if adapter.name != manifest.name:
        raise PluginInvalid(f"the manifest says {manifest.name}, the adapter {adapter.name}")
    return LoadedChannel(manifest, adapter, folder, package)


def _load_skill(found: _Found) -> LoadedSkill:
    manifest = _read(found.folder / "skill.toml", SkillManifest)
    skill = _entry(found.package, manifest.entry)
    if not (isinstance(skill, type) and issubclass(skill, Skill)):
        raise PluginInvalid(f"{manifest.entry} is no Skill")
    files = sorted((found.folder / "locales").glob("*.toml"))
    locales = {path.stem: fitted(_read(path, SkillLocale), manifest) for path in files}
    if wrong := complaints(manifest, locales):
        raise PluginInvalid("; ".join(wrong))
    cached = any(spec.cache_s for spec in manifest.intents.values())
    return LoadedSkill(manifest, skill(), locales, edition_of(found.folder) if cached else "")


def _entry(package: str, entry: str) -> object:
    module_name, _, attribute = entry.partition(":")
    module = importlib.import_module(f"{package}.{module_name}")
    try:
        return getattr(module, attribute)
    except AttributeError:
        raise PluginInvalid(f"{module_name} has no {attribute}") from None


def _read(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, OSError) as error:
        raise PluginInvalid(f"{path.name}: {error}") from None
