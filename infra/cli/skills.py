"""`nexus skills`: what NEXUS can do, and what the operator tells the skills."""

import sys
from collections.abc import Iterable, Mapping

from rich.markup import escape
from rich.table import Table

from infra.broken import tell_broken
from infra.cli.registry import with_registry
from infra.cli.tables import show
from infra.outside import SkillConfigs
from infra.plugins import load_plugins
from infra.settings import HIDDEN, Settings
from infra.storage.registry import Registry
from shared.advice import DEFAULT_APP, how_to_tell
from shared.errors import NotFound, SettingsInvalid
from shared.manifest import SkillManifest


def list_skills(settings: Settings, app: str) -> None:
    """Print the skills with examples and settings; what does not load goes to stderr with its reason."""
    plugins = load_plugins(settings.home)
    manifests = [one.manifest for one in plugins.skills]
    told: dict[str, list[str]] = {}
    if any(one.settings for one in manifests):

        async def look(registry: Registry) -> dict[str, list[str]]:
            configs = SkillConfigs(settings, registry, plugins.skills)
            return await skill_settings(configs, registry, app)

        told = with_registry(settings, "nexus skills list", look)
    table = Table("skill", "what it does", "intents", "try")
    for one in manifests:
        does = [escape(one.summary), *map(escape, told.get(one.name, ()))]
        table.add_row(one.name, "\n".join(does), "\n".join(one.intents), escape("\n".join(one.examples)))
    show(table)
    tell_broken(plugins.broken)


async def skill_settings(configs: SkillConfigs, registry: Registry, app: str) -> dict[str, list[str]]:
    """By skill: each setting that has a value with where it came from, secrets hidden, and what is lacking. Raises NotFound."""
    found = {}
    for name, manifest in configs.manifests.items():
        if manifest.settings:
            stored = await registry.skill_config(app, name)
            if stored is None:
                raise NotFound(f"there is no app {app!r}: nexus apps create {app}")
            found[name] = _lines(manifest, configs.sources(app, name, stored), app)
    return found


def _lines(manifest: SkillManifest, sources: Mapping[str, tuple[str, str]], app: str) -> list[str]:
    secret = {one.key for one in manifest.settings if one.secret}
    lines = [f"{key}={HIDDEN if key in secret else value} ({source})" for key, (value, source) in sources.items()]
    lacking = manifest.lacking({key: value for key, (value, _) in sources.items()})
    lines += [f"lacks {key}: {how_to_tell(app, manifest.name, key)}" for key in lacking]
    return lines


def configure_skill(settings: Settings, app: str, skill: str, values: Mapping[str, str]) -> None:
    """Store settings of a skill, which are known ones. Raises NotFound for an unknown app."""

    async def store(registry: Registry) -> list[str]:
        await registry.configure_skill(app, skill, values)
        configs = SkillConfigs(settings, registry, load_plugins(settings.home).skills)
        return (await skill_settings(configs, registry, app))[skill]

    lines = with_registry(settings, "nexus skills configure", store)
    print(f"Stored for {skill} of app {app}; it counts within two seconds.")
    overridden = sorted(values.keys() & settings.skill_config(skill).keys()) if app == DEFAULT_APP else []
    if overridden:
        print(f"nexus: warning: environment or nexus.toml say otherwise for {', '.join(overridden)}", file=sys.stderr)
    for line in lines:
        print(f"nexus: {skill} {line}" if line.startswith("lacks ") else line)


def check_skill_settings(settings: Settings, skill: str, keys: Iterable[str]) -> None:
    """That there are such settings. Raises NotFound (no such skill) or SettingsInvalid (no such key)."""
    found = {one.manifest.name: one.manifest for one in load_plugins(settings.home).skills}
    if skill not in found:
        raise NotFound(f"there is no skill {skill!r}; there are: {', '.join(sorted(found))}")
    known = [setting.key for setting in found[skill].settings]
    for key in keys:
        if key not in known:
            raise SettingsInvalid(f"{skill} has no setting {key!r}; it has: {', '.join(known) or 'none'}")
