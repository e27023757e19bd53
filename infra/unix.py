"""Does a process answer at a unix socket, and does it still?"""

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


class Pulse:
    """Asks whether the process at a socket lives: whoever lives there greets who connects. Nothing here waits."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pid = 0
        self._probe: socket.socket | None = None
        self._asked_at = 0.0

    def silent(self, pid: int, now: float) -> float:
        """The seconds since the process was asked and has not answered; each answer is followed by another question."""
        if pid != self._pid or self._answered():
            self._pid, self._asked_at = pid, now
            self._hang_up()
        if self._probe is None:
            self._ask()
        return now - self._asked_at

    def _ask(self) -> None:
        self._probe = socket.socket(socket.AF_UNIX)
        self._probe.setblocking(False)
        try:
            self._probe.connect(str(self._path))
        except OSError:  # nobody listens, or so many wait to be let in that no more may
            self._hang_up()

    def _answered(self) -> bool:
        if self._probe is None:
            return False
        try:
            greeted = bool(self._probe.recv(1))
        except BlockingIOError:
            return False
        except OSError:
            greeted = False
        if not greeted:
            self._hang_up()
        return greeted

    def _hang_up(self) -> None:
        if self._probe is not None:
            self._probe.close()
            self._probe = None
