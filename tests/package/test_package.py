"""Foreign channels as pip packages: installed beside NEXUS they are open and answer; gone again, nothing is missing."""

import hmac
import json
import time

import httpx
import pytest

from tests.package.conftest import Installed, until

SECRET = "a secret between dovecotes"


def letter(text: str) -> bytes:
    return json.dumps({"id": f"letter-{time.time_ns()}", "sender": "ann", "user": "ann", "text": text}).encode()


def signed(channel: str, body: bytes, secret: str = SECRET) -> dict[str, str]:
    """Headers as the platform of `channel` would send them now. Both sign alike, under other names."""
    stamp = str(int(time.time()))
    signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, "sha256").hexdigest()
    names = {"pigeon": ("x-time", "x-signature"), "homing_dove": ("x-homing-dove-timestamp", "x-homing-dove-signature")}
    return dict(zip(names[channel], (stamp, signature), strict=True))


def post(nexus: Installed, channel: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    return httpx.post(
        f"http://127.0.0.1:{nexus.port}/channels/{channel}", content=body, headers=headers, timeout=30, trust_env=False
    )


@pytest.mark.parametrize("channel", ["pigeon", "homing_dove"])
def test_a_foreign_channel_answers_a_signed_turn(running: Installed, channel: str) -> None:
    body = letter("what is seven times six")
    assert post(running, channel, body, {}).status_code == 503
    told = running.nexus("channels", "configure", channel, f"secret={SECRET}")
    assert told.returncode == 0, told.stderr
    until(lambda: post(running, channel, body, {}).status_code == 401, 5)
    assert post(running, channel, body, signed(channel, body, "a guess")).status_code == 401
    answer = post(running, channel, body, signed(channel, body))
    assert answer.status_code == 200, answer.text
    assert "42" in answer.json()["text"]
    assert post(running, channel, body, signed(channel, body)).content == answer.content, "a repeated letter"


def test_its_twin_speaks_through_the_running_nexus(running: Installed) -> None:
    told = running.nexus("say", "--channel", "homing-dove", "what is seven times six")
    assert told.returncode == 0, told.stderr
    assert "42" in told.stdout


def test_a_foreign_skill_answers(running: Installed) -> None:
    assert "night_owl" in running.nexus("skills", "list").stdout
    told = running.nexus("say", "--channel", "homing-dove", "cheer for Ada")
    assert told.returncode == 0, told.stderr
    assert "ooray" in told.stdout
    assert "Ada" in told.stdout


def test_it_keeps_the_contract_where_it_is_installed(running: Installed) -> None:
    told = running.nexus("channels", "check", "pigeon", "--quick")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "pigeon: 1 contract" in told.stdout


def test_uninstalled_they_leave_nexus_whole(running: Installed) -> None:
    running.pip("uninstall", "--yes", "--quiet", "nexus-pigeon", "nexus-homing-dove")
    listed = running.nexus("channels", "list")
    assert listed.returncode == 0, listed.stderr
    assert "does not load" not in listed.stderr
    assert "pigeon" not in listed.stdout
    assert "homing_dove" not in listed.stdout
    for channel in ("alexa", "rest", "web"):
        assert channel in listed.stdout
    assert post(running, "web", b"{}", {}).status_code == 401
