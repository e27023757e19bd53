"""The command line that a bench of its own has."""

import argparse
from collections.abc import Callable
from pathlib import Path

import msgspec


def print_figures(prog: str, about: str, measure: Callable[[bool], object]) -> int:
    """The command line of a bench: print what `measure` finds (told whether to be quick), and write it where that is asked."""
    parser = argparse.ArgumentParser(prog=prog, description=about)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and texts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    figures = msgspec.json.format(msgspec.json.encode(measure(options.quick)))
    print(figures.decode())
    if options.json:
        options.json.write_bytes(figures)
    return 0
