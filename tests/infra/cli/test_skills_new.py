"""`nexus skills new`: what it writes keeps the contract at once, reads well, and hides nothing that is there."""

import os
import tomllib
from pathlib import Path

import pytest

from tests.infra.cli.conftest import Run
from tests.infra.cli.test_new import _SECTIONS, PYPROJECT, call, files

FILES = {"__init__.py", "skill.py", "skill.toml", "dialogues.toml", "locales/en.toml", "README.md", "pyproject.toml"}


def test_it_keeps_the_contract_at_once(run: Run, home: Path) -> None:
    told = run("skills", "new", "my_fridge")
    assert told.code == 0, told.err
    made = home / "plugins" / "my_fridge"
    assert str(made) in told.out
    assert "skills check my_fridge" in told.out
    assert files(made) == FILES | {"tests/__init__.py", "tests/test_my_fridge.py"}
    own = call(made, "pytest", "-q", "-p", "no:cacheprovider", "--disable-plugin-autoload")
    assert own.returncode == 0, own.stdout
    assert "38 passed" in own.stdout
    assert "my_fridge" in run("skills", "list").out


def test_a_package_keeps_it_too(run: Run, home: Path, tmp_path: Path) -> None:
    told = run("skills", "new", "my_fridge", "--package", "--into", str(tmp_path / "work"))
    assert told.code == 0, told.err
    made = tmp_path / "work" / "nexus-my-fridge"
    assert f"skills check {made}" in told.out
    assert f"-m pip install --editable {made}" in told.out
    inside = {f"src/nexus_my_fridge/{name}" for name in (*FILES - {"pyproject.toml"}, "py.typed")}
    assert files(made) == inside | {"pyproject.toml", "README.md", "tests/test_my_fridge.py"}
    project = tomllib.loads((made / "pyproject.toml").read_text())["project"]
    assert project["entry-points"] == {"nexus.skills": {"my_fridge": "nexus_my_fridge"}}
    assert "channel" not in "".join(path.read_text() for path in made.rglob("*") if path.is_file())
    own = call(made, "pytest", "-q", "-p", "no:cacheprovider", "--disable-plugin-autoload")
    assert own.returncode == 0, own.stdout
    assert "38 passed" in own.stdout


@pytest.mark.slow
def test_a_package_is_checked_and_typed(run: Run, home: Path, tmp_path: Path) -> None:
    run("skills", "new", "my_fridge", "--package", "--into", str(tmp_path))
    made = tmp_path / "nexus-my-fridge"
    checked = call(made, "infra.cli", "skills", "check", ".")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    told = call(
        made, "mypy", "--strict", "--no-error-summary", "--cache-dir", os.devnull, "src/nexus_my_fridge", "tests"
    )
    assert told.returncode == 0, told.stdout + told.stderr


def test_elsewhere_it_says_where_nexus_finds_it(run: Run, home: Path, tmp_path: Path) -> None:
    told = run("skills", "new", "my_fridge", "--into", str(tmp_path / "work"))
    assert told.code == 0, told.err
    assert f"skills check {tmp_path / 'work' / 'my_fridge'}" in told.out
    assert f"move it to {home / 'plugins'}" in told.out


@pytest.mark.parametrize("name", ["fax", "my_fridge", "a_name_of_24_letters_too"])
def test_what_is_written_reads_as_our_own_code_does(run: Run, home: Path, tmp_path: Path, name: str) -> None:
    run("skills", "new", name, "--package", "--into", str(tmp_path))
    run("skills", "new", name)
    for made in (home / "plugins" / name, tmp_path / f"nexus-{name.replace('_', '-')}"):
        texts = "".join(path.read_text() for path in made.rglob("*") if path.is_file()).lower()
        assert not [word for word in ("skillname", "doorname") if word in plain(texts)]
        told = call(made, "ruff", "format", "--no-cache", "--diff", "--config", PYPROJECT, ".")
        assert told.returncode == 0, told.stdout + told.stderr
        ours = [option for line in (PYPROJECT, 'src = ["src"]', *_SECTIONS) for option in ("--config", line)]
        told = call(made, "ruff", "check", "--no-cache", *ours, ".")
        assert told.returncode == 0, told.stdout


def plain(text: str) -> str:
    return text.replace("-", "").replace(" ", "").replace("_", "")


@pytest.mark.slow
def test_what_is_written_is_typed(run: Run, home: Path) -> None:
    run("skills", "new", "my_fridge")
    strict = ["--strict", "--no-error-summary", "--cache-dir", os.devnull, "--explicit-package-bases"]
    told = call(home / "plugins", "mypy", *strict, "my_fridge")
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize(
    ("name", "why"),
    [("Fridge", "a skill's name is 2 to 24 lower-case"), ("my-fridge", "my_skill"), ("class", "Python's own")],
)
def test_names_that_cannot_be_are_wrong_use(run: Run, home: Path, name: str, why: str) -> None:
    told = run("skills", "new", name)
    assert told.code == 2
    assert why in " ".join(told.err.replace("│", " ").split())
    assert not (home / "plugins").exists()


@pytest.mark.parametrize("name", ["clock", "broken"])
def test_a_skill_that_is_there_is_not_hidden(run: Run, home: Path, name: str) -> None:
    broken = home / "plugins" / "broken"
    broken.mkdir(parents=True)
    (broken / "skill.toml").write_text("name = 1")
    told = run("skills", "new", name)
    assert told.code == 1
    assert f"there is a skill {name} already" in told.err
    assert [path.name for path in (home / "plugins").iterdir()] == ["broken"]


def test_what_cannot_be_written_is_one_line(run: Run, home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = run("skills", "new", "my_fridge", "--into", str(tmp_path / "file" / "below"))
    assert told.code == 1
    assert told.err.count("\n") == 1
    assert "cannot be written" in told.err
