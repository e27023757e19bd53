"""Runs child processes: starts them in order, restarts those that end, stops them in reverse order.

One thread, no polling while all is well: it sleeps in sigtimedwait(2) until a child ends, a stop is asked for, or a
back-off is over. Children die with it however it ends (see `infra.processes.spawn`). Imports little, to stay small.
"""

import logging
import math
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from infra.child import Child, ChildSpec, Phase
from infra.home import Claim
from infra.processes import reap_strangers

_STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_SIGNALS = (*_STOP, signal.SIGCHLD)
_LONGEST_SLEEP = 3600.0

log = logging.getLogger("nexus.supervisor")


class StopAsked(Exception):
    """Somebody asked the supervisor to stop."""


class Supervisor:
    """The children of one home.

    `run` is for a service: it returns after a SIGTERM, SIGINT or SIGHUP. `start` and `stop` are for a command that needs
    servers around it; between the two nothing is restarted and signals do what they did before.
    """

    def __init__(self, claim: Claim, specs: Sequence[ChildSpec]) -> None:
        names = [spec.name for spec in specs]
        unknown = {other for spec in specs for other in spec.after} - set(names)
        if unknown or len(set(names)) != len(names):
            raise ValueError(f"children must have distinct names and wait for known ones: {names}, {unknown}")
        self._children = [Child(spec, claim) for spec in specs]

    def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Run until asked to stop. `on_ready` is called once, when every child has been ready.

        Raises StartFailed, with everything stopped, if a child does not become ready at first. Later a child that fails
        is restarted for ever, and the others go on without it.
        """
        with _signals_held():
            try:
                self._until(self._all_ready)
                on_ready()
                self._until(lambda: False)
            except StopAsked as asked:
                log.info("stopping", extra={"signal": str(asked)})
            finally:
                self._stop()

    def start(self) -> None:
        """Start all children and return when they are ready. Raises StartFailed, or KeyboardInterrupt, with all stopped."""
        with _signals_held():
            try:
                self._until(self._all_ready)
            except StopAsked as asked:
                self._stop()
                raise KeyboardInterrupt from asked
            except BaseException:
                self._stop()
                raise

    def stop(self) -> None:
        """Stop all children, those that others wait for last, and return when they are gone."""
        with _signals_held():
            self._stop()

    def _all_ready(self) -> bool:
        failures = [child.start_failure for child in self._children if child.start_failure]
        if failures:
            raise failures[0]
        return all(child.phase is Phase.READY for child in self._children)

    def _until(self, reached: Callable[[], bool]) -> None:
        while True:
            now = time.monotonic()
            wake = min((child.step(now, self._waits(child)) for child in self._children), default=math.inf)
            reap_strangers({child.pid for child in self._children})
            if reached():
                return
            _sleep_until(wake)

    def _waits(self, child: Child) -> bool:
        """Does the child wait for another one that is not ready?"""
        return any(other.spec.name in child.spec.after and other.phase is not Phase.READY for other in self._children)

    def _stop(self) -> None:
        hurry = False
        while alive := [child for child in self._children if child.pid]:
            wanted = {name for child in alive for name in child.spec.after}
            now = time.monotonic()
            last = [child for child in alive if child.spec.name not in wanted]
            wake = min(child.step_down(now, hurry) for child in last)
            hurry = False
            reap_strangers({child.pid for child in self._children})
            try:
                if not any(child.pid == 0 for child in last):
                    _sleep_until(wake)
            except StopAsked:
                log.warning("stopping at once")
                hurry = True


def _sleep_until(wake: float) -> None:
    """Sleep until that moment or a signal. Raises StopAsked with the name of a signal that asks to stop."""
    pause = max(0.0, min(wake - time.monotonic(), _LONGEST_SLEEP))
    came = signal.sigtimedwait(_SIGNALS, pause)
    if came and came.si_signo in _STOP:
        raise StopAsked(signal.Signals(came.si_signo).name)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Signals wait to be fetched by sigtimedwait instead of interrupting us anywhere."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
