"""Programs that tests of the ground start, kill and look at from outside."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]

STORES = """
import sys
from pathlib import Path
from infra.embedded import prepare
from infra.home import Home
from infra.supervisor import Supervisor
home = Home(Path(sys.argv[1]), Path(sys.argv[2]))
with home.claim("nexus up") as claim:
    Supervisor(claim, prepare(claim).children).run(lambda: print("ready", flush=True))
"""
"""What `nexus up` does for the stores. Arguments: home, base folder of the runtime folder."""

NOBODY = 65534


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait for a condition, with a deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"did not come true within {seconds} s")
        time.sleep(0.01)


def until_gone(pids: Iterable[int], seconds: float = 20.0) -> None:
    """Wait until none of the processes is there any more."""
    until(lambda: not any(alive(pid) for pid in pids), seconds)


def until_replaced(home: Path, name: str, before: int, seconds: float = 5.0) -> None:
    """Wait until the child of this name is another process."""
    until(lambda: read_pid(home, name) not in (0, before), seconds)


def alive(pid: int) -> bool:
    """Is the process there, and not a zombie that waits for somebody else to look?"""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


class Program:
    """A Python program in a process of its own, from the repository's root, possibly as another user."""

    def __init__(self, code: str, *arguments: object, user: int | None = None) -> None:
        self.process = subprocess.Popen(
            [PYTHON if user is None else OTHERS_PYTHON or PYTHON, "-B", "-c", code, *map(str, arguments)],
            cwd=ROOT,
            env={"PATH": os.defpath, "PYTHONPATH": PACKAGES, "LC_ALL": "C.UTF-8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
        self.pid = self.process.pid

    def line(self) -> str:
        """The next line it prints; fails with what it said when it ends instead."""
        assert self.process.stdout is not None
        text = self.process.stdout.readline()
        if not text:
            raise AssertionError(f"it ended instead: {self.process.communicate()[1]}")
        return text.strip()

    def end(self, sent: signal.Signals, seconds: float = 30.0) -> int:
        """Send a signal and wait for the end."""
        self.process.send_signal(sent)
        return self.process.wait(seconds)

    def family(self) -> list[int]:
        """The pids of all its descendants."""
        return [child.pid for child in psutil.Process(self.pid).children(recursive=True)]


@contextmanager
def running(code: str, *arguments: object, user: int | None = None) -> Iterator[Program]:
    """A program that has printed its first line; killed at the end, with its family."""
    program = Program(code, *arguments, user=user)
    family: list[int] = []
    try:
        assert program.line() == "ready"
        family = program.family()
        yield program
    finally:
        if program.process.poll() is None:
            family += program.family()
            program.end(signal.SIGKILL)
        for stream in (program.process.stdout, program.process.stderr):
            assert stream is not None
            stream.close()
        until_gone(family)


def read_pid(home: Path, name: str) -> int:
    """The pid of a child by its file, or 0 where there is none."""
    try:
        return int((home / "run" / f"{name}.pid").read_text())
    except FileNotFoundError:
        return 0


def _runs_for_others(python: str) -> bool:
    """Can `nobody` run this checkout with this interpreter? Not so where either lies under a home of mode 0700."""
    probe = [python, "-B", "-c", "import infra.embedded, psycopg"]
    environment = {"PATH": os.defpath, "PYTHONPATH": PACKAGES}
    try:
        done = subprocess.run(
            probe, cwd=ROOT, env=environment, user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True
        )
    except OSError:
        return False
    return done.returncode == 0


IS_ROOT = os.geteuid() == 0
PYTHON = sys.executable
PACKAGES = str(Path(psycopg.__file__).resolve().parents[1])
OTHERS_PYTHON = next(
    (p for p in (PYTHON, f"/usr/bin/python3.{sys.version_info.minor}") if IS_ROOT and _runs_for_others(p)), None
)
"""An interpreter that an ordinary user can run this checkout with, where we are root and there is one."""

needs_root = pytest.mark.skipif(not IS_ROOT, reason="needs root")
needs_another_user = pytest.mark.skipif(
    OTHERS_PYTHON is None, reason="needs root, and a checkout and a Python that other users can read"
)
