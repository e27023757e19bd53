"""The command `nexus`. Exit codes: 0 done, 1 failed, 2 wrong use.

Each command is a thin function in `commands` that imports what it needs when it runs, so that all of them start fast.
"""

import sys

from shared.errors import NexusError


def main() -> None:
    """Run the command line. An error raised on purpose is one line on stderr; anything else is a bug and shows its trace."""
    from infra.cli.commands import app

    try:
        app(prog_name="nexus")
    except NexusError as error:
        print(f"nexus: {error}", file=sys.stderr)
        sys.exit(1)
