"""Is a TCP port ours to take?

The web workers share their port with SO_REUSEPORT, and so would any other program of the same user that sets it: requests
would then go now to NEXUS, now to the stranger. A bind without it finds out first.
"""

import errno
import socket
import time
from pathlib import Path

from shared.errors import StartFailed

_POLL = 0.05
_LISTENING = "0A"


def ensure_port_free(host: str, port: int, patience: float = 1.0) -> None:
    """Raise StartFailed, naming who holds it where that can be seen, if somebody listens on this port of this host.

    Waits `patience` seconds for it, because processes of an owner that was just killed may still be ending.
    """
    deadline = time.monotonic() + patience
    while (refusal := _refusal(host, port)) and time.monotonic() < deadline:
        time.sleep(_POLL)
    if refusal:
        holder = _holder(port)
        raise StartFailed(
            f"NEXUS cannot listen on {host} port {port}: {refusal}{f' (held by {holder})' if holder else ''}. "
            "Stop that process, or choose another port: NEXUS_PORT=8081"
        )


def listens(pid: int, port: int) -> bool:
    """Does this process listen on the port? Tells workers apart that share it."""
    return bool(_listening(port) & _sockets(Path("/proc") / str(pid)))


def _refusal(host: str, port: int) -> str:
    """Why the port cannot be bound, or nothing."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in addresses:
            with socket.socket(family, kind, protocol) as probe:
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind(address)
    except OSError as error:
        # Without a listener it is in use only by connections of an earlier server that wait in TIME_WAIT.
        busy = error.errno != errno.EADDRINUSE or _listening(port)
        return (error.strerror or str(error)) if busy else ""
    return ""


def _holder(port: int) -> str | None:
    """The listening process, as far as we may see it (our own, or all where we are root)."""
    inodes = _listening(port)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and inodes & _sockets(entry):
            return f"process {entry.name}: {_command(entry)}"
    return None


def _command(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()[:100]
    except OSError:  # it ended meanwhile
        return "ended"


def _listening(port: int) -> set[str]:
    """Inodes of the sockets that listen on this port, from the tables of the kernel (proc(5)), whosever they are."""
    tables = [table for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")) if table.exists()]
    rows = [line.split() for table in tables for line in table.read_text().splitlines()[1:]]
    return {row[9] for row in rows if row[3] == _LISTENING and int(row[1].rpartition(":")[2], 16) == port}


def _sockets(process: Path) -> set[str]:
    try:
        links = [_link(file) for file in (process / "fd").iterdir()]
    except OSError:  # it ended, or is somebody else's
        return set()
    return {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}


def _link(file: Path) -> str:
    try:
        return str(file.readlink())
    except OSError:  # closed meanwhile
        return ""
