"""`nexus channels new`: a whole channel, copied from infra/templates under another name. Skills are made in the same way."""

import keyword
import re
import shlex
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import typer

from infra.cli.context import command
from infra.plugins import load_plugins
from infra.settings import Settings
from shared.errors import SettingsInvalid

TEMPLATES = Path(__file__).parent.parent / "templates"
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
        made = _package(name, into) if package else _folder(name, into)
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


def _folder(name: str, into: Path) -> Path:
    return copied("channel", _STAND_IN, into / name, name)


def _package(name: str, into: Path) -> Path:
    """A distribution nexus-NAME whose package is nexus_NAME; its tests lie beside it and not in it."""
    made = _fresh(into / f"nexus-{name.replace('_', '-')}")
    inner = made / "src" / f"nexus_{name}"
    _copy(TEMPLATES / "package", made, _STAND_IN, name)
    _copy(TEMPLATES / "channel", inner, _STAND_IN, name)
    (inner / "py.typed").touch()
    (inner / "pyproject.toml").unlink()
    (inner / "tests").rename(made / "tests")
    (made / "tests" / "__init__.py").unlink()
    test = made / "tests" / f"test_{name}.py"
    test.write_text(test.read_text("utf-8").replace("from ..", f"from nexus_{name}."), "utf-8")
    return made


def copied(template: str, stand_in: str, folder: Path, name: str) -> Path:
    """A template in `folder`, which is not there yet, with a name in place of the words that stand in for it."""
    made = _fresh(folder)
    _copy(TEMPLATES / template, made, stand_in, name)
    return made


def _fresh(folder: Path) -> Path:
    """`folder`, which is not there yet. A NEXUS_HOME that has to be made for it is readable by its owner only."""
    if folder.exists() or folder.is_symlink():
        raise SettingsInvalid(f"{folder} is there already; take another name, or another place with --into")
    for parent in reversed(folder.parents):
        if not parent.exists():
            parent.mkdir(mode=0o700)
    folder.mkdir()
    return folder


def _copy(template: Path, target: Path, stand_in: str, name: str) -> None:
    """Every file of `template`, under the name instead of `stand_in` (in any spelling), in paths and in texts."""
    for source in sorted(path for path in template.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        file = target / _renamed(source.relative_to(template).as_posix(), stand_in, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_renamed(source.read_text("utf-8"), stand_in, name), "utf-8")


def _renamed(text: str, stand_in: str, name: str) -> str:
    """`text` with the words of `name` in place of those of `stand_in`, spelt alike: "Door name", DOORNAME, DoorName …"""
    words, others = name.split("_"), stand_in.split()
    spellings = {"".join(others).upper(): name.upper(), "".join(others): name}
    for spell in (_joined, "-".join, _sentence, " ".join):
        spellings[spell(others)] = spell(words)
    spellings["-".join(map(str.capitalize, others))] = "-".join(map(str.capitalize, words))
    return re.sub("|".join(spellings), lambda match: spellings[match[0]], text)


def _joined(words: Sequence[str]) -> str:
    return "".join(map(str.capitalize, words))


def _sentence(words: Sequence[str]) -> str:
    return " ".join(words).capitalize()


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
