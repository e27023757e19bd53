"""Opens the doors: which adapter serves a channel of an app, with its configuration as it is now."""

from collections.abc import Callable, Mapping, Sequence

from infra.plugins import LoadedChannel
from infra.settings import Settings
from infra.storage.registry import Registry
from infra.vault import Vault
from shared.channel import ChannelAdapter
from shared.errors import DoorShut, NotFound, StoreUnavailable
from shared.ports import ApiKeys, Clock, DoorPorts, Ids, KeySource

DEFAULT_APP = "default"
SIMULATOR_APP = "sim"
_FRESH_S = 2.0  # a changed configuration counts within this time

KeySources = Callable[[str, Mapping[str, str]], KeySource]
_Key = tuple[str, str]


class Doors:
    """Adapters by app and channel, made anew when their configuration changes, kept while Postgres is away."""

    def __init__(
        self,
        channels: Sequence[LoadedChannel],
        settings: Settings,
        registry: Registry,
        vault: Vault,
        clock: Clock,
        ids: Ids,
        api_keys: ApiKeys,
        key_sources: KeySources,
    ) -> None:
        self.channels = {one.manifest.name: one for one in channels}
        self._settings = settings
        self._registry = registry
        self._vault = vault
        self._clock = clock
        self._ids = ids
        self._api_keys = api_keys
        self._key_sources = key_sources
        self._fresh: dict[_Key, tuple[float, ChannelAdapter | DoorShut]] = {}
        self._opened: dict[_Key, tuple[dict[str, str], ChannelAdapter]] = {}

    async def find(self, app: str, channel: str) -> ChannelAdapter | DoorShut:
        """The door, or why it is shut. Raises NotFound (no such app or channel)."""
        found = self._fresh.get((app, channel))
        if found is None or found[0] < self._clock.monotonic():
            door = await self._current(app, channel)
            found = self._fresh[app, channel] = (self._clock.monotonic() + _FRESH_S, door)
        return found[1]

    async def adapter(self, app: str, channel: str) -> ChannelAdapter:
        """The open door. Raises NotFound (no such app or channel) or DoorShut."""
        found = await self.find(app, channel)
        if isinstance(found, DoorShut):
            raise DoorShut(str(found))
        return found

    def receipt_times(self) -> dict[str, float]:
        """Channel → how long its receipts may take (`ChannelAdapter.receipt_s`)."""
        return {name: one.adapter.receipt_s for name, one in self.channels.items()}

    async def _current(self, app: str, channel: str) -> ChannelAdapter | DoorShut:
        loaded = self.channels.get(channel)
        if loaded is None:
            raise NotFound(f"there is no channel {channel!r}")
        known = self._opened.get((app, channel))
        try:
            config = await self.config(app, channel)
        except StoreUnavailable:
            if known is None:
                raise
            return known[1]
        if known is not None and known[0] == config:
            return known[1]
        try:
            adapter = loaded.adapter.open(app, config, self._ports(app))
        except DoorShut as shut:
            self._opened.pop((app, channel), None)
            return shut
        self._opened[app, channel] = (config, adapter)
        return adapter

    async def config(self, app: str, channel: str) -> dict[str, str]:
        """What a door is configured with: the environment (default app) over the database. Raises NotFound."""
        stored = await self._registry.channel_config(app, channel)
        if stored is None:
            raise NotFound(f"there is no app {app!r}")
        config = dict(stored)
        if app == DEFAULT_APP:
            config |= self._settings.channel_config(channel)
        if self._settings.production:
            simulated = sorted(self._settings.simulator_keys(channel) & set(config))
            config = {key: value for key, value in config.items() if key not in simulated}
        if self._settings.public_url:
            config.setdefault("public_url", self._settings.public_url)
        if not self._settings.production:
            config["development_origins"] = " ".join(_local_origins(self._settings.port))
        return config

    def _ports(self, app: str) -> DoorPorts:
        return DoorPorts(
            clock=self._clock,
            ids=self._ids,
            api_keys=self._api_keys,
            keys=self._key_sources,
            secret=lambda purpose: self._vault.secret(app, purpose),
        )


def _local_origins(port: int) -> tuple[str, str]:
    return f"http://127.0.0.1:{port}", f"http://localhost:{port}"
