"""What processes cost, read from /proc: CPU time of a tree, memory shared fairly, and where they may run."""

import contextlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)
_TICK = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """A process and its descendants that live now."""
    todo, seen = [pid], []
    while todo:
        one = todo.pop()
        seen.append(one)
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            with contextlib.suppress(OSError):  # it ended meanwhile
                todo += [int(child) for child in task.read_text().split()]
    return seen


def cpu_seconds(pids: Iterable[int]) -> float:
    """CPU time of processes so far. The scheduler's count is exact but forgets ended threads; the ticks of 10 ms do not."""
    exact = ticks = 0.0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += (int(fields[11]) + int(fields[12])) / _TICK
        for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with contextlib.suppress(OSError):
                exact += int(task.read_text().split()[0]) / 1e9
    return max(exact, ticks - 0.01)


def pss_megabytes(pids: Iterable[int]) -> float:
    """Memory of processes, pages that they share counted once (proportional set size)."""
    kilobytes = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            found = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
            kilobytes += int(found[1]) if found else 0
    return kilobytes / 1024


def pin(pids: Iterable[int], core: int | None) -> None:
    """Let processes, all their threads and what they start from now on run on one core only (None: leave them)."""
    if core is None:
        return
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").glob("*"):
            with contextlib.suppress(OSError):
                os.sched_setaffinity(int(task.name), {core})


def cores() -> tuple[int | None, int | None]:
    """A core for the server and another for the client and the stores; (None, None) where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[1]) if len(usable) > 1 else (None, None)


def machine() -> dict[str, str]:
    """What this machine is, for a figure to mean something."""
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*:\s*(.+)$", info, re.MULTILINE)
    memory = re.search(r"^MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    uname = os.uname()
    return {
        "processor": model[1] if model else uname.machine,
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{int(memory[1]) / 1024**2:.0f} GiB" if memory else "unknown",
        "kernel": uname.release,
        "load": f"{os.getloadavg()[0]:.2f}",
    }
