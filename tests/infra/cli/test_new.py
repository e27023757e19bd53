"""`nexus channels new`: what it writes keeps the contract at once, reads well, and hides nothing that is there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.settings import child_environment
from tests.infra.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[3]
PYPROJECT = str(ROOT / "pyproject.toml")


def call(folder: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    """Run a module of Python in `folder`, with the checkout importable."""
    environment = child_environment() | {"PYTHONDONTWRITEBYTECODE": "1", "MYPYPATH": f"{ROOT}:{folder / 'src'}"}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


# Where `nexus` comes from is known here and not there: apart from both third parties and the author's own, it stands alike.
_SECTIONS = (
    'lint.isort.sections = {nexus = ["nexus", "shared"]}',
    'lint.isort.section-order = ["standard-library", "third-party", "nexus", "first-party", "local-folder"]',
)
COMMON = {"__init__.py", "adapter.py", "channel.toml", "contract.py", "twin.py", "README.md", "samples/message.json"}


def test_a_folder_keeps_the_contract_at_once(run: Run, home: Path) -> None:
    told = run("channels", "new", "my_pager")
    assert told.code == 0, told.err
    made = home / "plugins" / "my_pager"
    assert str(made) in told.out
    assert "channels check my_pager" in told.out
    assert files(made) == COMMON | {"pyproject.toml", "tests/__init__.py", "tests/test_my_pager.py"}
    assert home.stat().st_mode & 0o077 == 0
    quick = ["-p", "no:cacheprovider", "--disable-plugin-autoload", "-k", "not any and not moderate"]
    own = call(made, "pytest", "-q", *quick)
    assert own.returncode == 0, own.stdout
    assert " passed, 4 deselected" in own.stdout


def test_a_package_keeps_it_too(run: Run, home: Path, tmp_path: Path) -> None:
    told = run("channels", "new", "my_pager", "--package", "--into", str(tmp_path / "work"))
    assert told.code == 0, told.err
    made = tmp_path / "work" / "nexus-my-pager"
    inside = {f"src/nexus_my_pager/{name}" for name in (*COMMON, "py.typed")}
    assert files(made) == inside | {"pyproject.toml", "README.md", "tests/test_my_pager.py"}
    before = files(made)
    checked = call(made, "infra.cli", "channels", "check", ".", "--quick")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert re.search(r"my_pager: (\d+) of \1 cases hold", checked.stdout), checked.stdout
    assert files(made) == before


@pytest.mark.parametrize("name", ["fax", "my_pager"])
def test_what_is_written_reads_as_our_own_code_does(run: Run, home: Path, tmp_path: Path, name: str) -> None:
    run("channels", "new", name, "--package", "--into", str(tmp_path))
    run("channels", "new", name)
    package = tmp_path / f"nexus-{name.replace('_', '-')}"
    for folder in (home / "plugins" / name, package):
        texts = "".join(path.read_text() for path in folder.rglob("*") if path.is_file()).lower()
        assert "doorname" not in texts.replace("-", "").replace(" ", "").replace("_", "")
        for style in (["--isolated"], ["--config", PYPROJECT]):
            told = call(folder, "ruff", "format", "--no-cache", "--diff", *style, ".")
            assert told.returncode == 0, told.stdout + told.stderr
        ours = [option for line in (PYPROJECT, 'src = ["src"]', *_SECTIONS) for option in ("--config", line)]
        told = call(folder, "ruff", "check", "--no-cache", *ours, ".")
        assert told.returncode == 0, told.stdout


@pytest.mark.slow
def test_what_is_written_is_typed(run: Run, home: Path, tmp_path: Path) -> None:
    run("channels", "new", "my_pager", "--package", "--into", str(tmp_path))
    made = tmp_path / "nexus-my-pager"
    strict = ["--strict", "--no-error-summary", "--cache-dir", os.devnull]
    told = call(made, "mypy", *strict, "src/nexus_my_pager", "tests")
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Pager", "lower-case"),
        ("1st", "a letter first"),
        ("x", "2 to 24"),
        ("x" * 25, "2 to 24"),
        ("my-door", "my_door"),
        ("my__door", "lower-case"),
        ("päger", "lower-case"),
        ("../up", "lower-case"),
        ("class", "Python's own"),
        ("match", "Python's own"),
        ("json", "Python package"),
        ("shared", "Python package"),
        ("pytest", "Python package"),
    ],
)
def test_names_that_cannot_be_are_wrong_use(run: Run, home: Path, name: str, why: str) -> None:
    told = run("channels", "new", name)
    assert told.code == 2
    assert why in " ".join(told.err.replace("│", " ").split())
    assert not (home / "plugins").exists()


@pytest.mark.parametrize("name", ["alexa", "web", "broken"])
def test_a_channel_that_is_there_is_not_hidden(run: Run, home: Path, name: str) -> None:
    broken = home / "plugins" / "broken"
    broken.mkdir(parents=True)
    (broken / "channel.toml").write_text("name = 1")
    told = run("channels", "new", name)
    assert told.code == 1
    assert f"there is a channel {name} already" in told.err
    assert [path.name for path in (home / "plugins").iterdir()] == ["broken"]


def test_a_folder_that_is_there_is_left_alone(run: Run, home: Path, tmp_path: Path) -> None:
    (tmp_path / "my_pager").mkdir()
    (tmp_path / "my_pager" / "mine.txt").write_text("mine")
    told = run("channels", "new", "my_pager", "--into", str(tmp_path))
    assert told.code == 1
    assert "is there already" in told.err
    assert files(tmp_path / "my_pager") == {"mine.txt"}


def test_what_cannot_be_written_is_one_line(run: Run, home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = run("channels", "new", "my_pager", "--into", str(tmp_path / "file" / "below"))
    assert told.code == 1
    assert told.err.count("\n") == 1
    assert "cannot be written" in told.err
