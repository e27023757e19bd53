"""`nexus doctor`: the settings with their sources, then every check, as they come."""

import sys

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra.cli.checks import State, checks
from infra.settings import Settings
from infra.telemetry.logs import configure_logging

_MARKS = {State.OK: "[green]ok[/]    ", State.NOTE: "[yellow]note[/]  ", State.BROKEN: "[red]BROKEN[/]"}


def run(settings: Settings) -> int:
    """Print what was found; the exit code, 1 if something is broken."""
    configure_logging("error", sys.stderr)
    console = Console(soft_wrap=True, highlight=False)
    console.print(_settings_table(settings))
    broken = 0
    for check in checks(settings):
        console.print(f"{_MARKS[check.state]} [bold]{check.name}[/]  {escape(check.text)}")
        broken += check.state is State.BROKEN
    console.print(f"\n{broken} broken." if broken else "\nAll is well.")
    return 1 if broken else 0


def _settings_table(settings: Settings) -> Table:
    table = Table("setting", "value", "from", box=None, pad_edge=False)
    for entry in settings.entries:
        table.add_row(entry.name, escape(entry.shown), escape(entry.source))
    return table
