"""`nexus up`: the stores and the models, then what they need, then the web workers, all under one supervisor."""

import multiprocessing
import os
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

from infra.child import ChildSpec
from infra.cli.welcome import welcome
from infra.embedded import Stores, prepare
from infra.home import Claim, Home, StoreAddresses
from infra.model_service import SOCKET
from infra.runtime import check_runtime
from infra.settings import Settings, child_environment, model_environment
from infra.supervisor import Supervisor
from infra.tcp import ensure_port_free, listens
from infra.telemetry.logs import configure_logging
from infra.telemetry.snapshot import MODEL_PROCESS
from infra.unix import Pulse, answers
from shared.errors import NexusError, StartFailed

_FIRST_START_S = 300.0  # the first start trains the heads over the skills' samples


def run(settings: Settings) -> None:
    """Run NEXUS until it is asked to stop. Raises whatever keeps it from starting."""
    started = time.monotonic()
    configure_logging(settings.log_level, sys.stderr)
    check_runtime()
    home = Home(settings.home, settings.runtime_dir)
    with home.claim("nexus up") as claim:
        ensure_port_free(settings.host, settings.port)
        stores = prepare(claim, settings.database_url, settings.redis_url)
        for old in (home.run / "metrics").glob("*.metrics"):
            old.unlink()
        children = (*stores.children, *_models(settings, claim), *_web_workers(settings, stores))
        Supervisor(claim, children).run(lambda: print(welcome(settings, time.monotonic() - started), flush=True))


def _models(settings: Settings, claim: Claim) -> list[ChildSpec]:
    """The model process, where the settings want one. Web workers do not wait for it: they find it when it is there."""
    if settings.models != "process":
        return []
    socket = claim.home.make_runtime() / SOCKET
    claim.publish_models(socket)
    return [
        ChildSpec(
            name=MODEL_PROCESS,
            argv=(sys.executable, "-m", "infra.core", str(socket)),
            env=model_environment(),
            cwd=Path.cwd(),
            ready=lambda pid: answers(pid, socket),
            ready_within=_FIRST_START_S,
            silent=Pulse(socket).silent,
        )
    ]


def _web_workers(settings: Settings, stores: Stores) -> list[ChildSpec]:
    prepared = Preparation(settings, stores.addresses)
    return [_web_worker(settings, stores, prepared, index) for index in range(1, settings.workers + 1)]


def _web_worker(settings: Settings, stores: Stores, prepared: "Preparation", index: int) -> ChildSpec:
    return ChildSpec(
        name="web" if index == 1 else f"web-{index}",
        argv=(sys.executable, "-m", "infra.web", "--index", str(index)),
        env=child_environment(),
        cwd=Path.cwd(),  # relative paths in the settings count from here
        after=tuple(child.name for child in stores.children),
        may_start=prepared.done,
        ready=lambda pid: listens(pid, settings.port),
        ready_within=_FIRST_START_S,
    )


class Preparation:
    """Prepares the stores once, beside the supervisor: in a process that ends, so that what it needs is not kept in memory."""

    def __init__(self, settings: Settings, addresses: StoreAddresses) -> None:
        self._settings = settings
        self._addresses = addresses
        self._process: BaseProcess | None = None
        self._done = False

    def done(self) -> bool:
        """Whether the stores are prepared; the first call starts it. Raises StartFailed if it failed."""
        if self._done:
            return True
        if self._process is None:
            self._process = multiprocessing.get_context("fork").Process(target=self._run)
            self._process.start()
        if self._process.is_alive():
            return False
        self._process.join()
        if self._process.exitcode:
            raise StartFailed("the stores could not be prepared: see above")
        self._done = True
        return True

    def _run(self) -> None:
        from infra.prepare import prepare_stores

        try:
            prepare_stores(self._settings, self._addresses)
        except NexusError as error:
            print(f"nexus: {error}", file=sys.stderr, flush=True)
            os._exit(1)
