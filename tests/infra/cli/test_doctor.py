"""`nexus doctor`: settings with sources, secrets hidden, what is broken and how to mend it."""

import socket
from pathlib import Path

import pytest

from infra import runtime
from infra.runtime import check_runtime
from shared.errors import StartFailed
from tests.infra.cli.conftest import Run


@pytest.fixture
def free_port(monkeypatch: pytest.MonkeyPatch) -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    monkeypatch.setenv("NEXUS_PORT", str(port))
    return port


def test_all_is_well(run: Run, with_stores: Path, free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    run("apps", "list")  # makes the tables, as `nexus up` does
    monkeypatch.setenv("NEXUS_WORKERS", "2")
    (with_stores.parent / "nexus.toml").write_text('log_level = "warning"\n')
    told = run("doctor")
    assert told.code == 0, told.out
    assert "All is well" in told.out
    for line in (
        "ok     python",
        "ok     runtime",
        "ok     postgres",
        "ok     valkey",
        "ok     model",
        "ok     door rest",
    ):
        assert line in told.out
    assert "note   door alexa" in told.out
    assert "set NEXUS_ALEXA_SKILL_ID" in told.out
    assert "CPUExecutionProvider" in told.out
    assert "durable (fsync, synchronous_commit)" in told.out
    lines = [line.split() for line in told.out.splitlines()]
    assert ["NEXUS_WORKERS", "2", "environment", "NEXUS_WORKERS"] in lines
    assert ["NEXUS_LOG_LEVEL", "warning", str(with_stores.parent / "nexus.toml")] in lines
    assert ["NEXUS_HOST", "127.0.0.1", "default"] in lines


def test_an_empty_database_of_ones_own_is_only_looked_at(
    run: Run, home: Path, empty_database_url: str, redis_url: str, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEXUS_DATABASE_URL", empty_database_url)
    monkeypatch.setenv("NEXUS_REDIS_URL", redis_url)
    told = run("doctor")
    assert "empty: `nexus up` makes the tables" in told.out
    assert "empty: `nexus up` makes the tables" in run("doctor").out


def test_secrets_are_hidden_and_a_lost_database_is_broken(
    run: Run, home: Path, redis_url: str, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEXUS_DATABASE_URL", "postgresql://nexus:geheim@127.0.0.1:1/nexus?connect_timeout=1")
    monkeypatch.setenv("NEXUS_REDIS_URL", redis_url)
    told = run("doctor")
    assert told.code == 1
    assert "BROKEN postgres" in told.out
    assert "geheim" not in told.out + told.err
    assert "ok     valkey" in told.out


def test_a_taken_port_and_a_broken_plugin_are_broken(
    run: Run, with_stores: Path, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = with_stores / "plugins" / "fax"
    broken.mkdir(parents=True)
    (broken / "channel.toml").write_text('name = "fax"\ntitle = "Fax"\nentry = "adapter:Fax"\n')
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", free_port))
        holder.listen()
        told = run("doctor")
    assert told.code == 1
    assert "BROKEN port" in told.out
    assert "BROKEN plug-in" in told.out
    assert "channel fax" in told.out


def test_unknown_settings_are_noted(run: Run, with_stores: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXUS_POTR", "1")
    assert "did you mean NEXUS_PORT?" in run("doctor").out


def test_both_runtimes_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StartFailed, match="break each other"):
        check_runtime(["onnxruntime", "onnxruntime-gpu"])
    with pytest.raises(StartFailed, match="no ONNX Runtime"):
        check_runtime([])
    check_runtime(["onnxruntime-gpu"])
    assert "onnxruntime" in runtime.installed_runtimes()
