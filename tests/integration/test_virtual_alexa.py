"""An Alexa that NEXUS did not write reads its interaction model, sends signed requests, and understands the answers.

It is virtual-alexa for Node.js, installed once into build/; what drives it lies in tests/virtual_alexa.
"""

import asyncio
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import pytest

from channels.alexa.credentials import load_credentials
from channels.alexa.rules import complaints
from infra.simulator import Simulator
from tests.channels.alexa.behind import JUKEBOX, LUNCHBOX, model_of
from tests.integration.conftest import ROOT, Nexus
from tests.integration.mounting import mount
from tests.virtual_alexa.node import Node, find_node

DRIVER = ROOT / "tests" / "virtual_alexa"
INSTALL_S = 240
Talk = Callable[..., list[dict[str, Any]]]

NEXUS_MODEL = json.loads((ROOT / "channels" / "alexa" / "interaction_model.en-US.json").read_text())


@pytest.fixture(scope="session")
def node() -> Node:
    """Node.js. Where there is none the tests are left out, in CI they fail."""
    found = find_node()
    if found is None:
        _leave_out("there is no Node.js with npm: install pyright[nodejs], or Node.js 18 or later")
    return found


@pytest.fixture(scope="session")
def installed(node: Node) -> Path:
    """The folder with node_modules, as the lock file says. Without a registry the tests are left out, in CI they fail."""
    wanted = b"".join((DRIVER / name).read_bytes() for name in ("package.json", "package-lock.json"))
    folder = ROOT / "build" / "virtual_alexa" / hashlib.sha256(wanted).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several test processes one installs
        if not (folder / "done").exists():
            _install(node, folder)
            (folder / "done").touch()
    return folder


def _install(node: Node, folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(DRIVER / name, folder)
    command = [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_S)
    except subprocess.TimeoutExpired:
        _leave_out(f"npm ci took longer than {INSTALL_S} s")
    if done.returncode != 0:
        _leave_out(f"npm ci could not install virtual-alexa: {done.stderr.strip()[-500:]}")


def _leave_out(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def talk(node: Node, installed: Path, nexus: Nexus, tmp_path: Path) -> Talk:
    """Lets virtual-alexa take steps (see drive.js) at the door of an app; what each step was and came to."""
    credentials = load_credentials(Simulator(nexus.home.simulator).of("alexa"))

    def _talk(
        steps: Sequence[Mapping[str, Any]], model: Mapping[str, Any], app: str = "sim", user: str = "VIRTUAL"
    ) -> list[dict[str, Any]]:
        job = {
            "url": f"{nexus.url}/apps/{app}/channels/alexa",
            "skillId": credentials.skill_id,
            "key": str(credentials.roots.parent / "key.pem"),
            "chainUrl": credentials.chain_url,
            "user": f"amzn1.ask.account.{user}",
            "model": model,
            "steps": list(steps),
        }
        (tmp_path / "job.json").write_text(json.dumps(job))
        command = [*node.node, str(DRIVER / "drive.js"), str(tmp_path / "job.json")]
        done = subprocess.run(command, cwd=installed, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return _talk


def said(step: dict[str, Any]) -> str:
    """The words of an answer."""
    speech = step["answer"]["response"].get("outputSpeech", {})
    return str(speech.get("text") or speech.get("ssml") or "")


def taken(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps, each with an answer that Amazon would take."""
    for step in steps:
        assert complaints(step["request"], msgspec.json.encode(step["answer"])) == []
    return steps


def test_a_conversation_with_nexus(talk: Talk) -> None:
    hello, asked, sum_, helped, stopped = taken(
        talk(
            [
                {"launch": True},
                {"utter": "what time is it in tokyo"},
                {"utter": "calculate seven times six"},
                {"utter": "help"},
                {"utter": "stop"},
            ],
            NEXUS_MODEL,
        )
    )
    assert hello["request"]["request"]["type"] == "LaunchRequest"
    assert hello["answer"]["response"]["shouldEndSession"] is False
    assert asked["request"]["request"]["intent"]["name"].startswith("CatchAllWhat")
    assert "Tokyo" in said(asked)
    assert "42" in said(sum_)
    assert said(helped)
    assert stopped["request"]["request"]["intent"]["name"] == "AMAZON.StopIntent"
    assert stopped["answer"]["response"]["shouldEndSession"] is True


def test_a_question_for_a_slot(talk: Talk) -> None:
    """NEXUS elicits free speech by a dialogue that this other Alexa finds in the model as well."""
    remember, noted, found = taken(
        talk(
            [
                {"intend": "CatchAllIntent", "slots": {"utterance": "remember"}},
                {"intend": "CatchAllIntent", "slots": {"utterance": "the drill is in the attic"}},
                {"utter": "where is the drill"},
            ],
            NEXUS_MODEL,
            user="DRILL",
        )
    )
    (directive,) = remember["answer"]["response"]["directives"]
    assert (directive["type"], directive["slotToElicit"]) == ("Dialog.ElicitSlot", "utterance")
    assert remember["dialog"]
    assert said(noted)
    assert "attic" in said(found)


def test_a_mounted_skill_and_nexus_in_one_session(talk: Talk, nexus: Nexus) -> None:
    asyncio.run(mount(nexus, "virtual-lunch", LUNCHBOX))
    hello, sum_, again, ended = taken(
        talk(
            [{"launch": True}, {"utter": "calculate seven times six"}, {"utter": "repeat"}, {"end": True}],
            model_of("lunchbox"),
            "virtual-lunch",
        )
    )
    assert "Lunchbox here." in said(hello)
    assert "42" in said(sum_)
    assert sum_["attributes"] == hello["attributes"] != {}
    assert said(again) == said(hello)
    assert ended["answer"] == {"version": "1.0", "response": {}}


def test_a_mounted_skill_plays(talk: Talk, nexus: Nexus) -> None:
    """This other Alexa has a player: it takes the song, and what the skill enqueues when it hears of its end."""
    asyncio.run(mount(nexus, "virtual-songs", JUKEBOX))
    (played,) = taken(talk([{"utter": "play noon"}], model_of("jukebox"), "virtual-songs"))
    assert played["plays"] == "https://songs.example/noon.mp3"


def test_the_lock_file_names_versions_and_hashes_but_no_server() -> None:
    packages = json.loads((DRIVER / "package-lock.json").read_text())["packages"]
    assert not any("resolved" in package for package in packages.values())
    assert all(package["integrity"].startswith("sha512-") for name, package in packages.items() if name)
    assert Path(DRIVER / ".npmrc").read_text().splitlines()[-1] == "omit-lockfile-registry-resolved=true"
