"""A whole NEXUS over TCP: `nexus up` with embedded stores, the shipped model, and two web workers that share a port."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
import redis

from channels.alexa.twin import AlexaTwin
from infra.home import Home
from infra.simulator import APP as SIMULATOR_APP
from infra.simulator import Simulator

ROOT = Path(__file__).resolve().parents[2]
START_S = 90  # the first start trains the model


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait for a condition, with a deadline."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)


class Nexus:
    """A running NEXUS and what tests want to know of it."""

    def __init__(self, folder: Path, workers: int = 2) -> None:
        self.home = Home(folder / "home", folder)
        self.log = folder / "nexus.log"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.workers = workers
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("NEXUS_")},
            "NEXUS_HOME": str(self.home.root),
            "NEXUS_PORT": str(self.port),
            "NEXUS_WORKERS": str(self.workers),
            "NEXUS_TIMEZONE": "Europe/Berlin",
            "XDG_RUNTIME_DIR": str(self.log.parent),
        }
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "infra.cli", "up"], cwd=ROOT, env=environment, stdout=log, stderr=log
            )

    def wait(self, seconds: float = START_S) -> "Nexus":
        """Until every worker answers."""
        until(lambda: self.process.poll() is not None or b"NEXUS is ready" in self.log.read_bytes(), seconds)
        assert self.process.poll() is None, self.log.read_text()
        return self

    def stop(self) -> None:
        """As an operator would."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    @property
    def key(self) -> str:
        """A REST key of the app `default`, made at the first start for trying things out."""
        keys = Simulator(self.home.simulator).keys()
        assert keys is not None
        return keys.first_steps

    def client(self) -> httpx.Client:
        """A REST client of the app `default`."""
        return httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {self.key}"}, timeout=30)

    def say(self, text: str, user: str, message_id: str | None = None, **more: str) -> httpx.Response:
        """One message on a connection of its own, so that any worker may get it."""
        body = {"text": text, "user": {"id": user}, **more} | ({"message_id": message_id} if message_id else {})
        with self.client() as client:
            return client.post("/v1/messages", json=body)

    def text(self, text: str, user: str, **more: str) -> str:
        """What NEXUS answers."""
        response = self.say(text, user, **more)
        assert response.status_code == 200, response.text
        return str(response.json()["reply"]["text"])

    def alexa(self, user: str = "amzn1.ask.account.IT") -> AlexaTwin:
        """A person in front of an Echo, with the skill of the app `sim`."""
        return AlexaTwin(Simulator(self.home.simulator).of("alexa"), self.url, SIMULATOR_APP, user=user)

    def pid(self, name: str) -> int:
        """The pid of a child."""
        return int(self.home.pid_file(name).read_text())

    def kill(self, name: str) -> None:
        """SIGKILL a child, and wait until its successor runs; whoever is killed again and again is started ever later."""
        before = self.pid(name)
        os.kill(before, signal.SIGKILL)
        until(lambda: self.home.pid_file(name).exists() and self.pid(name) != before, 60)

    def flush(self) -> None:
        """FLUSHALL."""
        published = self.home.published()
        assert published is not None
        assert published.redis_url is not None
        with redis.Redis.from_url(published.redis_url) as client:
            client.flushall()

    def valkey_dump(self) -> bytes:
        """Every key and value that Valkey holds."""
        published = self.home.published()
        assert published is not None
        assert published.redis_url is not None
        with redis.Redis.from_url(published.redis_url) as client:
            keys = list(client.scan_iter())
            return b" ".join([*keys, *(client.dump(key) or b"" for key in keys)])

    def database(self) -> "psycopg.Connection[tuple[object, ...]]":
        """A connection to its Postgres."""
        published = self.home.published()
        assert published is not None
        assert published.database_url is not None
        return psycopg.connect(published.database_url)


@pytest.fixture(scope="session")
def nexus(short_tmp: Path) -> Iterator[Nexus]:
    """One NEXUS for all tests of a session; it survives what they do to it."""
    folder = short_tmp / "it"
    shutil.copytree(ROOT / "tests" / "integration" / "pager", folder / "home" / "plugins" / "pager")
    running = Nexus(folder)
    try:
        yield running.wait()
    finally:
        running.stop()
