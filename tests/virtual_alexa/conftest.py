"""virtual-alexa, installed once into build/, and a way to let it talk to a running NEXUS."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

from channels.alexa.credentials import load_credentials
from infra.simulator import Simulator
from tests.integration.conftest import ROOT, Nexus, nexus
from tests.virtual_alexa.node import Node, find_node

HERE = Path(__file__).parent
INSTALL_S = 240
Talk = Callable[..., list[dict[str, Any]]]

__all__ = ["nexus"]


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
    wanted = b"".join((HERE / name).read_bytes() for name in ("package.json", "package-lock.json"))
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
        shutil.copy(HERE / name, folder)
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
        command = [*node.node, str(HERE / "drive.js"), str(tmp_path / "job.json")]
        done = subprocess.run(command, cwd=installed, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return _talk
