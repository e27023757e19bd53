"""Which channels the running NEXUS serves: it looks for plug-ins when it starts, so a new one waits for the next start."""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from infra.home import Home, write_file

FIRST_WORKER = "web"  # the others are web-2, web-3 …


class _Served(Struct, frozen=True):
    """What a worker serves, and its process: what one left behind that is gone counts no more."""

    pid: int
    channels: tuple[str, ...]


def publish_served(home: Home, channels: Iterable[str]) -> None:
    """Let commands know which channels this process, the first web worker, serves."""
    write_file(_file(home), msgspec.json.encode(_Served(os.getpid(), tuple(channels))))


def served(home: Home) -> frozenset[str] | None:
    """The channels of the NEXUS that runs in this home; None where none runs, or it does not answer yet."""
    try:
        pid = int(home.pid_file(FIRST_WORKER).read_text())
        told = msgspec.json.decode(_file(home).read_bytes(), type=_Served)
    except (FileNotFoundError, ValueError, msgspec.DecodeError):  # a file that is being made, or of another version
        return None
    return frozenset(told.channels) if told.pid == pid else None


def _file(home: Home) -> Path:
    return home.run / "served.json"
