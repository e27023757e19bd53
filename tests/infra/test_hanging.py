"""A child that hangs is found by its silence and started again; one that is only slow is left alone."""

import os
import signal
import socket
import threading
from pathlib import Path

from infra.unix import Pulse
from tests.infra.service import alive, read_pid, running, until, until_replaced

GREETS = """
import asyncio, sys
async def greet(reader, writer):
    writer.write(b"hello")
    await reader.read()
    writer.close()
async def main():
    async with await asyncio.start_unix_server(greet, sys.argv[1]):
        await asyncio.Event().wait()
asyncio.run(main())
"""
SUPERVISES = f"""
import sys
from pathlib import Path
from infra.child import ChildSpec
from infra.home import Home
from infra.supervisor import Supervisor
from infra.unix import Pulse, answers
home, place = Home(Path(sys.argv[1])), Path(sys.argv[1]) / "socket"
spec = ChildSpec(
    name="a",
    argv=(sys.executable, "-c", {GREETS!r}, str(place)),
    ready=lambda pid: answers(pid, place),
    silent=Pulse(place).silent,
    silent_within=float(sys.argv[2]),
)
with home.claim("nexus up") as claim:
    Supervisor(claim, [spec]).run(lambda: print("ready", flush=True))
"""


def test_a_child_that_hangs_is_killed_and_started_again_each_time(short_tmp: Path) -> None:
    with running(SUPERVISES, short_tmp, 0.8):
        for _ in range(2):
            before = read_pid(short_tmp, "a")
            os.kill(before, signal.SIGSTOP)
            until_replaced(short_tmp, "a", before, 10)
            until(lambda before=before: not alive(before))  # type: ignore[misc]
            until(lambda: _greeted(short_tmp / "socket"))


def test_a_child_that_is_slow_is_left_alone(short_tmp: Path) -> None:
    with running(SUPERVISES, short_tmp, 4):
        before = read_pid(short_tmp, "a")
        for _ in range(2):
            os.kill(before, signal.SIGSTOP)
            threading.Event().wait(1.5)
            os.kill(before, signal.SIGCONT)
            until(lambda: _greeted(short_tmp / "socket"))
        threading.Event().wait(3)
        assert read_pid(short_tmp, "a") == before


def test_silence_counts_from_the_question_that_was_not_answered(short_tmp: Path) -> None:
    place = short_tmp / "quiet"
    pulse = Pulse(place)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        assert [pulse.silent(7, now) for now in (10.0, 11.0)] == [0.0, 1.0], "nobody listens"
        listener.listen()
        assert pulse.silent(7, 12.0) == 2.0
        with listener.accept()[0] as caller:
            assert pulse.silent(7, 13.0) == 3.0
            caller.send(b"hello")
            assert pulse.silent(7, 14.0) == 0.0
        with listener.accept()[0]:
            assert pulse.silent(7, 15.0) == 1.0
            assert pulse.silent(8, 16.0) == 0.0, "another process has its own time"


def _greeted(place: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(0.5)
        try:
            caller.connect(str(place))
            return bool(caller.recv(1))
        except OSError:
            return False
