"""The two commands' outer shell: which Python is taken, what is installed again when, what runs without a Chromium."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from infra.deploy import environment
from tests.house.tree import ROOT, copy_to

MAKE = shutil.which("make") or "make"


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder with the Makefile alone."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    return tmp_path


def run(command: list[str], folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


def test_an_unfit_python_is_refused_with_the_way_out(bare: Path) -> None:
    script(bare / "python3", "exit 1")
    result = run([MAKE, "setup"], bare, PATH=str(bare))
    assert result.returncode != 0
    assert "NEXUS needs Python 3.11, 3.12 or 3.13" in result.stderr
    assert "apt-get install python3 python3-venv" in result.stderr


FITS = '[ "$1" = -c ] || { echo "$0 was asked: $*"; exit 1; }'


def test_the_first_python_that_fits_is_taken(bare: Path) -> None:
    script(bare / "python3.13", "exit 127")
    script(bare / "python3.12", FITS)
    script(bare / "python3.11", FITS)
    result = run([MAKE, "setup"], bare, PATH=str(bare))
    assert result.stdout == f"{bare}/python3.12 was asked: infra/deploy/environment.py --extra cpu\n"


def test_an_environment_keeps_its_python_unless_another_is_named(bare: Path) -> None:
    script(bare / "python3.13", FITS)
    script(bare / ".venv" / "bin" / "python", FITS)
    kept = run([MAKE, "setup"], bare, PATH=str(bare))
    named = run([MAKE, "setup", "PYTHON=python3.13"], bare, PATH=str(bare))
    assert kept.stdout.startswith(".venv/bin/python was asked")
    assert named.stdout.startswith(f"{bare}/python3.13 was asked")


def test_help_names_every_target() -> None:
    shown = run([MAKE], ROOT, PATH=os.defpath).stdout
    targets = ["run", "test", "check", "setup", "bench", "fuzz", "test-all", "lock", "clean"]
    assert [target for target in targets if f"make {target} " not in shown] == []


class Counting:
    """A step of the set-up that counts how often it was done, and can be made to fail."""

    def __init__(self) -> None:
        self.done = 0
        self.broken = False

    def __call__(self) -> None:
        if self.broken:
            raise OSError("no space left")
        self.done += 1

    def step(self, depends: str) -> environment.Step:
        return environment.Step("packages", depends, self, "Installing …")


@pytest.fixture
def counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counting:
    python = tmp_path / "bin" / "python"
    script(python, "exit 0")
    monkeypatch.setattr(environment, "VENV", tmp_path)
    monkeypatch.setattr(environment, "PYTHON", python)
    return Counting()


def test_a_step_is_done_once_while_nothing_changes(counting: Counting) -> None:
    environment.bring_up_to_date(counting.step("lock 1"))
    environment.bring_up_to_date(counting.step("lock 1"))
    assert counting.done == 1


def test_a_step_is_done_again_when_the_lock_changes(counting: Counting) -> None:
    environment.bring_up_to_date(counting.step("lock 1"))
    environment.bring_up_to_date(counting.step("lock 2"))
    assert counting.done == 2


def test_a_step_is_done_again_when_the_interpreter_is_gone(counting: Counting) -> None:
    environment.bring_up_to_date(counting.step("lock 1"))
    environment.PYTHON.unlink()
    environment.bring_up_to_date(counting.step("lock 1"))
    assert counting.done == 2


def test_an_interrupted_step_is_done_again(counting: Counting) -> None:
    environment.bring_up_to_date(counting.step("lock 1"))
    counting.broken = True
    with pytest.raises(OSError, match="no space left"):
        environment.bring_up_to_date(counting.step("lock 2"))
    counting.broken = False
    environment.bring_up_to_date(counting.step("lock 1"))
    assert counting.done == 2


@pytest.fixture
def no_chromium(tmp_path: Path) -> dict[str, str]:
    """A checkout whose pytest prints its arguments, and a PATH with sed and nothing else."""
    found = 'case "$*" in *--collect-only*) echo "tests/browser/test_chat.py::test_says_hello" ;; esac'
    script(tmp_path / ".venv" / "bin" / "python", f'echo "ran: $*"; {found}; exit 5')
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "sed").symlink_to(shutil.which("sed") or "sed")
    return {"PATH": str(tmp_path / "path")}


def run_tests(folder: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return run(["/bin/sh", str(ROOT / "infra/deploy/test.sh"), "not slow", "-n", "2"], folder, **environ)


def test_without_a_chromium_it_says_what_was_left_out(tmp_path: Path, no_chromium: dict[str, str]) -> None:
    result = run_tests(tmp_path, no_chromium)
    assert "ran: -m pytest -m (not slow) and not browser -n 2" in result.stdout
    assert "  tests/browser/test_chat.py::test_says_hello" in result.stdout
    assert result.stdout.splitlines()[-1] == "To run them too: sudo apt-get install chromium"
    assert result.returncode == 5, "the tests' own outcome"


def test_without_a_chromium_ci_fails(tmp_path: Path, no_chromium: dict[str, str]) -> None:
    result = run_tests(tmp_path, no_chromium | {"CI": "true"})
    assert result.returncode == 1
    assert "sudo apt-get install chromium" in result.stderr
    assert "ran:" not in result.stdout


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_with_a_chromium_everything_runs(tmp_path: Path, no_chromium: dict[str, str], name: str) -> None:
    script(tmp_path / "path" / name, "exit 0")
    result = run_tests(tmp_path, no_chromium | {"CI": "true"})
    assert result.stdout == "ran: -m pytest -m not slow -n 2\n"
    assert result.returncode == 5


@pytest.mark.slow
def test_set_up_works_in_a_path_with_a_space_and_is_quick_the_second_time(tmp_path: Path) -> None:
    checkout = tmp_path / "with a space" / "nexus"
    copy_to(checkout)
    first = subprocess.run([MAKE, "setup"], cwd=checkout, capture_output=True, text=True, check=False)
    assert first.returncode == 0, first.stderr
    again = subprocess.run([MAKE, "setup"], cwd=checkout, capture_output=True, text=True, check=False, timeout=30)
    assert again.returncode == 0, again.stderr
    assert "Installing" not in again.stdout
    helped = run([".venv/bin/nexus", "--help"], checkout, PATH=os.defpath)
    assert "doctor" in helped.stdout
