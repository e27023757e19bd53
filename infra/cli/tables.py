"""Tables for people: as wide as the terminal or as COLUMNS says; in a pipe that says nothing, as wide as people read."""

import shutil

from rich.console import Console
from rich.table import Table

_PIPE = 120, 24  # columns and lines where nobody says how many there are


def show(table: Table) -> None:
    """Print a table."""
    Console(width=shutil.get_terminal_size(_PIPE).columns).print(table)
