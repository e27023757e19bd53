"""Child processes that cannot outlive us, and what /proc knows about others.

Linux only: PR_SET_PDEATHSIG (prctl(2)) ends a child when the thread that started it ends.
"""

import ctypes
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec

_PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None).prctl  # resolved here: between fork and exec it is too late to load anything

_LOG_BYTES = 8 * 1024 * 1024


class Account(msgspec.Struct, frozen=True):
    """A user that a child runs as."""

    name: str
    uid: int
    gid: int


def spawn(
    argv: Sequence[str],
    *,
    death_signal: signal.Signals,
    env: Mapping[str, str] | None = None,
    cwd: Path = Path("/"),
    account: Account | None = None,
    log: Path | None = None,
    stdin: IO[bytes] | int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own that gets `death_signal` when this process ends, however it ends.

    What the child itself starts must go with it, as PostgreSQL's backends do: the death signal reaches the child alone.
    `cwd` is entered before the child becomes `account`, which therefore need not be able to enter the folders above it.
    Output goes to `log` (appended), or where ours goes. Only the main thread may call this, because the death signal
    follows the thread that starts the child. Raises OSError when the child cannot be executed.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(f"{argv[0]} must be started from the main thread: its life is tied to that thread")
    parent = os.getpid()

    def tie_to_parent() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if _prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0:
            raise OSError("prctl(PR_SET_PDEATHSIG) failed")
        if os.getppid() != parent:  # it ended before prctl took hold
            os._exit(1)

    output = _open_log(log) if log else None
    try:
        return subprocess.Popen(
            argv,
            env=env,
            cwd=cwd,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            umask=0o077,
            stdin=stdin,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=tie_to_parent,  # noqa: PLW1509 - only from a main thread, with everything resolved beforehand
        )
    finally:
        if output is not None:
            os.close(output)


def reap(process: subprocess.Popen[bytes]) -> int | None:
    """The exit status of a child of `spawn` that ended (negative: the signal), else None.

    What is left of its process group is killed first, while the pid still is the child's and names nobody else.
    """
    if process.returncode is not None:
        return process.returncode
    if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        return None
    kill_group(process)
    return process.wait()


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to a child that is not reaped yet and to all that it left in its process group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()  # it has not reached setsid yet


def reap_strangers(known: set[int]) -> None:
    """Reap orphans that the kernel handed to us, which happens where we are the first process (a container)."""
    while os.getpid() == 1:
        try:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if found is None or found.si_pid in known:
            return
        os.waitpid(found.si_pid, os.WNOHANG)


def running_in(folder: Path, command: str) -> list[int]:
    """The pids of processes named `command` whose working folder is `folder`; those of other users are not seen."""
    try:
        wanted = folder.stat()
    except FileNotFoundError:
        return []
    return [pid for pid in _pids() if _works_in(pid, wanted) and _command(pid) == command]


def last_lines(log: Path | None, count: int = 15) -> str:
    """The end of a log, indented for an error text; a word about it where there is nothing."""
    if log is None:
        return "  (see its messages above)"
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 8192))
            lines = file.read().decode(errors="replace").splitlines()[-count:]
    except FileNotFoundError:
        lines = []
    return "\n".join(f"  {line}" for line in lines) or "  (it said nothing)"


def exit_word(status: int) -> str:
    """An exit status in a word: the name of the signal, or the number."""
    return f"status-{status}" if status >= 0 else signal.Signals(-status).name


def _open_log(log: Path) -> int:
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_name(log.name + ".1"))
    return os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _works_in(pid: int, folder: os.stat_result) -> bool:
    try:
        found = os.stat(f"/proc/{pid}/cwd")
    except OSError:  # it ended, or is somebody else's
        return False
    return (found.st_dev, found.st_ino) == (folder.st_dev, folder.st_ino)


def _command(pid: int) -> str | None:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return None
