"""`nexus channels new`: a whole channel, copied from infra/templates under another name. Skills are made in the same way."""

import keyword
import re
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path

import typer

from infra.cli.context import command
from infra.cli.copying import copied, packaged
from infra.plugins import load_plugins
from infra.settings import Settings
from shared.errors import SettingsInvalid

_NAME = re.compile("(?=.{2,24}$)[a-z][a-z0-9]*(_[a-z0-9]+)*")
_STAND_IN = "door name"


def run(settings: Settings, name: str, *, package: bool, into: Path | None) -> None:
    """Write the channel and print what comes next.

    A folder goes into `into` or NEXUS_HOME/plugins, a package into `into` or the current folder. Raises BadParameter for names
    that cannot be, SettingsInvalid for what is there already or cannot be written.
    """
    check_name("channel", "my_door", name, _taken(settings))
    into = into or (Path.cwd() if package else settings.home / "plugins")
    try:
        made = (
            packaged("channel", _STAND_IN, into, name) if package else copied("channel", _STAND_IN, into / name, name)
        )
    except OSError as error:
        raise SettingsInvalid(f"the channel cannot be written into {into}: {error.strerror or error}") from None
    _tell(settings, name, made, package=package)


def check_name(kind: str, example: str, name: str, taken: set[str]) -> None:
    """Raises BadParameter for what cannot name a plug-in of a kind (such as `example` can), SettingsInvalid for a taken name."""
    if not _NAME.fullmatch(name):
        raise typer.BadParameter(
            f"a {kind}'s name is 2 to 24 lower-case letters, digits and underscores, a letter first, such as {example}; "
            f"{name!r} is not",
            param_hint="NAME",
        )
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise typer.BadParameter(
            f"{name!r} is a word of Python's own; take another, such as my_{name}", param_hint="NAME"
        )
    if name in taken:
        raise SettingsInvalid(f"there is a {kind} {name} already; see `{command()} {kind}s list`")
    if name in sys.stdlib_module_names or find_spec(name) is not None or find_spec(f"nexus_{name}") is not None:
        raise typer.BadParameter(
            f"{name!r} is the name of a Python package that is installed here, and one would hide the other; "
            f"take another, such as my_{name}",
            param_hint="NAME",
        )


def _taken(settings: Settings) -> set[str]:
    """Names that channels and their twins have, those too that do not load."""
    found = load_plugins(settings.home)
    names = {one.manifest.name for one in found.channels} | {twin.name.replace("-", "_") for twin in found.twins}
    return names | {one.name.removeprefix("channel ") for one in found.broken}


def _tell(settings: Settings, name: str, made: Path, *, package: bool) -> None:
    nexus, shown = command(), shlex.quote(str(made))
    target = shown if package or made.parent != settings.home / "plugins" else name
    print(f"{made} is made: a channel that keeps the contract. Read its README.md, then change its adapter.py. Next:")
    print(f"  {nexus} channels check {target}")
    if package:
        print(f"  {shlex.quote(sys.executable)} -m pip install --editable {shown}")
    elif target != name:
        print(f"  and move it to {shlex.quote(str(settings.home / 'plugins'))}, where NEXUS finds it")
    print(f"  {nexus} channels configure {name} secret=…")
    print(f'  {nexus} say --channel {name.replace("_", "-")} "hello"      # after the next start of NEXUS')
