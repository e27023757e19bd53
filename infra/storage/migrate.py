"""Brings a database to the schema of this version: forward-only SQL files, each applied once.

A file is named NNNN_name.sql and runs in one transaction together with its row in schema_migrations. An advisory lock lets
one process at a time do it; the next one finds the work done. Files may not begin or end transactions themselves.
"""

import hashlib
import logging
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec
import psycopg
from psycopg.pq import TransactionStatus

from shared.errors import MigrationFailed

FOLDER = Path(__file__).resolve().parent.parent / "migrations"

log = logging.getLogger("nexus.migrate")

_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_LOCK = 0x6E657875730001  # "nexus" and a number: the one advisory lock of NEXUS
_LOCK_SECONDS = 300

_TABLE = """
create table if not exists schema_migrations (
    number      integer primary key,
    name        text not null,
    sha256      text not null,
    applied_at  timestamptz not null default now()
)
"""


class Migration(msgspec.Struct, frozen=True):
    """One step: its number, its name, and the SQL."""

    number: int
    name: str
    sql: bytes

    @property
    def sha256(self) -> str:
        """Hex digest of the SQL; a step that was applied may not change any more."""
        return hashlib.sha256(self.sql).hexdigest()

    def __str__(self) -> str:
        return f"{self.number:04}_{self.name}.sql"


def migrate(dsn: str, folder: Path = FOLDER) -> list[str]:
    """Apply what is missing and return the names of the files applied now.

    Raises MigrationFailed if the database is newer than the files, if an applied file has changed or gone, or if the SQL fails
    (then nothing of that file remains). Raises psycopg.OperationalError if the database cannot be reached.
    """
    migrations = read_migrations(folder)
    with psycopg.connect(dsn, autocommit=True) as connection:
        _lock(connection)
        connection.execute(_TABLE)
        missing = _missing(migrations, _applied(connection))
        for migration in missing:
            _apply(connection, migration)
        return [str(migration) for migration in missing]


def read_migrations(folder: Path) -> list[Migration]:
    """The steps in a folder, in order. Raises MigrationFailed on a file that is named otherwise, or on a number used twice."""
    migrations = [_read(file) for file in sorted(folder.glob("*.sql"))]
    numbers = [migration.number for migration in migrations]
    if len(set(numbers)) != len(numbers):
        raise MigrationFailed(f"Two files in {folder} have the same number: {', '.join(map(str, migrations))}")
    return migrations


def _read(file: Path) -> Migration:
    named = _NAME.fullmatch(file.name)
    if named is None:
        raise MigrationFailed(f"{file} is not named NNNN_name.sql")
    return Migration(int(named[1]), named[2], file.read_bytes())


def _lock(connection: psycopg.Connection) -> None:
    """Held until the connection closes, even by a crash."""
    connection.execute(f"set lock_timeout = '{_LOCK_SECONDS}s'".encode())
    try:
        connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
    except psycopg.errors.LockNotAvailable as error:
        raise MigrationFailed(
            f"Another process has been changing the schema for {_LOCK_SECONDS} s. Try again later."
        ) from error
    connection.execute("reset lock_timeout")


def _applied(connection: psycopg.Connection) -> dict[int, tuple[str, str]]:
    rows = connection.execute("select number, name, sha256 from schema_migrations order by number").fetchall()
    return {number: (name, sha256) for number, name, sha256 in rows}


def _missing(migrations: Sequence[Migration], applied: dict[int, tuple[str, str]]) -> list[Migration]:
    """The steps to apply now, after checking that those applied are the ones at hand."""
    known = {migration.number: migration for migration in migrations}
    newest = max(known, default=0)
    for number, (name, sha256) in applied.items():
        if number > newest:
            raise MigrationFailed(
                f"The database is newer than this NEXUS: it has step {number:04}_{name}, this NEXUS ends at {newest:04}. "
                "Start the newer NEXUS, or restore a backup made before it."
            )
        if number not in known:
            raise MigrationFailed(f"The database has step {number:04}_{name}, whose file is missing. Restore the file.")
        if known[number].sha256 != sha256:
            raise MigrationFailed(
                f"{known[number]} has changed after it was applied to this database. Restore it, and put the change "
                "into a new file."
            )
    missing = [migration for migration in migrations if migration.number not in applied]
    if missing and missing[0].number < max(applied, default=0):
        raise MigrationFailed(f"{missing[0]} comes before steps that are applied already. Give it the next number.")
    return missing


def _apply(connection: psycopg.Connection, migration: Migration) -> None:
    try:
        with connection.transaction():
            connection.execute(migration.sql)
            if connection.info.transaction_status is not TransactionStatus.INTRANS:
                raise MigrationFailed(f"{migration} ended the transaction it ran in. Take its commit or rollback out.")
            connection.execute(
                "insert into schema_migrations (number, name, sha256) values (%s, %s, %s)",
                (migration.number, migration.name, migration.sha256),
            )
    except psycopg.OperationalError:
        raise  # the server went away; this says nothing about the file
    except psycopg.Error as error:
        raise MigrationFailed(f"{migration} failed, and nothing of it was applied: {error}") from error
    log.info("migration applied", extra={"migration": str(migration)})
