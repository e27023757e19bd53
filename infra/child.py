"""One supervised child: what it is (ChildSpec) and what it does now (Child)."""

import enum
import logging
import math
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from infra.home import Claim
from infra.processes import Account, exit_word, kill_group, last_lines, reap, spawn
from shared.errors import StartFailed

_POLL = 0.01  # while a child starts; what cannot hang is not polled once it is ready
_STOP_POLL = 0.25
_LOOK = 2.0  # between looks at whether a child that can hang still lives
_FIRST_DELAY, _LONGEST_DELAY = 0.5, 30.0
_STABLE = 5.0  # seconds ready after which earlier failures are forgotten
_PATIENCE_WITH_OTHERS = 5.0

log = logging.getLogger("nexus.supervisor")


def _at_once(_pid: int) -> bool:
    return True


class ChildSpec(msgspec.Struct, frozen=True, kw_only=True):
    """How to run a child.

    `may_start` is asked until it says yes before every start (what is left of the last run is gone). `ready` is asked
    with the child's pid until it says yes, for `ready_within` seconds. Both must answer quickly. `after` names children
    that must be ready before the first start; a restart waits for them five seconds at most. `silent` is asked every two seconds
    once it is ready, with its pid and the time, for how many seconds it has not answered; after `silent_within` of them it is
    killed as hung, and started again. It must answer quickly too. `stop` lists what is sent
    to end it and the seconds given each time; after that its process group is killed. `log` takes its output; None: ours.
    `death_signal` reaches it when the supervisor ends without stopping it.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] | None = None
    cwd: Path = Path("/")
    account: Account | None = None
    log: Path | None = None
    after: tuple[str, ...] = ()
    may_start: Callable[[], bool] = lambda: True
    ready: Callable[[int], bool] = _at_once
    ready_within: float = 60.0
    silent: Callable[[int, float], float] | None = None
    silent_within: float = 15.0
    stop: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 10.0),)
    death_signal: signal.Signals = signal.SIGKILL


class Phase(enum.Enum):
    """Where a child is in its life."""

    WAITING = "waiting"  # for others, for its turn after a failure, for what is left of its last run
    STARTING = "starting"
    READY = "ready"


class Child:
    """The state of one child. `step` moves it on while NEXUS runs, `step_down` while it stops."""

    def __init__(self, spec: ChildSpec, claim: Claim) -> None:
        self.spec = spec
        self.phase = Phase.WAITING
        self.start_failure: StartFailed | None = None
        self._claim = claim
        self._process: subprocess.Popen[bytes] | None = None
        self._was_ready = False
        self._failures = 0
        self._not_before = 0.0
        self._since = 0.0
        self._look_at = 0.0
        self._rung = -1
        self._rung_ends = 0.0

    @property
    def pid(self) -> int:
        """The pid of the running child, or 0."""
        return self._process.pid if self._process else 0

    def step(self, now: float, others_missing: bool) -> float:
        """Do what is due at `now`; returns the moment of the next step (infinity: when the child ends)."""
        if self._process is None:
            return self._step_waiting(now, others_missing)
        status = reap(self._process)
        if status is not None:
            return self._ended(now, f"ended ({exit_word(status)})")
        step = self._step_ready if self.phase is Phase.READY else self._step_starting
        return step(self._process, now)

    def step_down(self, now: float, hurry: bool) -> float:
        """Ask the child to end, ever more firmly; returns the moment of the next step. Its pid is 0 when it is gone."""
        if self._process is None:
            return now
        status = reap(self._process)
        if status is not None:
            self._forget()
            log.info("child stopped", extra={"child": self.spec.name, "exit": exit_word(status)})
            return now
        if hurry or now >= self._rung_ends:
            self._press(self._process, now)
        return min(self._rung_ends, now + _STOP_POLL)

    def _step_waiting(self, now: float, others_missing: bool) -> float:
        if now < self._not_before:
            return self._not_before
        patience = _PATIENCE_WITH_OTHERS if self._was_ready else math.inf
        if (others_missing and now < self._not_before + patience) or not self.spec.may_start():
            return now + _POLL
        try:
            self._spawn(now)
        except (OSError, subprocess.SubprocessError) as error:
            return self._ended(now, f"cannot be executed: {error}")
        return now

    def _spawn(self, now: float) -> None:
        spec = self.spec
        self._process = spawn(
            spec.argv, death_signal=spec.death_signal, env=spec.env, cwd=spec.cwd, account=spec.account, log=spec.log
        )
        self.phase, self._since, self._rung, self._rung_ends = Phase.STARTING, now, -1, 0.0
        self._claim.write_pid(spec.name, self._process.pid)
        log.info("child started", extra={"child": spec.name, "pid": self.pid, "attempt": self._failures})

    def _step_starting(self, process: subprocess.Popen[bytes], now: float) -> float:
        if self.spec.ready(process.pid):
            log.info(
                "child ready", extra={"child": self.spec.name, "pid": self.pid, "seconds": round(now - self._since, 3)}
            )
            self.phase, self._since, self._was_ready = Phase.READY, now, True
            return now
        if now - self._since < self.spec.ready_within:
            return now + _POLL
        return self._killed(process, now, f"was not ready after {self.spec.ready_within:g} s")

    def _step_ready(self, process: subprocess.Popen[bytes], now: float) -> float:
        """Nothing, but for one that is asked whether it lives."""
        if self.spec.silent is None:
            return math.inf
        if now >= self._look_at:
            self._look_at = now + min(_LOOK, self.spec.silent_within / 4)
            if self.spec.silent(process.pid, now) > self.spec.silent_within:
                return self._killed(process, now, f"has not answered for {self.spec.silent_within:g} s")
        return self._look_at

    def _killed(self, process: subprocess.Popen[bytes], now: float, why: str) -> float:
        kill_group(process)
        process.wait()
        return self._ended(now, why)

    def _ended(self, now: float, how: str) -> float:
        """Record the end and decide when to start again: at once, then after 0.5 s, doubling up to 30 s."""
        stable = self.phase is Phase.READY and now - self._since >= _STABLE
        self._failures = 0 if stable else self._failures
        delay = min(_FIRST_DELAY * 2 ** (self._failures - 1), _LONGEST_DELAY) if self._failures else 0.0
        self._failures += 1
        self._not_before = now + delay
        last_words = (
            "" if self.phase is Phase.READY else f" before it was ready. Its last words:\n{last_lines(self.spec.log)}"
        )
        failure = StartFailed(f"{self.spec.name} {how}{last_words}")
        if self._was_ready:
            log.error("child to be restarted", exc_info=failure, extra={"child": self.spec.name, "seconds": delay})
        else:
            self.start_failure = failure
        self._forget()
        return self._not_before

    def _forget(self) -> None:
        self._process, self.phase = None, Phase.WAITING
        self._claim.remove_pid(self.spec.name)

    def _press(self, process: subprocess.Popen[bytes], now: float) -> None:
        self._rung += 1
        if self._rung >= len(self.spec.stop):
            log.warning("child killed, it did not stop", extra={"child": self.spec.name, "pid": process.pid})
            kill_group(process)
            self._rung_ends = now + _STOP_POLL
            return
        sent, seconds = self.spec.stop[self._rung]
        process.send_signal(sent)
        self._rung_ends = now + seconds
