"""The command line in process, on the stores of the test session."""

import io
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec import Struct

from infra import cli


class Ran(Struct, frozen=True):
    """What a command did."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Commands configure logging for their process, which here is that of the tests."""
    root, ours = logging.getLogger(), logging.getLogger("nexus")
    before = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:], root.level = before[:2]
    ours.setLevel(before[2])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment with a home of its own and nothing else."""
    folder = tmp_path / "home"
    monkeypatch.setenv("NEXUS_HOME", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def with_stores(home: Path, database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same with stores: a fresh database and an empty Valkey."""
    monkeypatch.setenv("NEXUS_DATABASE_URL", database_url)
    monkeypatch.setenv("NEXUS_REDIS_URL", redis_url)
    return home


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `nexus` with arguments, and with `typed` as its standard input: bytes are read as UTF-8."""

    def _run(*arguments: str, typed: str | bytes = "") -> Ran:
        stdin = io.StringIO(typed) if isinstance(typed, str) else io.TextIOWrapper(io.BytesIO(typed), "utf-8")
        monkeypatch.setattr(sys, "argv", ["nexus", *arguments])
        monkeypatch.setattr(sys, "stdin", stdin)
        capsys.readouterr()
        try:
            cli.main()
            code: object = 0
        except SystemExit as end:
            code = end.code or 0
        out, err = capsys.readouterr()
        assert isinstance(code, int)
        return Ran(code, out, err)

    return _run
