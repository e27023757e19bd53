"""Does a process answer at a unix socket?"""

import socket
import struct
from pathlib import Path

_PATIENCE_S = 0.2
_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid (unix(7), SO_PEERCRED)


def answers(pid: int, path: Path) -> bool:
    """Does this process accept connections at the socket `path`? Not so a predecessor that left its socket there."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_PATIENCE_S)
        try:
            probe.connect(str(path))
        except OSError:
            return False
        found = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        peer, _, _ = _CREDENTIALS.unpack(found)
        return bool(peer == pid)
