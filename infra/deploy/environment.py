"""Make or renew the checkout's virtual environment, `.venv`, from the lock files.

    python3 infra/deploy/environment.py [--extra cpu|gpu] [--dev]

Standard library only: it runs before anything is installed, with any Python that NEXUS supports. Three steps,
each skipped when what it depends on has not changed since it last finished: the packages NEXUS runs on (into a
fresh environment, so that nothing of an older lock or of the other extra stays behind), NEXUS itself (editable,
from the checkout, without the network), and with `--dev` the tools. An interrupted step is done again the next
time; of two processes at once the second waits.

Exit codes: 0 done, 1 failed (what failed is on stderr), 2 wrong use, 130 interrupted.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
PIP = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet"]


class Step(NamedTuple):
    """One part of the installation, done again when the text `depends` changes."""

    name: str
    depends: str
    install: Callable[[], None]
    says: str


def packages_step(extra: str) -> Step:
    """What NEXUS runs on. The environment's own path counts too: one that was moved does not work."""
    lock = ROOT / "locks" / f"{extra}.txt"
    python = f"{sys.version_info.major}.{sys.version_info.minor} {sys.base_prefix}"

    def install() -> None:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        install_lock(lock)

    says = f"Installing the packages of locks/{extra}.txt into .venv, about a minute …"
    return Step("packages", f"{VENV} {python} {extra} {lock.read_text()}", install, says)


def project_step() -> Step:
    """NEXUS itself: its metadata and the `nexus` command."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    depends = repr((project["build-system"], project["project"], project["tool"]["setuptools"]))

    def install() -> None:
        offline = ["--no-index", "--no-deps", "--no-build-isolation"]
        subprocess.run([*PIP, "install", *offline, "--editable", str(ROOT)], check=True)

    return Step("project", depends, install, "Installing NEXUS …")


def tools_step() -> Step:
    """What `make check` and `make test` need on top."""
    lock = ROOT / "locks" / "dev.txt"
    says = "Installing the tools of locks/dev.txt …"
    return Step("tools", lock.read_text(), lambda: install_lock(lock), says)


def install_lock(lock: Path) -> None:
    """Install exactly what `lock` names, as wheels, each checked against its hash."""
    exactly = ["--require-hashes", "--no-deps", "--only-binary", ":all:"]
    subprocess.run([*PIP, "install", *exactly, "--requirement", str(lock)], check=True)


def bring_up_to_date(step: Step) -> None:
    """Do `step`, unless its stamp says that it has finished with the same dependencies."""
    stamp = VENV / f"{step.name}.stamp"
    digest = hashlib.sha256(step.depends.encode()).hexdigest()
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == digest:
        return
    print(step.says, flush=True)
    stamp.unlink(missing_ok=True)
    step.install()
    stamp.write_text(digest)


def main() -> int:
    parser = argparse.ArgumentParser(description="Make or renew the virtual environment .venv.")
    parser.add_argument("--extra", choices=("cpu", "gpu"), default="cpu", help="which ONNX Runtime")
    parser.add_argument("--dev", action="store_true", help="also what `make check` and `make test` need")
    options = parser.parse_args()
    steps = [packages_step(options.extra), project_step(), *([tools_step()] if options.dev else [])]
    with (ROOT / "pyproject.toml").open() as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        try:
            for step in steps:
                bring_up_to_date(step)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"Set-up stopped: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("Set-up interrupted; the next one takes it up again.", file=sys.stderr)
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
