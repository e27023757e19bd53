"""The model process that `nexus up` runs beside its web workers.

    python -m infra.core SOCKET

Started by the supervisor. It needs no stores: what it knows are the models and the skills' sentences they were trained on. It
answers as soon as it understands; a language model is loaded meanwhile, and one that does not load is told of and done without.
"""

import argparse
import asyncio
import gc
import logging
import os
import signal
import sys
from pathlib import Path

import uvloop

from core.generation.absent import AbsentGenerator
from core.models.client import told
from core.server import ModelServer
from core.skillbook import SkillBook
from infra.exports.names import known_to_platforms
from infra.generation import is_local, load_chosen
from infra.model_service import in_process
from infra.plugins import load_plugins
from infra.settings import Settings, load
from infra.system import SystemClock
from infra.telemetry.logs import configure_logging
from infra.telemetry.metrics import Metrics
from infra.telemetry.snapshot import MODEL_PROCESS
from shared.errors import NexusError
from shared.generating import Generator

log = logging.getLogger("nexus.core")

_SWITCH_S = 0.0005
"""How long the thread that computes keeps the interpreter while a caller waits to be heard: a tenth of Python's own."""


async def serve(settings: Settings, socket: Path) -> None:
    """Serve the models until SIGTERM or SIGINT. Raises ModelInvalid, StartFailed."""
    clock, stopped = SystemClock(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    skills = SkillBook(known_to_platforms(load_plugins(settings.home).skills))
    with (
        in_process(settings, skills) as models,
        Metrics(settings.home / "run" / "metrics", MODEL_PROCESS, clock) as metrics,
    ):
        models.report_to(metrics)
        metrics.watch_models(models.state, models.waiting)
        server = ModelServer(models.batches, clock)
        async with server.listening(socket):
            gc.collect()
            gc.freeze()
            log.info("models ready", extra=told(models.state()))
            if is_local(settings):
                await _generate(settings, server, metrics, stopped)
            await stopped.wait()


async def _generate(settings: Settings, server: ModelServer, metrics: Metrics, stopped: asyncio.Event) -> None:
    """Load the language model beside what answers already, and serve it until the end."""

    def serve_with(generator: Generator) -> None:
        counted = server.generate_with(generator)
        counted.watch = metrics
        metrics.watch_generator(counted.state, lambda: (counted.waiting, counted.under_way))

    serve_with(AbsentGenerator(settings.generation, "the language model is being loaded"))
    with await asyncio.to_thread(load_chosen, settings, server.clock) as generator:
        serve_with(generator)
        log.info("language model", extra=told(generator.state()))
        await stopped.wait()


def main() -> None:
    """Start the process that the command line describes."""
    parser = argparse.ArgumentParser(prog="python -m infra.core", description=__doc__)
    parser.add_argument("socket", type=Path)
    socket: Path = parser.parse_args().socket
    try:
        settings = load(os.environ, Path.cwd())
        configure_logging(settings.log_level, sys.stderr, gather=True)
        sys.setswitchinterval(_SWITCH_S)
        uvloop.run(serve(settings, socket))
    except NexusError as error:
        print(f"nexus: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
