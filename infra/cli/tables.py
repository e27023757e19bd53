"""Tables for people: as wide as the terminal, and wide enough for a pipe not to break words."""

import sys

from rich.console import Console
from rich.table import Table

_PIPE = 200


def show(table: Table) -> None:
    """Print a table."""
    Console(width=None if sys.stdout.isatty() else _PIPE).print(table)
