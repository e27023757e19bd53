import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from infra.child import ChildSpec
from infra.home import Home
from infra.processes import spawn
from infra.supervisor import Supervisor
from shared.errors import StartFailed
from tests.infra.service import PYTHON, alive, read_pid, running, until, until_gone, until_replaced

RUN = """
import logging, os, signal, sys
from pathlib import Path
from infra.child import ChildSpec
from infra.home import Home
from infra.supervisor import Supervisor
logging.basicConfig(level=logging.INFO, stream=sys.stderr)
home = Home(Path(sys.argv[1]))
note = home.root / "notes"
def child(name, script="exec sleep 1000", **more):
    return ChildSpec(name=name, argv=("/bin/sh", "-c", script), log=home.logs / f"{name}.log", **more)
def noted(name, script, **more):
    return child(name, script, cwd=home.root, ready=lambda pid: (home.root / "up").exists(), **more)
def on_ready():
    print("ready", flush=True)
with home.claim("nexus up") as claim:
"""


def program(specs: str, run: str = "Supervisor(claim, specs).run(on_ready)") -> str:
    """A program that supervises `specs`, a Python expression."""
    return f"{RUN}    specs = {specs}\n    {run}\n"


def sleeper(name: str, **more: object) -> ChildSpec:
    return ChildSpec(name=name, argv=("/bin/sleep", "1000"), **more)  # type: ignore[arg-type]


def test_children_start_after_those_they_need_and_stop_before_them(tmp_path: Path) -> None:
    script = (
        "trap 'echo stop {0} >> notes; exit' TERM; echo start {0} >> notes; touch {0}.up; while :; do sleep 0.05; done"
    )
    child = (
        "child('{0}', '''"
        + script
        + "''', cwd=home.root, after={1}, ready=lambda pid: (home.root / '{0}.up').exists())"
    )
    specs = f"[{child.format('web', ('store', 'cache'))}, {child.format('store', ())}, {child.format('cache', ())}]"
    with running(program(specs), tmp_path) as service:
        assert service.end(signal.SIGTERM) == 0
    notes = (tmp_path / "notes").read_text().splitlines()
    assert sorted(notes[:2]) == ["start cache", "start store"]
    assert notes[2:4] == ["start web", "stop web"]
    assert sorted(notes[4:]) == ["stop cache", "stop store"]


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_stops_on_every_signal_that_asks_for_it(tmp_path: Path, sent: signal.Signals) -> None:
    with running(program("[child('a'), child('b')]"), tmp_path) as service:
        family = service.family()
        assert sorted(family) == sorted([read_pid(tmp_path, "a"), read_pid(tmp_path, "b")])
        assert service.end(sent) == 0
        assert not any(alive(pid) for pid in family)
        assert list((tmp_path / "run").glob("*.pid")) == []


@pytest.mark.parametrize("how", ["kill", "abort", "exception"])
def test_its_own_end_leaves_no_child_behind(tmp_path: Path, how: str) -> None:
    last = {"kill": "signal.pause()", "abort": "os.abort()", "exception": "raise RuntimeError('mine')"}[how]
    run = f"Supervisor(claim, specs).run(lambda: (on_ready(), sys.stdin.readline(), exec({last!r})))"
    script = "trap \\'\\' TERM INT HUP; : > up; while :; do sleep 0.05; done"
    stubborn = f"noted('a', '{script}', stop=((signal.SIGTERM, 0.1),))"
    code = program(f"[{stubborn}, child('b')]", run)
    service = subprocess.Popen(
        [PYTHON, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert service.stdout is not None
    assert service.stdout.readline() == b"ready\n"
    children = [read_pid(tmp_path, "a"), read_pid(tmp_path, "b")]
    assert all(alive(pid) for pid in children)
    if how == "kill":
        service.kill()
    _, said = service.communicate(b"\n", timeout=20)
    until_gone(children, 5)
    assert (b"RuntimeError: mine" in said) == (how == "exception")


def test_a_killed_child_is_restarted_at_once_and_the_others_go_on(tmp_path: Path) -> None:
    with running(program("[child('a'), child('b', after=('a',))]"), tmp_path):
        first, other = read_pid(tmp_path, "a"), read_pid(tmp_path, "b")
        os.kill(first, signal.SIGKILL)
        until_replaced(tmp_path, "a", first, 2)
        assert read_pid(tmp_path, "b") == other
        assert alive(other)


def test_a_child_that_keeps_failing_is_restarted_ever_more_slowly_and_says_why(tmp_path: Path) -> None:
    script = "echo x >> starts; test $(wc -l < starts) = 1 && exec sleep 1000; echo no such thing; exit 3"
    with running(program(f"[child('a', '{script}', cwd=home.root)]"), tmp_path) as service:
        os.kill(read_pid(tmp_path, "a"), signal.SIGKILL)
        until(lambda: len((tmp_path / "starts").read_text().split()) == 4, 10)
        service.process.send_signal(signal.SIGTERM)
        said = service.process.communicate(timeout=10)[1]
    assert [line for line in said.splitlines() if "child to be restarted" in line]
    assert 4 <= len((tmp_path / "starts").read_text().split()) <= 5, "no storm of restarts"


def test_a_child_that_ends_before_it_is_ready_fails_the_start_with_its_last_words(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.claim("test") as claim:
        log = home.logs / "web.log"
        broken = ChildSpec(
            name="web",
            argv=("/bin/sh", "-c", "echo port 8080 is taken >&2; exit 7"),
            log=log,
            after=("store",),
            ready=lambda _: False,
        )
        with pytest.raises(StartFailed) as failed:
            Supervisor(claim, [sleeper("store"), broken]).start()
        assert "web ended (status-7) before it was ready. Its last words:\n  port 8080 is taken" in str(failed.value)
        assert not any(child.name() in ("sh", "sleep") for child in psutil.Process().children())


def test_a_child_that_never_gets_ready_fails_the_start(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.claim("test") as claim:
        slow = sleeper("web", ready=lambda _: False, ready_within=0.2, log=home.logs / "web.log")
        with pytest.raises(StartFailed, match=r"web was not ready after 0.2 s.*\n.*it said nothing"):
            Supervisor(claim, [slow]).start()
        assert not any(child.name() in ("sh", "sleep") for child in psutil.Process().children())


def test_a_program_that_is_not_there_fails_the_start(tmp_path: Path) -> None:
    with Home(tmp_path).claim("test") as claim:
        missing = ChildSpec(name="web", argv=("/nowhere/to/be/found",))
        with pytest.raises(StartFailed, match=r"web cannot be executed: .*No such file"):
            Supervisor(claim, [missing]).start()


def test_a_child_that_does_not_stop_is_killed_with_all_it_started(tmp_path: Path) -> None:
    script = "trap \\'\\' TERM; sleep 1000 & : > up; wait; wait"
    specs = f"[noted('a', '{script}', stop=((signal.SIGTERM, 0.3),))]"
    with running(program(specs), tmp_path) as service:
        family = service.family()
        assert len(family) == 2
        assert service.end(signal.SIGTERM, 5) == 0
        until_gone(family, 2)


def test_what_a_child_leaves_in_its_group_goes_when_it_is_restarted(tmp_path: Path) -> None:
    specs = "[noted('a', 'sleep 1000 & : > up; wait')]"
    with running(program(specs), tmp_path) as service:
        before = service.family()
        assert len(before) == 2
        os.kill(read_pid(tmp_path, "a"), signal.SIGKILL)
        until_gone(before, 5)
        service.end(signal.SIGTERM)


def test_a_second_signal_hurries_the_stop(tmp_path: Path) -> None:
    script = "trap \\'echo > asked\\' TERM; : > up; while :; do sleep 0.05; done"
    specs = f"[noted('a', '{script}', stop=((signal.SIGTERM, 600),))]"
    with running(program(specs), tmp_path) as service:
        service.process.send_signal(signal.SIGTERM)
        until((tmp_path / "asked").exists)
        assert service.end(signal.SIGTERM, 5) == 0


def test_it_sleeps_while_all_is_well(tmp_path: Path) -> None:
    with running(program("[child('a'), child('b')]"), tmp_path) as service:
        supervisor = psutil.Process(service.pid)
        until(lambda: supervisor.status() == psutil.STATUS_SLEEPING)
        before = supervisor.num_ctx_switches().voluntary
        threading.Event().wait(0.5)
        assert supervisor.num_ctx_switches().voluntary == before


def test_orphans_are_reaped_where_it_is_the_first_process(tmp_path: Path) -> None:
    unshare = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run([*unshare, "true"], capture_output=True).returncode != 0:
        pytest.skip("no process namespaces here")
    script = "(sleep 0.1 & ) ; : > up; exec sleep 1000"
    code = program(f"[noted('a', '{script}')]")
    service = subprocess.Popen(
        [*unshare, PYTHON, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert service.stdout is not None
        assert service.stdout.readline() == b"ready\n"
        first = psutil.Process(service.pid).children()[0]
        until(lambda: _states(first) == [("sleep", psutil.STATUS_SLEEPING)])
    finally:
        service.kill()
        service.communicate()


def _states(process: psutil.Process) -> list[tuple[str, str]]:
    """Name and status of each child; one that goes away meanwhile counts as gone."""
    try:
        return [(child.name(), child.status()) for child in process.children()]
    except psutil.NoSuchProcess:
        return []


def test_children_are_started_from_the_main_thread_only() -> None:
    caught: list[BaseException] = []

    def start() -> None:
        try:
            spawn(["/bin/true"], death_signal=signal.SIGKILL)
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "must be started from the main thread" in str(caught[0])


def test_names_must_be_distinct_and_known(tmp_path: Path) -> None:
    with Home(tmp_path).claim("test") as claim:
        with pytest.raises(ValueError, match="distinct names"):
            Supervisor(claim, [sleeper("a"), sleeper("a")])
        with pytest.raises(ValueError, match="known ones"):
            Supervisor(claim, [sleeper("a", after=("b",))])


def test_signals_do_what_they_did_before_and_after_a_command(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "nexus.supervisor")
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with Home(tmp_path).claim("test") as claim:
        supervisor = Supervisor(claim, [sleeper("a")])
        supervisor.start()
        assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == mask
        supervisor.stop()
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == mask
    assert [record.message for record in caplog.records] == ["child started", "child ready", "child stopped"]


def test_it_stays_small(tmp_path: Path) -> None:
    with running(program("[child('a')]"), tmp_path) as service:
        assert psutil.Process(service.pid).memory_full_info().pss < 20 * 1024 * 1024
        assert sys.version_info >= (3, 11)
