"""The embedded Valkey: holds only what can be rebuilt, keeps nothing on disk, is reached through its socket only."""

import os
import signal
import socket
from pathlib import Path
from urllib.parse import quote

from infra.binaries import Binaries
from infra.child import ChildSpec
from infra.home import Home
from infra.processes import Account

# What NEXUS keeps here has a time to live and can be rebuilt, so the least recently used of that may go when memory is
# full; a key without one is never dropped behind its writer's back.
_OPTIONS = {
    "port": "0",
    "unixsocketperm": "700",
    "save": "",
    "appendonly": "no",
    "maxmemory": "64mb",
    "maxmemory-policy": "volatile-lru",
    "loglevel": "warning",
}


def valkey_spec(home: Home, sockets: Path, binaries: Binaries, account: Account | None) -> ChildSpec:
    """How to run the server, with its socket in `sockets`. Nothing of it is worth keeping, so it dies by SIGKILL."""
    path = _socket(sockets)
    options = {**_OPTIONS, "dir": str(sockets), "unixsocket": str(path)}
    return ChildSpec(
        name="valkey",
        argv=(str(binaries.valkey), *(part for name, value in options.items() for part in (f"--{name}", value))),
        env={"LC_ALL": "C", "PATH": os.defpath},
        account=account,
        log=home.logs / "valkey.log",
        ready=lambda _pid: answers(path),
        ready_within=30.0,
        stop=((signal.SIGTERM, 1.0), (signal.SIGTERM, 1.0)),  # it may ignore the first one
        death_signal=signal.SIGKILL,
    )


def redis_url(sockets: Path) -> str:
    """The Redis URL of the embedded server."""
    return f"unix://{quote(str(_socket(sockets)))}"


def answers(path: Path) -> bool:
    """Does a server at this socket answer a PING?"""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(0.2)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _socket(sockets: Path) -> Path:
    return sockets / "valkey.sock"
