"""`nexus channels`: which doors are open, and how the others open."""

import sys
from collections.abc import Mapping

from rich.markup import escape
from rich.table import Table

from infra.cli.registry import with_registry
from infra.cli.tables import show
from infra.doors import DEFAULT_APP, Doors
from infra.keysource import key_source
from infra.plugins import LoadedChannel, Plugins, load_plugins
from infra.settings import HIDDEN, Settings
from infra.storage.registry import Registry
from infra.system import RandomIds, SystemClock
from infra.vault import Vault, load_master_key
from shared.errors import DoorShut, NotFound, SettingsInvalid

_PATIENCE_S = 60.0  # who looks wants to know what becomes of a door whose skill takes long to import


async def door_states(settings: Settings, registry: Registry, plugins: Plugins, app: str) -> dict[str, str]:
    """Every channel with "" where the door of `app` is open, else with how to open it. Raises NotFound for an unknown app."""
    clock = SystemClock()
    vault = Vault(load_master_key(settings.master_key_file, create=True))
    doors = Doors(
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
    states: dict[str, str] = {}
    for channel in doors.channels:
        try:
            await doors.adapter(app, channel)
            states[channel] = ""
        except DoorShut as shut:
            states[channel] = str(shut)
    return states


def list_channels(settings: Settings, app: str) -> None:
    """Print the channels with the state of their doors and the values that are set."""
    plugins = load_plugins(settings.home)

    async def look(registry: Registry) -> list[tuple[LoadedChannel, str, str]]:
        states = await door_states(settings, registry, plugins, app)
        return [
            (one, states[one.manifest.name], await _values(settings, registry, app, one.manifest.name))
            for one in plugins.channels
        ]

    table = Table("channel", "path", "door", "set")
    for one, shut, values in with_registry(settings, "nexus channels list", look):
        state = f"[yellow]shut[/]: {escape(shut)}" if shut else "[green]open[/]"
        table.add_row(one.manifest.name, _path(one, app), state, escape(values))
    show(table)
    for broken in plugins.broken:
        print(f"nexus: {broken.name} does not load: {broken.reason}", file=sys.stderr)


def configure(settings: Settings, app: str, channel: str, values: Mapping[str, str]) -> None:
    """Store values of a door. Raises NotFound or SettingsInvalid for what there is not, or not in production."""
    found = {one.manifest.name: one.manifest for one in load_plugins(settings.home).channels}
    if channel not in found:
        raise NotFound(f"there is no channel {channel!r}; there are: {', '.join(sorted(found))}")
    known = {setting.key: setting for setting in found[channel].settings}
    for key in values:
        if key not in known:
            raise SettingsInvalid(f"{channel} has no setting {key!r}; it has: {', '.join(known) or 'none'}")
        if known[key].simulator and settings.production:
            raise SettingsInvalid(f"{channel} {key} is for simulators and refused in production")
    with_registry(
        settings, "nexus channels configure", lambda registry: registry.configure_channel(app, channel, values)
    )
    print(f"{channel} of app {app} is configured; it counts within two seconds.")
    overridden = sorted(values.keys() & settings.channel_config(channel).keys()) if app == DEFAULT_APP else []
    if overridden:
        print(f"nexus: warning: environment or nexus.toml say otherwise for {', '.join(overridden)}", file=sys.stderr)


async def _values(settings: Settings, registry: Registry, app: str, channel: str) -> str:
    stored = await registry.channel_config(app, channel) or {}
    config = {**stored, **(settings.channel_config(channel) if app == DEFAULT_APP else {})}
    secret = settings.secret_keys(channel)
    return "\n".join(f"{key}={HIDDEN if key in secret else value}" for key, value in config.items())


def _path(one: LoadedChannel, app: str) -> str:
    prefix = "" if app == DEFAULT_APP else f"/apps/{app}"
    return one.manifest.path or f"{prefix}/channels/{one.manifest.name}"
