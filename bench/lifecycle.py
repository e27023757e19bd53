"""How fast NEXUS starts, how much memory it holds, how soon a killed child is back."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from bench.processes import pss_megabytes, tree
from bench.turns import ROOT, environment, free_port, ready
from infra.home import Home

_PATIENCE_S = 120.0
_SETTLE_S = 3.0  # after the start, until what it needed for that is given back


class Lifecycle(Struct, frozen=True):
    """Seconds to be ready (first start, warm start), idle memory in MB by process, seconds until a killed child is back."""

    cold_s: float
    warm_s: float
    idle_mb: dict[str, float]
    back_s: dict[str, float]

    @property
    def idle_total_mb(self) -> float:
        """All processes together."""
        return sum(self.idle_mb.values())


def measure(root: Path) -> Lifecycle:
    """Start NEXUS in a fresh home and again in the same one, look at its memory, kill its children one by one."""
    home, port = Home(root), free_port()
    with _running(root, port) as (_, cold):
        pass
    with _running(root, port) as (pid, warm):
        time.sleep(_SETTLE_S)
        idle = _memory(home, pid)
        back = {name: _kill(home, port, name) for name in ("web", "core", "valkey", "postgres")}
    return Lifecycle(cold, warm, idle, back)


@contextmanager
def _running(root: Path, port: int) -> Iterator[tuple[int, float]]:
    """`nexus up`: the supervisor's pid and the seconds until /readyz said yes."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.cli", "up"],
        cwd=ROOT,
        env=environment(root, port),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(lambda: ready(port), process)
        yield process.pid, time.monotonic() - began
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _memory(home: Home, supervisor: int) -> dict[str, float]:
    children = {file.stem: tree(int(file.read_text())) for file in sorted(home.run.glob("*.pid"))}
    return {
        "supervisor": pss_megabytes([supervisor]),
        **{name: pss_megabytes(pids) for name, pids in children.items()},
    }


def _kill(home: Home, port: int, name: str) -> float:
    """Seconds from SIGKILL until the child is another one and NEXUS is ready."""
    file = home.pid_file(name)
    killed = file.read_text()
    began = time.monotonic()
    os.kill(int(killed), signal.SIGKILL)
    _wait(lambda: file.exists() and file.read_text() not in ("", killed) and ready(port))
    return time.monotonic() - began


def _wait(reached: Callable[[], bool], process: "subprocess.Popen[bytes] | None" = None) -> None:
    end = time.monotonic() + _PATIENCE_S
    while not reached():
        if time.monotonic() > end or (process is not None and process.poll() is not None):
            raise RuntimeError("NEXUS did not get ready")
        time.sleep(0.01)
