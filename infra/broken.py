"""Plug-ins that do not load: which, why, and in which file."""

import sys
import traceback
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from shared.errors import NexusError


class Broken(Struct, frozen=True):
    """A plug-in that did not load, and why."""

    name: str
    reason: str


def reason_of(error: Exception, folder: Path) -> str:
    """What went wrong, and in which file of the plug-in's folder: "NameError: name 'x' is not defined (adapter.py, line 12)"."""
    if isinstance(error, NexusError):
        return str(error)
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError) and error.filename:  # says itself where it is, and no frame is there
        return text
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(folder)]
    return f"{text} ({Path(own[-1].filename).relative_to(folder)}, line {own[-1].lineno})" if own else text


def tell_broken(broken: Iterable[Broken]) -> None:
    """Name on standard error what did not load, and why."""
    for one in broken:
        print(f"nexus: warning: {one.name} does not load: {one.reason}", file=sys.stderr, flush=True)
