"""What every command starts from: the settings, and how this process was called."""

import os
import shlex
import shutil
import sys
from pathlib import Path

import typer

from infra.settings import Settings, load

PAIRS_HELP = (
    "`key=` alone removes a value. `key` asks for it unseen, one line, or reads it from standard input: "
    "one of several lines comes from a file (`key < key.pem`) or a pipe."
)


def settings(*, warn: bool = True) -> Settings:
    """The settings; with `warn`, what is odd about them goes to stderr. Raises SettingsInvalid."""
    found = load(os.environ, Path.cwd())
    for warning in found.warnings if warn else ():
        print(f"nexus: warning: {warning}", file=sys.stderr)
    return found


def command() -> str:
    """How to call this program again from a shell: `nexus` where that finds it, else by its path."""
    program = Path(sys.argv[0])
    if program.name != "nexus":
        return f"{shlex.quote(sys.executable)} -m infra.cli"
    found = shutil.which("nexus")
    if found and Path(found).resolve() == program.resolve():
        return "nexus"
    return shlex.quote(os.path.relpath(program))


def pair(text: str) -> tuple[str, str | None]:
    """Key and value; None where only the key is given."""
    key, equals, value = text.partition("=")
    if not key:
        raise typer.BadParameter(f"{text!r} is not KEY=VALUE", param_hint="KEY[=VALUE]")
    return key, value if equals else None
