"""A pool of connections to Postgres that turns outages into StoreUnavailable."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from shared.errors import StoreUnavailable

T = TypeVar("T")
Connection = AsyncConnection[tuple[Any, ...]]

PATIENCE_S = 2.0  # how long a caller waits for Postgres to come back before it is told
_RETRY_S = 0.05


@contextmanager
def answering_within(seconds: float, connection: Connection) -> Iterator[None]:
    """Hang up on a server that does not answer in time (stopped, or behind a broken network).

    Whoever waits on the connection then gets an OperationalError. Cancelling would not do: the driver first asks
    the server to cancel, and waits for it.
    """
    watchdog = asyncio.get_running_loop().call_later(max(0.0, seconds), _hang_up, connection)
    try:
        yield
    finally:
        watchdog.cancel()


def _hang_up(connection: Connection) -> None:
    if not connection.closed:
        with socket.socket(fileno=os.dup(connection.fileno())) as line, suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


class Database:
    """Short transactions on pooled connections. Open it with `async with`."""

    def __init__(self, dsn: str, *, size: int = 4, patience_s: float = PATIENCE_S) -> None:
        self.dsn = dsn
        self.patience_s = patience_s
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            dsn,
            min_size=1,
            max_size=size,
            timeout=patience_s,
            open=False,
            kwargs={"autocommit": True, "connect_timeout": 2},
        )

    async def __aenter__(self) -> "Database":
        await self._pool.open()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._pool.close()

    async def run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """The result of `work` on a connection.

        `work` must be harmless when it runs twice: after a lost connection it is tried again until patience ends, then
        StoreUnavailable is raised.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + self.patience_s
        while True:
            try:
                async with self._pool.connection() as connection:
                    with answering_within(end - loop.time(), connection):
                        return await work(connection)
            except (psycopg.OperationalError, PoolTimeout) as error:
                if loop.time() >= end:
                    raise StoreUnavailable("Postgres cannot be reached") from error
            await asyncio.sleep(_RETRY_S)
            await self._pool.check()

    async def rows(self, query: LiteralString, *params: object) -> list[tuple[Any, ...]]:
        """All rows of a query."""

        async def work(connection: Connection) -> list[tuple[Any, ...]]:
            cursor = await connection.execute(query, params)
            return await cursor.fetchall()

        return await self.run(work)

    async def row(self, query: LiteralString, *params: object) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        found = await self.rows(query, *params)
        return found[0] if found else None

    async def execute(self, query: LiteralString, *params: object) -> int:
        """Run a statement; the number of rows it touched."""

        async def work(connection: Connection) -> int:
            cursor = await connection.execute(query, params)
            return int(cursor.rowcount)

        return await self.run(work)
