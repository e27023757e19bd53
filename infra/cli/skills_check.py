"""`nexus skills check`: does a skill hold what every skill must hold, and can its intents be told apart? Told in words."""

import sys
from pathlib import Path

from core.skillbook import LoadedSkill
from infra.cli.check import told
from infra.cli.declared import declared
from infra.plugins import Plugins, load_plugins, load_skill, package_of, skill_folders
from infra.settings import Settings
from shared.errors import NotFound, PluginInvalid


def run(settings: Settings, target: str) -> int:
    """Check the skill of a name or in a folder and print what is wrong. 0 if its contract holds, else 1.

    Intents that are close are told of, and no fault: a model may tell them apart all the same. Raises NotFound.
    """
    sys.dont_write_bytecode = True  # a folder is left as it was found
    plugins = load_plugins(settings.home)
    broken = next((one for one in plugins.broken if one.name == f"skill {target}"), None)
    try:
        if broken is not None:
            raise PluginInvalid(broken.reason)
        skill, folder, package = _found(settings, plugins, target)
    except PluginInvalid as error:
        print(f"the skill {target} does not load: {error}")
        return 1
    good = _cases(skill, folder, package)
    others = tuple(one for one in plugins.skills if one.manifest.name != skill.manifest.name)
    _tell_close((skill, *others), skill.manifest.name)
    return 0 if good else 1


def _found(settings: Settings, plugins: Plugins, target: str) -> tuple[LoadedSkill, Path, str]:
    """The skill, where it lies, and the package that it is imported as; of a project the first that it declares."""
    named = target in {one.manifest.name for one in plugins.skills}
    for folder, package in skill_folders(settings.home).items() if named else ():
        if (skill := _loaded(folder, package)) is not None and skill.manifest.name == target:
            return skill, folder, package
    folder = Path(target).expanduser().absolute()
    if (folder / "skill.toml").is_file():
        return load_skill(folder), folder, package_of(folder)
    for package, inner in (declared(folder, "skill") if (folder / "pyproject.toml").is_file() else {}).items():
        return load_skill(inner, package), inner, package
    names = ", ".join(sorted(one.manifest.name for one in plugins.skills))
    raise NotFound(f"there is no skill {target!r} and no skill.toml in such a folder; skills are: {names}")


def _loaded(folder: Path, package: str) -> LoadedSkill | None:
    """The skill in a folder; None for one that does not load and so is not the one that was found by its name."""
    try:
        return load_skill(folder, package)
    except PluginInvalid:
        return None


def _cases(skill: LoadedSkill, folder: Path, package: str) -> bool:
    from infra.cli.skills_cases import run_skill_cases  # pytest, which other commands do without

    name, languages = skill.manifest.name, tuple(skill.locales)
    if not languages:
        print(f"FAILS  {name} has no locales: write locales/en.toml")
        return False
    print(f"{name}: the contract of skills in {', '.join(languages)} …", flush=True)
    try:
        return told(name, run_skill_cases(folder, package, languages))
    except PluginInvalid as error:
        print(f"FAILS  the contract cannot be run: {error}")
        return False


def _tell_close(skills: tuple[LoadedSkill, ...], name: str) -> None:
    from infra.cli.skills_near import CLOSE, close_pairs  # the encoder, which takes long to import

    pairs = close_pairs(skills, name)
    if not pairs:
        print(f"{name}: no sentence comes closer than {CLOSE} (cosine) to one of another intent")
    for pair in pairs:
        print(f"\nCLOSE  {pair.intent} and {pair.other}: {pair.cosine:.2f}")
        print(f"       {pair.text!r} and {pair.other_text!r}")
