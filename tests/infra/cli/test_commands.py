"""The commands over the registry: what they print, and how they fail."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from infra.home import Home
from infra.served import publish_served
from infra.settings import HIDDEN, child_environment
from infra.version import VERSION
from tests.infra.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[3]


def test_help_names_every_command(run: Run) -> None:
    told = run("--help")
    assert told.code == 0
    for command in ("up", "chat", "say", "doctor", "keys", "apps", "channels", "skills", "models"):
        assert f" {command} " in told.out


def test_version(run: Run) -> None:
    assert run("--version").out.strip() == f"nexus {VERSION}"


def test_a_database_that_is_not_there_is_one_line(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXUS_DATABASE_URL", "postgresql://nexus:geheim@127.0.0.1:1/nexus?connect_timeout=1")
    monkeypatch.setenv("NEXUS_REDIS_URL", "redis://127.0.0.1:1")
    told = run("keys", "list")
    assert told.code == 1
    assert told.err.startswith("nexus: Postgres cannot be reached")
    assert told.err.count("\n") == 1
    assert "geheim" not in told.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("nope",),
        ("keys", "create"),
        ("say",),
        ("say", "--channel", "fax", "hello"),
        ("channels", "configure", "alexa", "skill_id"),
        ("channels", "configure", "alexa", "=x"),
    ],
)
def test_wrong_use_is_2(run: Run, home: Path, arguments: tuple[str, ...]) -> None:
    told = run(*arguments)
    assert told.code == 2
    assert "Usage" in told.err
    assert not home.exists()


def test_a_wrong_setting_is_one_line_and_1(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXUS_PORT", "many")
    told = run("keys", "list")
    assert told.code == 1
    assert told.err.count("\n") == 1
    assert told.err.startswith("nexus: NEXUS_PORT must be a whole number")


def test_an_unknown_setting_is_a_warning(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXUS_POTR", "1")
    told = run("skills", "list")
    assert told.code == 0
    assert "did you mean NEXUS_PORT?" in told.err


def test_a_key_is_alone_on_the_last_line_and_listed_without_its_secret(run: Run, with_stores: Path) -> None:
    made = run("keys", "create", "--app", "default", "--name", "first")
    key = made.out.splitlines()[-1]
    assert made.code == 0
    assert key.startswith("nx_")
    assert " " not in key
    _, key_id, secret = key.split("_")
    told = run("keys", "list")
    assert key_id in told.out
    assert "first" in told.out
    assert secret not in told.out + told.err


def test_a_key_is_revoked_by_its_id_or_as_a_whole_and_only_once(run: Run, with_stores: Path) -> None:
    first, second = (run("keys", "create", "--name", name).out.splitlines()[-1] for name in ("one", "two"))
    assert run("keys", "revoke", first.split("_")[1]).code == 0
    assert run("keys", "revoke", second).code == 0
    again = run("keys", "revoke", second)
    assert again.code == 1
    assert "there is no live key" in again.err
    assert second.split("_")[2] not in again.err


def test_apps(run: Run, with_stores: Path) -> None:
    assert "shop is made" in run("apps", "create", "shop").out
    assert "there already" in run("apps", "create", "shop").out
    assert run("apps", "list").out.split() == ["default", "shop"]
    bad = run("apps", "create", "Shop!")
    assert bad.code == 1
    assert "lower-case" in bad.err
    missing = run("keys", "create", "--app", "nowhere", "--name", "x")
    assert missing.code == 1
    assert "nexus apps create nowhere" in missing.err


def test_channels_are_shut_until_configured(run: Run, with_stores: Path) -> None:
    before = run("channels", "list")
    assert before.code == 0
    assert "NEXUS_ALEXA_SKILL_ID" in before.out
    assert run("channels", "configure", "alexa", "skill_id=amzn1.ask.skill.x").code == 0
    after = run("channels", "list").out
    assert "skill_id=amzn1.ask.skill.x" in after
    assert "NEXUS_ALEXA_SKILL_ID" not in after
    assert run("channels", "configure", "alexa", "skill_id=").code == 0
    assert "skill_id=amzn1.ask.skill.x" not in run("channels", "list").out


def test_a_value_may_be_read_instead_of_written_on_the_command_line(run: Run, with_stores: Path) -> None:
    assert run("channels", "configure", "alexa", "skill_id", typed="amzn1.ask.skill.piped\n").code == 0
    assert "skill_id=amzn1.ask.skill.piped" in run("channels", "list").out
    told = run("channels", "configure", "alexa", "skill_id", typed="")
    assert told.code == 2
    assert "there is no value for skill_id" in told.err


def test_a_value_of_several_lines_is_read_whole(run: Run, with_stores: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    values = ("vonage_api_key=a", "vonage_signature_secret=b", "vonage_application_id=c")
    told = run("channels", "configure", "sms", *values, "vonage_private_key", typed=pem)
    assert (told.code, told.err) == (0, "")
    assert "sms/vonage is open." in told.out


def test_several_values_are_a_line_each_and_nothing_is_left_over(run: Run, with_stores: Path) -> None:
    told = run("channels", "configure", "sms", "telnyx_api_key", "telnyx_from", typed="KEY1\n+14155550100\n")
    assert told.code == 0
    assert "telnyx_from=+14155550100" in run("channels", "list").out
    more = run("channels", "configure", "sms", "telnyx_api_key", "telnyx_from", typed="a\nb\nc\n")
    assert more.code == 2
    assert "3 lines for 2 values" in more.err
    assert run("channels", "configure", "sms", "telnyx_api_key", "telnyx_from", typed="a\n").code == 2


def test_settings_stand_with_the_place_they_are_for(
    run: Run, with_stores: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = ("telnyx_from=+14155550100", "twilio_from=+14155550101", "twilio_auth_token=secret", "mms=never")
    assert run("channels", "configure", "sms", *values).code == 0
    for columns in ("", "90"):
        monkeypatch.setenv("COLUMNS", columns)
        told = run("channels", "list").out
        assert max(map(len, told.splitlines())) <= int(columns or 120)
        rows = _set_in(told)
        assert rows["sms"] == {"mms=never"}
        assert rows["sms/telnyx"] == {"telnyx_from=+14155550100"}
        assert rows["sms/twilio"] == {"twilio_from=+14155550101", f"twilio_auth_token={HIDDEN}"}
        assert rows["sms/bandwidth"] == rows["rest"] == set()


def _set_in(table: str) -> dict[str, set[str]]:
    """What `channels list` says is set, by door."""
    found: dict[str, set[str]] = {}
    door = ""
    for line in table.splitlines():
        door = line.split()[0] if line[1] != " " else door
        found.setdefault(door, set()).update(word for word in line.split() if re.fullmatch("[a-z_]+=[^…]+", word))
    return found


def test_what_is_no_text_is_refused_and_not_stored(run: Run, with_stores: Path) -> None:
    for typed, argument in (
        (b"\xff\xfe0\x82", "vonage_private_key"),
        ("\udcb4", "vonage_private_key"),  # how Python reads such bytes in some locales, and from a command line
        ("", "vonage_private_key=\udcb4"),
    ):
        told = run("channels", "configure", "sms", argument, typed=typed)
        assert told.code == 2
        assert "is not text in UTF-8" in " ".join(told.err.replace("│", "").split())
    assert "vonage_private_key" not in run("channels", "list").out


def test_what_becomes_of_the_door_is_told(run: Run, with_stores: Path) -> None:
    half = run("channels", "configure", "sms", "twilio_account_sid=AC1")
    assert half.code == 0
    assert half.out == "Stored for sms of app default.\n"
    assert "sms/twilio is shut: Twilio needs twilio_auth_token" in half.err
    assert "vonage" not in half.err
    whole = run("channels", "configure", "alexa", "skill_id=amzn1.ask.skill.x")
    assert whole.err == ""
    assert whole.out == "Stored for alexa of app default; it counts within two seconds.\nalexa is open.\n"
    shut = run("channels", "configure", "alexa", "skill_id=")
    assert "counts" not in shut.out
    assert "alexa is shut: there is no skill id" in shut.err


def test_what_all_carriers_share_concerns_those_that_are_configured(run: Run, with_stores: Path) -> None:
    nobody = run("channels", "configure", "sms", "help_text=Call us.")
    assert nobody.err.count("is shut") == 5
    values = ("twilio_account_sid=AC1", "twilio_auth_token=t", "public_url=https://nexus.example")
    assert run("channels", "configure", "sms", *values).err == ""
    shared = run("channels", "configure", "sms", "help_text=Write to us.")
    assert (shared.err, shared.out.splitlines()[1:]) == ("", ["sms/twilio is open."])
    wrong = run("channels", "configure", "sms", "long_answers=link")
    assert "sms/twilio is shut: long_answers=link needs the setting link_url" in wrong.err
    assert "vonage" not in wrong.err


def test_a_channel_that_the_running_nexus_does_not_know_waits_for_its_restart(run: Run, with_stores: Path) -> None:
    run("channels", "new", "homing")
    (with_stores / "run").mkdir()
    (with_stores / "run" / "web.pid").write_text(f"{os.getpid()}\n")
    publish_served(Home(with_stores), ["alexa"])
    half = " ".join(run("channels", "list").out.split())
    assert "shut: there is no secret; set NEXUS_HOMING_SECRET" in half
    assert "; then restart NEXUS" in half
    whole = run("channels", "configure", "homing", "secret=coo")
    assert "homing is open" not in whole.out
    assert "restart NEXUS" in whole.err
    assert "restart" not in run("channels", "configure", "alexa", "skill_id=amzn1.ask.skill.x").err
    publish_served(Home(with_stores), ["alexa", "homing"])
    assert "homing is open." in run("channels", "configure", "homing", "secret=coo").out


def test_every_carrier_has_a_line_and_says_what_it_lacks(run: Run, with_stores: Path) -> None:
    out = " ".join(run("channels", "list", "--app", "default").out.split())
    for place, needed in {
        "twilio": "twilio_account_sid",
        "telnyx": "telnyx_api_key",
        "bandwidth": "bandwidth_",
    }.items():
        assert f"/channels/sms/{place}" in out
        assert f"needs {needed}" in out
    assert "shut: sms:" not in out


def test_unknown_channels_keys_and_apps_are_named(run: Run, with_stores: Path) -> None:
    assert "there is no channel 'fax'" in run("channels", "configure", "fax", "a=b").err
    for word in ("skillid=b", "skillid"):  # before it asks for a value
        told = run("channels", "configure", "alexa", word)
        assert "alexa has no setting 'skillid'; it has: skill_id" in told.err
    assert "there is no app 'nowhere'" in run("channels", "list", "--app", "nowhere").err


def test_production_refuses_simulator_values(run: Run, with_stores: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXUS_ENV", "production")
    told = run("channels", "configure", "alexa", "extra_roots=/tmp/root.pem")
    assert told.code == 1
    assert "refused in production" in told.err
    assert "refuses" in run("say", "hello").err


def test_what_the_environment_says_overrides_with_a_warning(
    run: Run, with_stores: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEXUS_ALEXA_SKILL_ID", "amzn1.ask.skill.env")
    told = run("channels", "configure", "alexa", "skill_id=amzn1.ask.skill.db")
    assert told.code == 0
    assert "environment or nexus.toml say otherwise for skill_id" in told.err
    assert "amzn1.ask.skill.env" in run("channels", "list").out


def test_skills_list_names_what_does_not_load(run: Run, home: Path) -> None:
    broken = home / "plugins" / "broken"
    broken.mkdir(parents=True)
    (broken / "skill.toml").write_text("name = 1")
    told = run("skills", "list")
    assert told.code == 0
    assert "notes.remember" in told.out
    assert "skill broken does not load" in told.err


def test_say_without_nexus_says_how_to_start_it(run: Run, home: Path) -> None:
    told = run("say", "--channel", "web", "hello")
    assert told.code == 1
    assert "nexus up" in told.err
    assert told.err.count("\n") == 1


def test_keys_can_be_made_while_nexus_is_stopped(short_tmp: Path) -> None:
    """With embedded stores that are started for the command and leave nothing running."""
    environment = child_environment() | {"NEXUS_HOME": str(short_tmp / "cli"), "NEXUS_RUNTIME_DIR": str(short_tmp)}
    command = [sys.executable, "-m", "infra.cli", "keys"]

    def call(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*command, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
        )

    made = call("create", "--app", "default", "--name", "stopped")
    assert made.returncode == 0, made.stderr
    assert made.stdout.splitlines()[-1].startswith("nx_")
    assert "stopped" in call("list").stdout
    assert not list((short_tmp / "cli" / "run").glob("*.pid"))


def test_starting_is_fast_because_nothing_heavy_is_imported() -> None:
    """`nexus --help` may not load the database driver, the model runtime or the HTTP client."""
    code = (
        "import sys; from infra.cli.commands import app; from infra.cli import up, welcome;"
        "print([m for m in ('psycopg', 'onnxruntime', 'httpx', 'numpy', 'cryptography', 'flask') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
