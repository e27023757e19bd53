"""`nexus skills configure` and what `list` and `doctor` tell of it."""

from pathlib import Path

import pytest

from tests.infra.cli.conftest import Run
from tests.infra.lamp import put_lamp


@pytest.fixture
def lamp(with_stores: Path) -> Path:
    put_lamp(with_stores)
    return with_stores


def test_a_setting_is_stored_shown_and_removed(run: Run, lamp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    before = run("skills", "list").out
    assert "url=https://lamp.example.org (default)" in before
    assert "lacks token: set NEXUS_SKILL_LAMP_TOKEN, or run `nexus skills configure lamp token=…`" in before
    told = run("skills", "configure", "lamp", "url=http://10.0.0.1:8123", "token", typed="geheim\n")
    assert (told.code, told.err) == (0, "")
    assert "token=(hidden) (database)" in told.out
    after = run("skills", "list").out
    assert "url=http://10.0.0.1:8123 (database)" in after
    assert "geheim" not in after + told.out
    assert "NEXUS_SKILL_LAMP_TOKEN" not in after
    assert run("skills", "configure", "lamp", "url=").code == 0
    assert "url=https://lamp.example.org (default)" in run("skills", "list").out


def test_doctor_tells_settings_and_what_lacks(run: Run, lamp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXUS_SKILL_LAMP_URL", "https://other.example.org")
    out = run("doctor").out
    assert "NEXUS_SKILL_LAMP_URL" in out
    assert "skill lamp  url=https://other.example.org (environment NEXUS_SKILL_LAMP_URL); lacks token:" in out


def test_apps_are_apart_and_the_environment_is_the_default_apps(
    run: Run, lamp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    assert run("apps", "create", "shop").code == 0
    assert run("skills", "configure", "lamp", "token=t", "--app", "shop").code == 0
    assert "lamp token=…" in run("skills", "list").out
    assert "lamp --app shop token=…" not in run("skills", "list", "--app", "shop").out
    monkeypatch.setenv("NEXUS_SKILL_LAMP_TOKEN", "e")
    told = run("skills", "configure", "lamp", "token=d")
    assert "environment or nexus.toml say otherwise for token" in told.err


def test_unknown_skills_keys_and_apps_are_named(run: Run, lamp: Path) -> None:
    assert "there is no skill 'lamps'" in run("skills", "configure", "lamps", "url=x").err
    assert "lamp has no setting 'urls'; it has: url, token" in run("skills", "configure", "lamp", "urls=x").err
    assert "there is no app 'nowhere'" in run("skills", "configure", "lamp", "url=x", "--app", "nowhere").err
    assert run("skills", "configure", "lamp", "=x").code == 2
