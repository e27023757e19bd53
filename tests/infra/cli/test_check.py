"""`nexus channels check`: what a channel does not hold is told in words, and what it has not at all, too."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.settings import child_environment
from tests.infra.cli.conftest import Run


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a home of its own, and its plug-ins are imported anew."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for name in [name for name in sys.modules if name.startswith("nexus_plugins")]:
        monkeypatch.delitem(sys.modules, name)


@pytest.fixture
def pager(run: Run, home: Path) -> Path:
    """A channel as it was written by the command."""
    assert run("channels", "new", "my_pager").code == 0
    return home / "plugins" / "my_pager"


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def check(target: str, home: Path, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """The command in a process of its own, as a person runs it: pytest must not find itself running already."""
    environment = child_environment() | {"NEXUS_HOME": str(home)}
    command = [sys.executable, "-m", "infra.cli", "channels", "check", target, "--quick"]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)


def test_what_fails_is_told_in_words(pager: Path, home: Path, tmp_path: Path) -> None:
    edit(pager / "adapter.py", "choices=reply.choices,", "choices=reply.choices[:3],")
    edit(pager / "adapter.py", "> WINDOW_S:", "> WINDOW_S * 9:")
    edit(pager / "adapter.py", "decode(_decoder, verified.wire.body)", "_decoder.decode(verified.wire.body)")
    edit(pager / "channel.toml", 'summary = "', 'sumary = "x"\nsummary = "')
    edit(pager / "channel.toml", "twin:MyPagerTwin", "twin:Nobody")
    before = set(tmp_path.rglob("*"))
    told = check("my_pager", home, tmp_path)
    assert told.returncode == 1, told.stderr
    words = told.stdout
    assert "FAILS  channel.toml has sumary, which nothing reads" in words
    assert "FAILS  twin has no Nobody" in words
    assert "FAILS  What was authentic once, or will be, is refused now.\n" in words
    assert "came back: this was taken for authentic" in words
    assert "FAILS  Every word and address of a rich reply of moderate size is said, shown or sent" in words
    assert "given:     Reply(text='plain000', choices=(Choice(" in words
    assert "FAILS  An empty body is Malformed.\n       given:     b''\n       came back: DecodeError: " in words
    assert "\n       in:        adapter.py, line " in words
    assert "case:      MyPagerContract.test_stale_is_refused" in words
    assert re.fullmatch(r"my_pager: \d+ of \d+ cases hold, \d+ fail", words.splitlines()[-1])
    assert set(tmp_path.rglob("*")) == before, "it left something behind"


def test_a_contract_that_does_not_load_is_told_with_the_reason(pager: Path, home: Path, tmp_path: Path) -> None:
    edit(pager / "contract.py", "class MyPagerContract", "1 / 0\n\n\nclass MyPagerContract")
    told = check(str(pager), home, tmp_path)
    assert told.returncode == 1
    assert "its contract does not load: contract:MyPagerContract: ZeroDivisionError" in told.stdout


def test_a_channel_without_a_contract_is_told_how_to_get_one(run: Run, pager: Path) -> None:
    edit(pager / "channel.toml", 'contracts = ["contract:MyPagerContract"]\n', "")
    told = run("channels", "check", "my_pager")
    assert told.code == 1
    assert "my_pager has no contract" in told.out
    assert 'contracts = ["contract:MyContract"]' in told.out


def test_a_channel_that_does_not_load_is_told_with_the_reason(run: Run, pager: Path) -> None:
    edit(pager / "adapter.py", "import hashlib", "import nowhere_to_be_found")
    by_name, by_folder = run("channels", "check", "my_pager"), run("channels", "check", str(pager))
    for told in (by_name, by_folder):
        assert told.code == 1
        assert "does not load" in told.out
        assert "nowhere_to_be_found" in told.out


def test_what_is_no_channel_is_one_line(run: Run, home: Path, tmp_path: Path) -> None:
    empty, project = tmp_path / "empty", tmp_path / "project"
    empty.mkdir()
    project.mkdir()
    (project / "pyproject.toml").write_text('[project]\nname = "x"\n')
    for target, why in (
        ("fax", "no channel and no folder"),
        (empty, "holds no channel"),
        (project, "holds no channel"),
    ):
        told = run("channels", "check", str(target))
        assert told.code == 1
        assert why in told.err
        assert told.err.count("\n") == 1


def test_without_a_name_it_is_wrong_use(run: Run, home: Path) -> None:
    assert run("channels", "check").code == 2
