"""What skills have of the world outside: the operator's settings for them, and the web."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

import httpx

from core.skillbook import LoadedSkill
from infra.fetch import Fetcher
from infra.permitted import permitted
from infra.reach import Answers, SkillWeb
from infra.settings import Settings
from infra.storage.registry import Registry
from shared.advice import DEFAULT_APP
from shared.errors import StoreUnavailable
from shared.manifest import SkillManifest
from shared.outside import Web
from shared.ports import Clock


class SkillConfigs:
    """The settings of skills: environment and nexus.toml (default app) over the database over defaults."""

    def __init__(self, settings: Settings, registry: Registry, skills: Iterable[LoadedSkill]) -> None:
        self._settings, self._registry = settings, registry
        self.manifests = {one.manifest.name: one.manifest for one in skills}
        self._last: dict[tuple[str, str], dict[str, str]] = {}

    async def config(self, app: str, skill: str) -> dict[str, str]:
        """The settings as they are now, or were when Postgres could last be reached. Raises StoreUnavailable."""
        try:
            stored = self._last[app, skill] = await self._registry.skill_config(app, skill) or {}
        except StoreUnavailable:
            if (app, skill) not in self._last:
                raise
            stored = self._last[app, skill]
        return {key: value for key, (value, _) in self.sources(app, skill, stored).items()}

    def sources(self, app: str, skill: str, stored: Mapping[str, str]) -> dict[str, tuple[str, str]]:
        """Each setting that has a value, with where that came from."""
        manifest = self.manifests.get(skill, _UNKNOWN)
        found = {key: (value, "default") for key, value in manifest.defaults.items()}
        found |= {key: (value, "database") for key, value in stored.items()}
        told = self._settings.skill_config(skill) if app == DEFAULT_APP else {}
        found |= {key: (value, self._settings.skill_source(skill, key)) for key, value in told.items()}
        known = {one.key for one in manifest.settings}
        return {key: pair for key, pair in found.items() if key in known}


_UNKNOWN = SkillManifest("", "", "", "", {})


class WorldOutside:
    """Implements `shared.outside.Outside`."""

    def __init__(self, configs: SkillConfigs, answers: Answers) -> None:
        self._configs, self._answers = configs, answers

    async def config(self, app: str, skill: str) -> Mapping[str, str]:
        """See `Outside.config`."""
        return await self._configs.config(app, skill)

    def web(self, skill: str, config: Mapping[str, str], deadline: float) -> Web:
        """See `Outside.web`."""
        allowed = permitted(self._configs.manifests.get(skill, _UNKNOWN).permissions, config)
        return SkillWeb(self._answers, skill, allowed, deadline)


@asynccontextmanager
async def open_outside(
    configs: SkillConfigs, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[WorldOutside]:
    """The world outside, with one client and one cache. Closes them at the end."""
    async with Fetcher(clock, transport) as fetcher, Answers(fetcher, clock) as answers:
        yield WorldOutside(configs, answers)
