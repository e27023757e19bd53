"""A NEXUS whose understanding is asked of a really slow server over HTTP; everything else is the product.

python -m bench.slow worker URL [NAME] the web worker; every message is taken for a sum
python -m bench.slow server BUDGET     the server, which prints its URL; its times are shares of a budget in seconds
"""

import asyncio
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import uvloop

from core.skillbook import SkillBook
from infra.app import open_front
from infra.settings import Settings, load
from infra.telemetry.logs import configure_logging
from infra.web import addresses, run
from shared.errors import ModelUnavailable
from shared.ports import ModelService, ModelState, Vector
from shared.turn import Understanding

SHARES = (0.05, 0.3, 0.6, 0.68, 0.72, 0.8, 1.0, 2.0)
"""How slow the server is, in budgets, one after the other: before the decision, around it, before the deadline, after it."""

_NUMBER = re.compile(r"\d+")
INTENT = "calculator.compute"


class AskedElsewhere:
    """A ModelService that asks the server what a message means, and takes its word that it is a sum."""

    def __init__(self, url: str) -> None:
        self._where = urlsplit(url)

    async def understand(self, text: str, locale: str, deadline: float, *, sure: bool = False) -> Understanding:
        """A sum, once the server has answered."""
        reader, writer = await asyncio.open_connection(self._where.hostname, self._where.port)
        try:
            writer.write(f"GET /?{quote(text)} HTTP/1.1\r\nhost: {self._where.netloc}\r\n\r\n".encode())
            if not (await reader.readline()).startswith(b"HTTP/1.1 200 "):
                raise ModelUnavailable("the slow server does not answer")
            return Understanding(INTENT, 1.0)
        finally:
            writer.close()

    async def encode(self, texts: Sequence[str], deadline: float) -> list[Vector]:
        """No meaning at all."""
        return [Vector(bytes(4 * 384)) for _ in texts]

    def state(self) -> ModelState:
        """Always ready."""
        return ModelState("slow", ("http",), True)


async def serve(budget: float) -> None:
    """Answer everything, late. The first number in what is asked says how late."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(ConnectionError):  # whoever asked may be gone
            while line := await reader.readline():
                while (await reader.readline()).strip():
                    pass
                number = _NUMBER.search(unquote(line.decode("latin-1")))
                await asyncio.sleep(budget * SHARES[int(number[0]) % len(SHARES)] if number else 0)
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
                await writer.drain()

    server = await asyncio.start_server(one, "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    """Run what the command line says."""
    if sys.argv[1] == "server":
        uvloop.run(serve(float(sys.argv[2])))
        return
    settings = load(os.environ, Path.cwd())
    configure_logging(settings.log_level, sys.stderr, gather=True)

    @contextmanager
    def elsewhere(settings: Settings, skills: SkillBook) -> Iterator[ModelService]:
        yield AskedElsewhere(sys.argv[2])

    name = sys.argv[3] if len(sys.argv) > 3 else "web"
    run(settings, open_front(settings, addresses(settings), name, elsewhere))


if __name__ == "__main__":
    main()
