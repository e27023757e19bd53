"""Reading what a person types, line by line, from a terminal or a pipe."""

import sys
from collections.abc import Iterator

from shared.text import clean


def lines(*, blank: bool = False) -> Iterator[str]:
    """Lines that hold something (with `blank`, others too), until Ctrl-D, Ctrl-C or the end of the pipe.

    Prompts on a terminal only.
    """
    terminal = sys.stdin.isatty()
    if terminal:
        import readline  # noqa: F401 (its import gives input() a history and arrow keys)
    while True:
        try:
            line = clean(input("> " if terminal else ""))
        except (EOFError, KeyboardInterrupt):
            if terminal:
                print()
            return
        if line or blank:
            yield line
