"""Opens the doors: which adapter serves a channel of an app, with its configuration as it is now."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from infra.opening import Opening
from infra.plugins import LoadedChannel
from infra.settings import Settings
from infra.storage.registry import Registry
from infra.vault import Vault
from shared.advice import DEFAULT_APP
from shared.channel import ChannelAdapter
from shared.errors import DoorShut, NotFound, StoreUnavailable
from shared.ports import ApiKeys, Clock, DoorPorts, Ids, KeySource

SIMULATOR_APP = "sim"
_FRESH_S = 2.0  # a changed configuration counts within this time
_PATIENCE_S = 6.0  # for a door that is being opened: most platforms give up soon after

KeySources = Callable[[str, Mapping[str, str]], KeySource]
_Key = tuple[str, str]


class Doors:
    """Adapters by app and channel, made anew when their configuration changes, kept while Postgres is away.

    A door that is being opened is waited for, `patience_s` at most.
    """

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
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self.channels = {one.manifest.name: one for one in channels}
        self._settings = settings
        self._registry = registry
        self._vault = vault
        self._clock = clock
        self._ids = ids
        self._api_keys = api_keys
        self._key_sources = key_sources
        self._looks = max(1, round(patience_s / _FRESH_S))
        self._fresh: dict[_Key, float] = {}  # until when nobody need look at the configuration again
        self._openings: dict[_Key, Opening] = {}

    async def find(self, app: str, channel: str) -> ChannelAdapter | DoorShut:
        """The door, or why it is shut. Raises NotFound (no such app or channel)."""
        for _ in range(self._looks):
            opening = await self._opening(app, channel)
            door = await opening.found(_FRESH_S)
            if door is not None:
                return door
        return DoorShut(f"{channel}: the door is still being opened; try again in a moment")

    async def adapter(self, app: str, channel: str) -> ChannelAdapter:
        """The open door. Raises NotFound (no such app or channel) or DoorShut."""
        found = await self.find(app, channel)
        if isinstance(found, DoorShut):
            raise DoorShut(str(found))
        return found

    def receipt_times(self) -> dict[str, float]:
        """Channel → how long its receipts may take (`ChannelAdapter.receipt_s`)."""
        return {name: one.adapter.receipt_s for name, one in self.channels.items()}

    async def _opening(self, app: str, channel: str) -> Opening:
        """The attempts to open the door as it is configured now, or was when Postgres could last be reached."""
        known = self._openings.get((app, channel))
        if known is not None and self._clock.monotonic() < self._fresh.get((app, channel), 0.0):
            return known
        found = await self._looked_up(app, channel)
        self._fresh[app, channel] = self._clock.monotonic() + _FRESH_S
        self._openings[app, channel] = found
        return found

    async def _looked_up(self, app: str, channel: str) -> Opening:
        loaded = self.channels.get(channel)
        if loaded is None:
            raise NotFound(f"there is no channel {channel!r}")
        try:
            config = await self.config(app, channel)
        except StoreUnavailable:
            known = self._openings.get((app, channel))
            if known is None:
                raise
            return known
        known = self._openings.get((app, channel))  # now: another request may have begun while this one looked
        if known is not None and known.config == config:
            return known
        return Opening(channel, config, partial(loaded.adapter.open, app, config, self._ports(app)), self._clock)

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
