"""Group commit: one task, one connection, one transaction for everything that waits.

The answer to a turn leaves after its commit, so the cost of a durable commit is shared by all that are ready together.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import psycopg
from msgspec import Struct
from msgspec.structs import astuple

from infra.storage.postgres import PATIENCE_S, Connection, answering_within
from shared.errors import StoreUnavailable

log = logging.getLogger("nexus.writer")

_MOST_ROWS = 256  # in one transaction
_MOST_WAITING = 4096  # beyond that callers are refused: a queue without end only moves the failure
_RETRY_S = 0.05


# Of a handoff that begins, goes on or ends: its id, until when it lasts, who ended it, its sealed body; None where untouched.
HandoffRow = tuple[str, float | None, str | None, bytes | None]


class OutgoingRow(Struct, frozen=True):
    """One row of `outbox`. `channel`, `lane` (a digest) and `until` are a call's own; a message has those of its turn."""

    id: str
    place: str
    position: int
    owed: bool
    content: bytes
    channel: str | None = None
    lane: bytes | None = None
    until: float | None = None


class DeferredRow(Struct, frozen=True):
    """A new row of `deferred`: the digest of its answer's message id, who holds it until when, and its sealed body."""

    id: str
    answer_digest: bytes
    lease: str
    until: float
    body: bytes


# The end of a deferred answer: its id, its state, when, and what the conversation is about then, sealed.
SettledRow = tuple[str, str, float, bytes | None]


class TurnRow(Struct, frozen=True):
    """One row of `turns`, sealed, with the rows of other tables that come and go with it."""

    app: str
    message_digest: bytes
    fingerprint: bytes
    conversation_digest: bytes
    seq: int
    person_id: str
    channel: str
    outcome: str
    at: float
    request: bytes
    turn: bytes
    trace: bytes
    session: bytes
    remember: tuple[tuple[str, bytes], ...] = ()  # memory id, sealed body
    forget: tuple[str, ...] = ()
    consent: bool | None = None
    keep: tuple[tuple[bytes, bytes | None], ...] = ()  # digest of the name, sealed document (None: remove it)
    handed: tuple[HandoffRow, ...] = ()
    outgoing: tuple["OutgoingRow", ...] = ()
    defers: DeferredRow | None = None
    settled: SettledRow | None = None
    told: tuple[str, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether it is like most turns: nothing but itself and memories."""
        more = self.keep or self.handed or self.outgoing or self.told
        return self.consent is None and self.defers is None and self.settled is None and not more


_TURN_COLUMNS = TurnRow.__struct_fields__[:13]
_TURNS, _MORE = (files("infra.storage").joinpath(f"store_{name}.sql").read_bytes() for name in ("turns", "more"))
_STORED = b"select app_id, message_digest from stored"
_STORE = _TURNS + _STORED
_STORE_MORE = _TURNS + _MORE + _STORED


class Writer:
    """Stores turns. Open it with `async with`; `put` from as many tasks as there are."""

    def __init__(self, dsn: str, *, patience_s: float = PATIENCE_S) -> None:
        self._dsn = dsn
        self._patience_s = patience_s
        self._waiting: deque[tuple[TurnRow, asyncio.Future[bool]]] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._connection: Connection | None = None

    async def __aenter__(self) -> "Writer":
        self._task = asyncio.create_task(self._run(), name="group commit")
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._refuse([future for _, future in self._waiting])
        await self._disconnect()

    async def put(self, row: TurnRow) -> bool:
        """True once the row is durable; False if its message or its place in the conversation is taken.

        Raises StoreUnavailable, in which case the row may or may not be stored: putting it again is safe.
        """
        if len(self._waiting) >= _MOST_WAITING:
            raise StoreUnavailable("too many turns wait for Postgres")
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, future))
        self._wake.set()
        return await future

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST_ROWS))]
            if not self._waiting:
                self._wake.clear()
            await self._commit([pair for pair in batch if not pair[1].cancelled()])

    async def _commit(self, batch: list[tuple[TurnRow, asyncio.Future[bool]]]) -> None:
        """Commit the batch. If a row makes it fail, halve it until the bad row stands alone."""
        if not batch:
            return
        try:
            stored = await self._store([row for row, _ in batch])
        except StoreUnavailable:
            self._refuse([future for _, future in batch])
        except psycopg.Error as error:
            if len(batch) > 1:
                middle = len(batch) // 2
                await self._commit(batch[:middle])
                await self._commit(batch[middle:])
            else:
                log.error("row refused", extra={"sqlstate": error.sqlstate})
                self._refuse([batch[0][1]], "Postgres refused to store this turn")
        except Exception as error:
            log.error("commit failed", exc_info=error, extra={"error": type(error).__name__, "rows": len(batch)})
            self._refuse([future for _, future in batch], "the turn could not be stored")
        else:
            for row, future in batch:
                if not future.done():
                    future.set_result((row.app, row.message_digest) in stored)

    @staticmethod
    def _refuse(futures: list[asyncio.Future[bool]], why: str = "Postgres cannot be reached") -> None:
        for future in futures:
            if not future.done():
                future.set_exception(StoreUnavailable(why))

    async def _store(self, rows: list[TurnRow]) -> set[tuple[str, bytes]]:
        """One transaction; tried again while Postgres is away, until patience ends."""
        # Sorted by key, so that two writers that meet wait for each other in the same order.
        rows = sorted(rows, key=lambda row: (row.app, row.message_digest))
        plain = all(row.plain for row in rows)
        query, params = (_STORE, _params(rows)) if plain else (_STORE_MORE, (*_params(rows), *_more_params(rows)))
        loop = asyncio.get_running_loop()
        end = loop.time() + self._patience_s
        while True:
            try:
                connection = self._connection or await self._connect()
                with answering_within(end - loop.time(), connection):
                    cursor = await connection.execute(query, params, prepare=True)
                    return {(app, bytes(digest)) for app, digest in await cursor.fetchall()}
            except psycopg.OperationalError as error:
                # After a deadlock between two workers the connection is good: another try settles it.
                if not isinstance(error, psycopg.errors.DeadlockDetected):
                    await self._disconnect()
                if loop.time() >= end:
                    raise StoreUnavailable("Postgres cannot be reached") from error
            await asyncio.sleep(_RETRY_S)

    async def _connect(self) -> Connection:
        self._connection = await psycopg.AsyncConnection.connect(self._dsn, autocommit=True, connect_timeout=2)
        return self._connection

    async def _disconnect(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None


def _params(rows: Sequence[TurnRow]) -> tuple[list[Any], ...]:
    """One array a column: the turns', then the new memories', then the forgotten ones'."""
    new = [(row.app, row.message_digest, *memory) for row in rows for memory in row.remember]
    gone = [(row.app, row.message_digest, memory_id) for row in rows for memory_id in row.forget]
    turns = [tuple(getattr(row, name) for name in _TURN_COLUMNS) for row in rows]
    return *_columns(turns, len(_TURN_COLUMNS)), *_columns(new, 4), *_columns(gone, 3)


def _more_params(rows: Sequence[TurnRow]) -> tuple[list[Any], ...]:
    """One array a column: the consents', the documents', the handoffs', the outgoing messages', the deferred answers'."""
    agreed = [(row.app, row.message_digest, row.consent) for row in rows if row.consent is not None]
    kept = [(row.app, row.message_digest, *document) for row in rows for document in row.keep]
    handed = [(row.app, row.message_digest, *step) for row in rows for step in row.handed]
    outgoing = [(row.app, row.message_digest, *astuple(message)) for row in rows for message in row.outgoing]
    defers = [(row.app, row.message_digest, *astuple(row.defers)) for row in rows if row.defers is not None]
    settled = [(row.app, row.message_digest, *row.settled) for row in rows if row.settled is not None]
    told = [(row.app, row.message_digest, one) for row in rows for one in row.told]
    return (
        *_columns(agreed, 3),
        *_columns(kept, 4),
        *_columns(handed, 6),
        *_columns(outgoing, 10),
        *_columns(defers, 7),
        *_columns(settled, 6),
        *_columns(told, 3),
    )


def _columns(rows: list[tuple[Any, ...]], width: int) -> tuple[list[Any], ...]:
    return tuple([row[i] for row in rows] for i in range(width))
