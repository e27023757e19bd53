"""Is a TCP port ours to take?

The web workers share their port with SO_REUSEPORT, and so would any other program of the same user that sets it: requests
would then go now to NEXUS, now to the stranger. A bind without it finds out first.
"""

import os
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


def _refusal(host: str, port: int) -> str:
    """Why the port cannot be bound, or nothing."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in addresses:
            with socket.socket(family, kind, protocol) as probe:
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections in TIME_WAIT do not count
                probe.bind(address)
                probe.listen(1)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _holder(port: int) -> str | None:
    """The listening process, as far as we may see it (our own, or all where we are root)."""
    inodes = {inode for table in ("tcp", "tcp6") for inode in _listening(Path("/proc/net") / table, port)}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and inodes & _sockets(entry):
            return f"process {entry.name}: {_command(entry)}"
    return None


def _command(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()[:100]
    except OSError:  # it ended meanwhile
        return "ended"


def _listening(table: Path, port: int) -> list[str]:
    """Inodes of the sockets in a table of the kernel (proc(5)) that listen on this port."""
    rows = [line.split() for line in table.read_text().splitlines()[1:]] if table.exists() else []
    return [row[9] for row in rows if row[3] == _LISTENING and int(row[1].rpartition(":")[2], 16) == port]


def _sockets(process: Path) -> set[str]:
    try:
        links = [os.readlink(file) for file in (process / "fd").iterdir()]
    except OSError:  # it ended, or is somebody else's
        return set()
    return {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}
