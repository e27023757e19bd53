"""Settings: what counts over what, where it came from, and what is said about wrong ones."""

from pathlib import Path

import pytest

from infra import settings
from infra.settings import load
from infra.settings_table import SPECS, DoorSetting, reference
from shared.errors import SettingsInvalid

DOORS = {
    "echo": (
        DoorSetting("token", "NEXUS_ECHO_TOKEN", secret=True, required=True),
        DoorSetting("roots", "NEXUS_ECHO_ROOTS", simulator=True, kind="path"),
    )
}


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """A home with a channel of its own."""
    folder = tmp_path / "home" / "plugins" / "echo"
    folder.mkdir(parents=True)
    (folder / "channel.toml").write_text(
        'name = "echo"\n'
        '[[settings]]\nkey = "token"\nenv = "NEXUS_ECHO_TOKEN"\nsecret = true\nrequired = true\n'
        '[[settings]]\nkey = "roots"\nenv = "NEXUS_ECHO_ROOTS"\nsimulator = true\nkind = "path"\n'
    )
    return tmp_path / "home"


def source(found: settings.Settings, name: str) -> str:
    return next(entry.source for entry in found.entries if entry.name == name)


def test_defaults(tmp_path: Path) -> None:
    found = load({}, tmp_path)
    assert (found.host, found.port, found.env, found.workers) == ("127.0.0.1", 8080, "development", 1)
    assert found.home == tmp_path / ".nexus"
    assert found.master_key_file == tmp_path / ".nexus" / "keys" / "master.key"
    assert found.database_url is None
    assert source(found, "NEXUS_PORT") == "default"
    assert found.timezone


def test_environment_over_file_in_cwd_over_file_in_home_over_default(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "nexus.toml").write_text('home = "home"\nport = 2\nworkers = 2\n')
    (home / "nexus.toml").write_text('port = 3\nworkers = 3\nlog_level = "error"\n')
    found = load({"NEXUS_PORT": "1", "NEXUS_TIMEZONE": ""}, tmp_path)
    assert (found.port, found.workers, found.log_level, found.home) == (1, 2, "error", home)
    assert source(found, "NEXUS_PORT") == "environment NEXUS_PORT"
    assert source(found, "NEXUS_WORKERS") == str(tmp_path / "nexus.toml")
    assert source(found, "NEXUS_LOG_LEVEL") == str(home / "nexus.toml")
    assert source(found, "NEXUS_TIMEZONE") == "default"


def test_relative_paths_count_from_where_they_are_written(tmp_path: Path) -> None:
    home = tmp_path / "h"
    home.mkdir()
    (home / "nexus.toml").write_text('master_key_file = "master"\n')
    assert load({"NEXUS_HOME": "h"}, tmp_path).master_key_file == home / "master"


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("NEXUS_PORT", "eighty", "whole number"),
        ("NEXUS_PORT", "70000", "1 to 65535"),
        ("NEXUS_WORKERS", "0", "1 to 64"),
        ("NEXUS_ENV", "staging", "development or production"),
        ("NEXUS_PUBLIC_URL", "nexus.example", "http or https"),
        ("NEXUS_TIMEZONE", "Mars/Olympus", "IANA"),
        ("NEXUS_TIMEZONE", "../etc", "IANA"),
        ("NEXUS_HOST", "http://x", "address"),
        ("NEXUS_LOG_LEVEL", "loud", "debug"),
        ("NEXUS_REDIS_URL", "http://x", "redis"),
    ],
)
def test_a_wrong_value_names_variable_kind_and_source(tmp_path: Path, name: str, value: str, kind: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load({name: value}, tmp_path)
    text = str(caught.value)
    assert text.startswith(name)
    assert kind in text
    assert f"environment {name}" in text


def test_a_wrong_secret_url_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load({"NEXUS_DATABASE_URL": "mysql://root:geheim@db"}, tmp_path)
    assert "geheim" not in str(caught.value)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "nexus.toml").write_text("port = ")
    with pytest.raises(SettingsInvalid, match=r"nexus\.toml cannot be read"):
        load({}, tmp_path)


def test_a_list_in_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "nexus.toml").write_text("port = [1]")
    with pytest.raises(SettingsInvalid, match=r"port in .* must be a text or a whole number"):
        load({}, tmp_path)


def test_unknown_names_are_warnings_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "nexus.toml").write_text("wrokers = 2\n[channels.nowhere]\nx = 1\n")
    found = load({"NEXUS_POTR": "1"}, tmp_path)
    text = "\n".join(found.warnings)
    assert "NEXUS_POTR" in text
    assert "did you mean NEXUS_PORT?" in text
    assert "did you mean NEXUS_WORKERS?" in text
    assert "channels.nowhere.x" in text


def test_passwords_and_secrets_are_hidden_wherever_settings_are_shown(plugin: Path) -> None:
    environ = {
        "NEXUS_HOME": str(plugin),
        "NEXUS_DATABASE_URL": "postgresql://nexus:geheim@db:5432/nexus?password=geheim",
        "NEXUS_ECHO_TOKEN": "geheim",
    }
    found = load(environ, plugin)
    assert "geheim" not in repr(found)
    assert "geheim" not in str(found.entries)
    assert found.channel_config("echo") == {"token": "geheim"}
    assert "nexus:…@db:5432" in repr(found)


def test_channels_declare_settings_of_their_own(plugin: Path) -> None:
    (plugin / "nexus.toml").write_text('[channels.echo]\ntoken = "a"\nroots = "roots.pem"\n')
    found = load({"NEXUS_HOME": str(plugin)}, plugin.parent)
    assert found.channel_config("echo") == {"token": "a", "roots": str(plugin / "roots.pem")}
    assert found.secret_keys("echo") == {"token"}
    assert found.simulator_keys("echo") == {"roots"}
    assert found.warnings == ()
    assert load({"NEXUS_HOME": str(plugin), "NEXUS_ECHO_TOKEN": "b"}, plugin).channel_config("echo")["token"] == "b"


def test_production_refuses_what_is_for_simulators(plugin: Path) -> None:
    environ = {"NEXUS_HOME": str(plugin), "NEXUS_ENV": "production", "NEXUS_ECHO_ROOTS": "roots.pem"}
    with pytest.raises(SettingsInvalid, match="NEXUS_ECHO_ROOTS is for simulators and refused in production"):
        load(environ, plugin)


def test_every_setting_is_documented() -> None:
    known = load({}, Path("/nowhere"))
    page = (Path(settings.__file__).parent / "SETTINGS.md").read_text()
    assert page == reference(known.doors, known.told), "run `python -m infra.settings > infra/SETTINGS.md`"
    assert all(f"| `{spec.env}` |" in page for spec in SPECS)


def test_the_page_tells_what_is_secret_required_and_for_simulators() -> None:
    page = reference(DOORS)
    assert "NEXUS_ECHO_TOKEN" in page
    assert "required to open the door; secret" in page
    assert "simulators only" in page
