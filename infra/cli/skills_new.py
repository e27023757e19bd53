"""`nexus skills new`: a whole skill, copied from infra/templates/skill under another name."""

import shlex
import sys
from pathlib import Path

from infra.cli.context import command
from infra.cli.copying import copied, packaged
from infra.cli.new import check_name
from infra.plugins import load_plugins
from infra.settings import Settings
from shared.errors import SettingsInvalid

_STAND_IN = "skill name"


def run(settings: Settings, name: str, *, package: bool, into: Path | None) -> None:
    """Write the skill and print what comes next.

    A folder goes into `into` or NEXUS_HOME/plugins, a package into `into` or the current folder. Raises BadParameter for names
    that cannot be, SettingsInvalid for what is there already or cannot be written.
    """
    check_name("skill", "my_skill", name, _taken(settings))
    plugins = settings.home / "plugins"
    into = into or (Path.cwd() if package else plugins)
    try:
        made = packaged("skill", _STAND_IN, into, name) if package else copied("skill", _STAND_IN, into / name, name)
    except OSError as error:
        raise SettingsInvalid(f"the skill cannot be written into {into}: {error.strerror or error}") from None
    _tell(made, plugins, package=package)


def _taken(settings: Settings) -> set[str]:
    """Names that skills have, those too that do not load."""
    found = load_plugins(settings.home)
    return {one.manifest.name for one in found.skills} | {one.name.removeprefix("skill ") for one in found.broken}


def _tell(made: Path, plugins: Path, *, package: bool) -> None:
    nexus, shown, found = command(), shlex.quote(str(made)), made.parent == plugins and not package
    print(f"{made} is made: a skill that keeps the contract. Read its README.md, then change it. Next:")
    print(f"  {nexus} skills check {made.name if found else shown}")
    if package:
        print(f"  {shlex.quote(sys.executable)} -m pip install --editable {shown}")
    elif not found:
        print(f"  and move it to {shlex.quote(str(plugins))}, where NEXUS finds it")
    print(f"  {nexus} chat      # after the next start of NEXUS")
