"""A web worker: Granian's embedded ASGI server in our own process, sharing the port with its siblings.

    python -m infra.web --index 1

Started by the supervisor, which has settings, stores and migrations ready.
"""

import argparse
import asyncio
import gc
import logging
import os
import resource
import signal
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from infra.app import open_front
from infra.asgi import Asgi
from infra.home import Home, StoreAddresses
from infra.served import FIRST_WORKER
from infra.settings import Settings, load
from infra.telemetry.logs import configure_logging
from shared.errors import NexusError, SettingsInvalid

log = logging.getLogger("nexus.web")

# Requests in flight that Granian admits. Its default is the backlog, so a hundred stalled bodies would shut everybody out;
# here each costs a few kilobytes until the body's time-out (what arrives of bodies is bounded in infra/wire.py).
_IN_FLIGHT = 16_384
_BACKLOG = 2_048
_FILES = 65_536
_HEADER_TIMEOUT_MS = 10_000

OpenFront = AbstractAsyncContextManager[Asgi]


def worker_name(index: int) -> str:
    """The name of a worker's pid file and metrics: web, web-2, web-3 …"""
    return FIRST_WORKER if index == 1 else f"{FIRST_WORKER}-{index}"


def addresses(settings: Settings) -> StoreAddresses:
    """Where the stores are: the settings' own, or what the owner of the home runs. Raises SettingsInvalid."""
    published = Home(settings.home, settings.runtime_dir).published()
    database_url = settings.database_url or (published.database_url if published else None)
    redis_url = settings.redis_url or (published.redis_url if published else None)
    if not database_url or not redis_url:
        raise SettingsInvalid(
            "there are no stores: start NEXUS with `nexus up`, or set NEXUS_DATABASE_URL and NEXUS_REDIS_URL"
        )
    return StoreAddresses(database_url, redis_url)


async def serve(settings: Settings, front: OpenFront) -> None:
    """Serve the application until SIGTERM or SIGINT."""
    async with front as application:
        server = Server(
            application,
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,  # telling versions apart costs 4 µs a request; a proxy in front speaks HTTP/1.1
            backlog=_BACKLOG,
            backpressure=_IN_FLIGHT,
            http1_settings=HTTP1Settings(header_read_timeout=_HEADER_TIMEOUT_MS),
            websockets=False,
            log_enabled=False,
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, server.stop)
        gc.collect()
        gc.freeze()  # what is here now stays: the collector need not look at it again, in the middle of a turn
        log.info("serving", extra={"host": settings.host, "port": settings.port})
        await server.serve()


def allow_many_connections() -> None:
    """Each is an open file, and ordinary users start with 1,024: so many that stall would shut everybody else out."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


def run(settings: Settings, front: OpenFront) -> None:
    """Serve on a fast event loop."""
    allow_many_connections()
    uvloop.run(serve(settings, front))


def main() -> None:
    """Start the worker that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m infra.web", description=__doc__)
    parser.add_argument("--index", type=int, default=1)
    index: int = parser.parse_args().index
    try:
        settings = load(os.environ, Path.cwd())
        configure_logging(settings.log_level, sys.stderr, gather=True)
        run(settings, open_front(settings, addresses(settings), worker_name(index)))
    except NexusError as error:
        print(f"nexus: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
