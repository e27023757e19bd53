"""NEXUS and two foreign channels as wheels, installed into a fresh virtual environment, and that NEXUS running."""

import os
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house.tree import copy_to

SAMPLE = Path(__file__).parent / "sample"
_TRAINED_AND_READY = 400.0
"""Seconds: a foreign skill makes NEXUS train a language anew, 40 s of CPU beside all the other tests' work."""

_OFFLINE = ["--no-index", "--no-deps", "--quiet", "--disable-pip-version-check"]


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait for a condition, with a deadline."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)


def _pip(*arguments: str) -> None:
    told = subprocess.run([sys.executable, "-m", "pip", *arguments], capture_output=True, text=True, timeout=300)
    assert told.returncode == 0, told.stdout + told.stderr


class Installed:
    """A fresh environment with NEXUS and nothing of the checkout; third parties' packages are those of this one."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.prefix, self.home = folder, folder / "v", folder / "h"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        venv.create(self.prefix, symlinks=True)
        packages = next(self.prefix.glob("lib/python*/site-packages"))
        (packages / "others.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
        (self.prefix / "share").mkdir()
        (self.prefix / "share" / "nexus").symlink_to(Path(sys.prefix) / "share" / "nexus")  # the models of the set-up

    @property
    def environment(self) -> dict[str, str]:
        """Of a person who has only this environment."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("NEXUS_", "PYTHON", "VIRTUAL"))
        }
        ours = {"NEXUS_HOME": str(self.home), "NEXUS_PORT": str(self.port), "XDG_RUNTIME_DIR": str(self.folder)}
        return kept | ours | {"PATH": f"{self.prefix / 'bin'}:{os.defpath}"}

    def pip(self, *arguments: str) -> None:
        """The pip of the development environment, at work on this one."""
        _pip("--python", str(self.prefix / "bin" / "python"), *arguments)

    def nexus(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """The installed command."""
        command = [str(self.prefix / "bin" / "nexus"), *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120
        )

    def up(self) -> "subprocess.Popen[bytes]":
        """`nexus up`, once it is ready."""
        log = self.folder / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [str(self.prefix / "bin" / "nexus"), "up"],
                cwd=self.folder,
                env=self.environment,
                stdout=out,
                stderr=out,
            )
        try:
            until(lambda: process.poll() is not None or b"NEXUS is ready" in log.read_bytes(), _TRAINED_AND_READY)
            assert process.poll() is None, log.read_text()
        except AssertionError:
            process.terminate()
            process.wait(30)
            raise
        return process


@pytest.fixture(scope="module")
def installed(short_tmp: Path) -> Installed:
    """NEXUS, a channel and a skill that `new --package` wrote, and a channel that was written by hand, all from wheels."""
    folder = short_tmp / "pk"
    copy_to(folder / "tree")
    one = Installed(folder)
    wheel = ["wheel", *_OFFLINE, "--no-build-isolation", "--wheel-dir", str(folder / "wheels")]
    _pip(*wheel, str(folder / "tree"), _copy_of_sample(folder))
    one.pip("install", *_OFFLINE, *map(str, (folder / "wheels").glob("*.whl")))
    made = one.nexus("channels", "new", "homing_dove", "--package")
    assert made.returncode == 0, made.stderr
    made = one.nexus("skills", "new", "night_owl", "--package")
    assert made.returncode == 0, made.stderr
    _pip(*wheel, str(folder / "nexus-homing-dove"), str(folder / "nexus-night-owl"))
    birds = ("homing_dove", "night_owl")
    one.pip(
        "install", *_OFFLINE, *(str(file) for bird in birds for file in (folder / "wheels").glob(f"nexus_{bird}-*.whl"))
    )
    return one


def _copy_of_sample(folder: Path) -> str:
    """A build leaves things beside the sources: those of the checkout stay clean."""
    copy = folder / "sample"
    for source in SAMPLE.rglob("*"):
        if source.is_file() and source.suffix != ".pyc":
            target = copy / source.relative_to(SAMPLE)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    return str(copy)


@pytest.fixture(scope="module")
def running(installed: Installed) -> Iterator[Installed]:
    """The same with `nexus up`."""
    process = installed.up()
    try:
        yield installed
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
