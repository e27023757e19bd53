"""The commands against a running NEXUS, as a person at a shell uses them."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from infra.settings import child_environment
from tests.integration.conftest import ROOT, Nexus, until

Call = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def call(nexus: Nexus) -> Call:
    """Runs `nexus` with arguments and what is typed, in the environment of the running NEXUS."""
    own = {"NEXUS_HOME": str(nexus.home.root), "NEXUS_PORT": str(nexus.port), "XDG_RUNTIME_DIR": str(nexus.log.parent)}

    def _call(*arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "infra.cli", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=child_environment() | own, input=typed, capture_output=True, text=True, timeout=90
        )

    return _call


def test_up_says_where_to_click_and_what_to_try(nexus: Nexus) -> None:
    text = nexus.log.read_text()
    assert f"{nexus.url}/" in text
    assert "say 'what time is it in Tokyo?'" in text
    assert f"Authorization: Bearer {nexus.key}" in text
    assert "channels list" in text


def test_the_printed_curl_line_works(nexus: Nexus) -> None:
    line = next(line for line in nexus.log.read_text().splitlines() if "curl" in line)
    told = subprocess.run(
        ["/bin/sh", "-c", line[line.index("curl") :]], capture_output=True, text=True, check=True, timeout=30
    )
    assert '"outcome":"answered"' in told.stdout


@pytest.mark.parametrize("channel", ["alexa", "rest", "web"])
def test_say_through_every_door(call: Call, channel: str) -> None:
    told = call("say", "--channel", channel, "what is seven times six")
    assert told.returncode == 0, told.stderr
    assert "42" in told.stdout


def test_say_shows_request_and_answer_but_no_whole_key(call: Call, nexus: Nexus) -> None:
    told = call("say", "--channel", "rest", "--show", "what is seven times six")
    assert f"POST {nexus.url}/v1/messages" in told.stderr
    assert '"text": "what is seven times six"' in told.stderr
    assert "200 OK" in told.stderr
    assert '"outcome": "answered"' in told.stderr
    assert "bearer nx_" in told.stderr.lower()
    assert "_" not in told.stderr.lower().split("bearer nx_")[1].split("…")[0]
    assert told.stdout.strip()


def test_say_goes_on_in_one_session(call: Call) -> None:
    typed = "remember that the ladder is in the cellar\nwhere is the ladder\n"
    told = call("say", "--channel", "web", "--interactive", typed=typed)
    assert told.returncode == 0, told.stderr
    assert "cellar" in told.stdout.splitlines()[-1]


def test_chat_finds_what_the_same_user_told_the_api(call: Call, nexus: Nexus) -> None:
    nexus.text("remember that the bicycle is behind the shed", user="chatter")
    told = call("chat", "--user", "chatter", typed="where is the bicycle?\n")
    assert told.returncode == 0, told.stderr
    assert "behind the shed" in told.stdout
    other = call("chat", "--user", "somebody-else", typed="where is the bicycle?\n")
    assert "behind the shed" not in other.stdout


def test_chat_with_an_unknown_app(call: Call) -> None:
    told = call("chat", "--app", "nowhere", typed="hello\n")
    assert told.returncode == 1
    assert "nexus apps create nowhere" in told.stderr


def test_a_key_made_while_nexus_runs_counts_at_once_and_not_once_revoked(call: Call, nexus: Nexus) -> None:
    key = call("keys", "create", "--name", "running").stdout.splitlines()[-1]
    body = {"text": "hello", "user": {"id": "keys"}}

    def post() -> int:
        headers = {"authorization": f"Bearer {key}"}
        return httpx.post(f"{nexus.url}/v1/messages", json=body, headers=headers, timeout=30).status_code

    assert post() == 200
    assert call("keys", "revoke", key).returncode == 0
    until(lambda: post() == 401, 5)


def test_doctor_beside_a_running_nexus(call: Call, nexus: Nexus) -> None:
    told = call("doctor")
    assert told.returncode == 0, told.stdout
    assert f"held by process {nexus.process.pid} (nexus up)" in told.stdout
    assert "in use, as it should be while NEXUS runs" in told.stdout


def test_a_second_up_says_who_holds_the_home(call: Call, nexus: Nexus) -> None:
    told = call("up")
    assert told.returncode == 1
    assert f"process {nexus.process.pid}" in told.stderr


def test_metrics_are_the_sum_of_both_workers(nexus: Nexus) -> None:
    for number in range(10):
        nexus.text("hello", user=f"metrics-{number}")
    text = httpx.get(f"{nexus.url}/metrics", timeout=10).text
    counted = [line for line in text.splitlines() if line.startswith('nexus_turns_total{channel="rest"')]
    assert sum(float(line.split()[-1]) for line in counted) >= 1
    assert "nexus_workers 2.0" in text


def test_a_new_channel_waits_for_the_next_start(call: Call, nexus: Nexus) -> None:
    assert call("channels", "new", "carrier_dove").returncode == 0
    try:
        told = call("channels", "configure", "carrier_dove", "secret=coo")
        assert told.returncode == 0, told.stderr
        assert "restart NEXUS" in told.stderr
        answer = httpx.post(f"{nexus.url}/channels/carrier_dove", json={})
        assert answer.status_code == 404
        assert "next start of NEXUS" in answer.text
    finally:
        shutil.rmtree(nexus.home.plugins / "carrier_dove")
    assert "restart" not in call("channels", "list").stdout


def test_what_does_not_load_is_told_at_the_start_once_for_all_workers(short_tmp: Path) -> None:
    plugins = short_tmp / "lame" / "home" / "plugins"
    shutil.copytree(ROOT / "tests" / "integration" / "pager", plugins / "pager")
    with (plugins / "pager" / "channel.toml").open("a") as manifest:
        manifest.write('\n[[twins]]\nname = "limp"\nentry = "limp:Twin"\n')
    (plugins / "pager" / "limp.py").write_text("1 / 0\n")
    (plugins / "lame").mkdir()
    (plugins / "lame" / "channel.toml").write_text('name = "lame"\ntitle = "Lame"\nentry = "adapter:Lame"\n')
    (plugins / "lame" / "adapter.py").write_text("import no_such_module\n")
    own = Nexus(short_tmp / "lame", workers=2)
    try:
        text = own.wait().log.read_text()
    finally:
        own.stop()
    warning = "nexus: warning: "
    assert sorted(line.removeprefix(warning) for line in text.splitlines() if line.startswith(warning)) == [
        "channel lame does not load: ModuleNotFoundError: No module named 'no_such_module' (adapter.py, line 1)",
        "no simulator: twin limp of channel pager: limp:Twin: ZeroDivisionError: division by zero (limp.py, line 1)",
    ]
