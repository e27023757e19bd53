"""`nexus channels`: which doors are open, and how the others open."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from msgspec import Struct, structs
from rich.markup import escape
from rich.table import Column, Table

from infra.broken import tell_broken
from infra.cli.registry import with_registry
from infra.cli.tables import show
from infra.doors import Doors
from infra.home import Home
from infra.keysource import key_source
from infra.plugins import LoadedChannel, Plugins, load_plugins
from infra.served import served
from infra.settings import HIDDEN, Settings
from infra.storage.registry import Registry
from infra.system import RandomIds, SystemClock
from infra.vault import Vault, load_master_key
from shared.advice import DEFAULT_APP
from shared.channel import ChannelAdapter
from shared.errors import DoorShut, NotFound, SettingsInvalid

_PATIENCE_S = 60.0  # who looks wants to know what becomes of a door whose skill takes long to import
_RESTART = "restart NEXUS, which looks for plug-ins when it starts"


class DoorState(Struct, frozen=True):
    """A door of an app, or one of its places ("sms", "twilio"), and why it is shut: "" where it is open."""

    channel: str
    place: str
    shut: str

    @property
    def name(self) -> str:
        """What people call it: "alexa", "sms/twilio"."""
        return f"{self.channel}/{self.place}" if self.place else self.channel


async def door_states(
    settings: Settings, registry: Registry, plugins: Plugins, app: str, channels: Sequence[str] = ()
) -> list[DoorState]:
    """The doors of `app`, or those of `channels` only, place by place. Raises NotFound for an unknown app or channel.

    One that the running NEXUS does not know yet is shut until NEXUS is restarted.
    """
    doors = _doors(settings, registry, plugins)
    known = served(Home(settings.home))
    states: list[DoorState] = []
    for channel in channels or doors.channels:
        found = _states(await doors.find(app, channel), channel)
        states += found if known is None or channel in known else [_waiting(state) for state in found]
    return states


def _states(found: ChannelAdapter | DoorShut, channel: str) -> list[DoorState]:
    if isinstance(found, DoorShut):
        return [_shut(channel, "", found)]
    return [_state(found, channel, place) for place in sorted(found.places)]


def _waiting(state: DoorState) -> DoorState:
    return structs.replace(state, shut=f"{state.shut}; then {_RESTART}" if state.shut else _RESTART)


def _state(door: ChannelAdapter, channel: str, place: str) -> DoorState:
    try:
        door.at(place)
    except DoorShut as shut:
        return _shut(channel, place, shut)
    return DoorState(channel, place, "")


def _shut(channel: str, place: str, shut: DoorShut) -> DoorState:
    return DoorState(channel, place, str(shut).removeprefix(f"{channel}: "))


def _doors(settings: Settings, registry: Registry, plugins: Plugins) -> Doors:
    clock = SystemClock()
    vault = Vault(load_master_key(settings.master_key_file, create=True))
    return Doors(
        plugins.channels,
        settings,
        registry,
        vault,
        clock,
        RandomIds(),
        registry,
        lambda platform, config: key_source(platform, config, clock),
        _PATIENCE_S,
    )


def list_channels(settings: Settings, app: str) -> None:
    """Print the channels with the state of their doors and the values that are set."""
    plugins = load_plugins(settings.home)

    async def look(registry: Registry) -> tuple[list[DoorState], dict[str, list[str]]]:
        states = await door_states(settings, registry, plugins, app)
        return states, {one: await _values(settings, registry, app, one) for one in {state.channel for state in states}}

    states, values = with_registry(settings, "nexus channels list", look)
    table = Table(Column(no_wrap=True, overflow="fold"), Column(overflow="fold"), box=None, show_header=False)
    for channel, group in groupby(states, lambda state: state.channel):
        path = next(_path(one, app) for one in plugins.channels if one.manifest.name == channel)
        for name, lines in _rows(list(group), path, values[channel]):
            table.add_row(name, "\n".join(lines))
    show(table)
    tell_broken(plugins.broken)


def _rows(states: Sequence[DoorState], path: str, values: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """A channel's places by name: path, state, what is set for it ("twilio_from=…"); first what is set for all of them.

    The path stands alone and what may be long has a column to itself: so lines fit, and what is looked for is in one piece.
    """
    own = {state.place: [value for value in values if _is_of(value, state.place)] for state in states}
    common = [value for value in values if not any(value in some for some in own.values())]
    if common:
        yield states[0].channel, ["at every place:", *map(escape, common)]
    for state in states:
        text = f"[yellow]shut[/]: {escape(state.shut)}" if state.shut else "[green]open[/]"
        address = f"{path}/{state.place}" if state.place else path
        yield state.name, [address, text, *map(escape, own[state.place])]


def _is_of(setting: str, place: str) -> bool:
    """Whether a setting's key is that of a place; a door without places has them all."""
    return not place or setting.startswith(f"{place}_")


def configure(settings: Settings, app: str, channel: str, values: Mapping[str, str]) -> None:
    """Store values of a door, which are known settings, and tell what becomes of it. Raises NotFound for an unknown app."""
    plugins = load_plugins(settings.home)

    async def store(registry: Registry) -> Sequence[DoorState]:
        await registry.configure_channel(app, channel, values)
        config = await _config(settings, registry, app, channel)
        return _concerned(await door_states(settings, registry, plugins, app, (channel,)), values, config)

    states = with_registry(settings, "nexus channels configure", store)
    counts = "" if all(state.shut for state in states) else "; it counts within two seconds"
    print(f"Stored for {channel} of app {app}{counts}.")
    overridden = sorted(values.keys() & settings.channel_config(channel).keys()) if app == DEFAULT_APP else []
    if overridden:
        print(f"nexus: warning: environment or nexus.toml say otherwise for {', '.join(overridden)}", file=sys.stderr)
    for state in states:
        if state.shut:
            print(f"nexus: {state.name} is shut: {state.shut}", file=sys.stderr)
        else:
            print(f"{state.name} is open.")


def _concerned(states: Sequence[DoorState], *keys: Iterable[str]) -> Sequence[DoorState]:
    """The places that the first `keys` are about ("twilio_from": twilio), else those of the next; all where none is."""
    for some in keys:
        about = [state for state in states if any(state.place and _is_of(key, state.place) for key in some)]
        if about:
            return about
    return states


def check_settings(settings: Settings, channel: str, keys: Iterable[str]) -> None:
    """That there are such settings. Raises NotFound (no such channel) or SettingsInvalid (no such key, or not in production)."""
    found = {one.manifest.name: one.manifest for one in load_plugins(settings.home).channels}
    if channel not in found:
        raise NotFound(f"there is no channel {channel!r}; there are: {', '.join(sorted(found))}")
    known = {setting.key: setting for setting in found[channel].settings}
    for key in keys:
        if key not in known:
            raise SettingsInvalid(f"{channel} has no setting {key!r}; it has: {', '.join(known) or 'none'}")
        if known[key].simulator and settings.production:
            raise SettingsInvalid(f"{channel} {key} is for simulators and refused in production")


async def _values(settings: Settings, registry: Registry, app: str, channel: str) -> list[str]:
    config = await _config(settings, registry, app, channel)
    secret = settings.secret_keys(channel)
    return [f"{key}={HIDDEN if key in secret else value}" for key, value in config.items()]


async def _config(settings: Settings, registry: Registry, app: str, channel: str) -> dict[str, str]:
    """The values of a door that somebody gave: the environment's, in the default app, over the database's."""
    stored = await registry.channel_config(app, channel) or {}
    return {**stored, **(settings.channel_config(channel) if app == DEFAULT_APP else {})}


def _path(one: LoadedChannel, app: str) -> str:
    prefix = "" if app == DEFAULT_APP else f"/apps/{app}"
    return one.manifest.path or f"{prefix}/channels/{one.manifest.name}"
