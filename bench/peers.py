"""flask-ask-sdk beside us: the same client, the same core, its signature check off, because patched it would cost 3.9 ms more."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load import Message
from bench.turns import Cost, Plan, free_port, rounds, wait_until_listening

PEERS = Path(__file__).parent.parent.parent / "shared" / "bench" / "peers"
_PACKAGES = ("flask==3.1.3", "flask-ask-sdk==1.0.0", "ask-sdk-core==1.19.0", "granian==2.8.7")
_EXPECT = b"A large pizza with mushrooms"
# oscrypto 1.3 cannot read versions such as "OpenSSL 3.0.13": its pattern takes one digit for the patch number.
_PATTERN = ("\\\\d[a-z]*)\\\\b", "\\\\d+[a-z]*)\\\\b")


class NotHere(Exception):
    """Why the peer was not measured."""


def measure(plan: Plan, folder: Path) -> Cost:
    """The cost of one request to flask-ask-sdk. Raises NotHere with the reason if it cannot be had."""
    if not PEERS.is_dir():
        raise NotHere(f"{PEERS} is not there")
    python = _installed(_cache() / f"peers-{sys.version_info.major}.{sys.version_info.minor}")
    body = (PEERS / "bodies" / "alexa.json").read_bytes()
    head = (
        "POST /alexa HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nAccept: application/json\r\n\r\n"
    )
    messages = [Message(head.encode() + body, _EXPECT)] * plan.messages
    with _serving(python, folder) as (pid, port):
        return rounds("flask-ask-sdk on Granian, unsigned", None, messages, port, pid, {}, plan, folder)


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "nexus-bench"


def _installed(venv: Path) -> Path:
    """The Python of an environment with the peer in it, made the first time."""
    python, stamp = venv / "bin" / "python", venv / "complete"
    if stamp.exists():
        return python
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True, capture_output=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *_PACKAGES], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotHere(f"it could not be installed: {error}") from error
    for file in venv.glob("lib/python3*/site-packages/oscrypto/_openssl/_libcrypto_c*.py"):
        file.write_text(file.read_text().replace(*_PATTERN))
    stamp.touch()
    return python


@contextmanager
def _serving(python: Path, folder: Path) -> Iterator[tuple[int, int]]:
    port = free_port()
    options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    threads = ["--runtime-threads", "1", "--blocking-threads", "1", "--no-ws", "--http", "1", "--log-level", "error"]
    with (folder / "peer.log").open("ab") as log:
        process = subprocess.Popen(
            [str(python.with_name("granian")), *options, *threads, "flask_ask_sdk_app:app"],
            cwd=PEERS / "apps",
            stdout=log,
            stderr=log,
        )
    try:
        wait_until_listening(port, process)
        yield process.pid, port
    except RuntimeError as error:
        raise NotHere(f"it does not start: {error} (see {folder / 'peer.log'})") from error
    finally:
        process.terminate()
        process.wait(20)
