"""`nexus doctor`: the settings with their sources, then every check, as they come."""

import sys

from rich.console import Console
from rich.markup import escape

from infra.cli.checks import State, checks
from infra.settings import Settings
from infra.telemetry.logs import configure_logging

_MARKS = {State.OK: "[green]ok[/]    ", State.NOTE: "[yellow]note[/]  ", State.BROKEN: "[red]BROKEN[/]"}


def run(settings: Settings) -> int:
    """Print what was found; the exit code, 1 if something is broken."""
    configure_logging("error", sys.stderr)
    console = Console(soft_wrap=True, highlight=False)
    console.print(_settings(settings), markup=False)
    broken = 0
    for check in checks(settings):
        console.print(f"{_MARKS[check.state]} [bold]{check.name}[/]  {escape(check.text)}")
        broken += check.state is State.BROKEN
    console.print(f"\n{broken} broken." if broken else "\nAll is well.")
    return 1 if broken else 0


def _settings(settings: Settings) -> str:
    """One setting a line, in columns: name, value, source."""
    rows = [("setting", "value", "from"), *((entry.name, entry.shown, entry.source) for entry in settings.entries)]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return "\n".join(f"{name:<{widths[0]}}  {value:<{widths[1]}}  {source}" for name, value, source in rows) + "\n"
