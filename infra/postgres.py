"""The embedded PostgreSQL: makes its data folder, checks it, and says how to run it.

The server enters its data folder before it becomes its account and then calls it /proc/self/cwd, so that account need
not be able to enter the folders above. That is why the data can lie in NEXUS_HOME even where root keeps it under a home of
mode 0700 and the server runs as `nobody`; no folder of the operator's changes its mode. PostgreSQL itself only ever uses
paths relative to that folder.
"""

import logging
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from infra.binaries import Binaries
from infra.child import ChildSpec
from infra.home import Home, write_file
from infra.processes import Account, last_lines, running_in, spawn
from shared.errors import EmbeddedServerFailed

log = logging.getLogger("nexus.postgres")

_ROLE = "nexus"
_DATABASE = "nexus"
_HERE = "/proc/self/cwd"
_ENVIRONMENT = {"LC_ALL": "C", "PATH": os.defpath}
_RECOVERY_SECONDS = 900.0

# Durable (the first three), small in memory, reached through its socket only, and silent about values: error details
# and statements may hold what people said.
_OPTIONS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "listen_addresses": "",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "max_worker_processes": "4",
    "max_parallel_workers": "2",
    "max_logical_replication_workers": "0",
    "autovacuum_max_workers": "2",
    "autovacuum_worker_slots": "2",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "log",  # LOG, FATAL and PANIC; errors of statements go to who sent them
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}

# What is left of an earlier server gets, by the seconds it has been there. A whole server whose owner was killed is already
# shutting down by itself. Backends whose server was killed have nothing to save: the next start recovers from the log.
_LADDERS = {
    "whole": ((1.0, signal.SIGINT), (10.0, signal.SIGQUIT), (20.0, signal.SIGKILL)),
    "headless": ((0.0, signal.SIGQUIT), (1.0, signal.SIGKILL)),
}


def make_data(home: Home, binaries: Binaries, account: Account | None) -> Path:
    """The data folder, made at the first start. Raises EmbeddedServerFailed if it is of another major version.

    It is made elsewhere and moved into place, so that a kill in the middle leaves nothing that looks like a database.
    """
    data = home.postgres / "data"
    if data.exists():
        _check_version(data, binaries.postgres_major)
        return data
    _need_user_name()
    for left in home.postgres.glob("data.new.*"):
        shutil.rmtree(left, ignore_errors=True)
    fresh = home.postgres / f"data.new.{os.getpid()}"
    fresh.mkdir(mode=0o700)
    if account:
        os.chown(fresh, account.uid, account.gid)
    _initialise(fresh, home.logs / "postgres.log", binaries, account)
    fresh.rename(data)
    _sync(home.postgres)
    return data


def account_of(data: Path, default: Account | None) -> Account | None:
    """Whom the server runs as: the owner of data that is there already, where we are root."""
    if default is None or not data.exists():
        return default
    found = data.stat()
    try:
        return Account(pwd.getpwuid(found.st_uid).pw_name, found.st_uid, found.st_gid) if found.st_uid else default
    except KeyError as error:
        raise EmbeddedServerFailed(
            f"{data} belongs to user id {found.st_uid}, which has no name on this machine, and PostgreSQL needs one."
        ) from error


def postgres_spec(home: Home, sockets: Path, binaries: Binaries, account: Account | None) -> ChildSpec:
    """How to run the server over the data of this home, with its socket in `sockets`."""
    data = home.postgres / "data"
    _let_owner_in(data, account)
    options = {**_OPTIONS, "unix_socket_directories": str(sockets), "unix_socket_permissions": "0700"}
    return ChildSpec(
        name="postgres",
        argv=(
            str(binaries.postgres / "postgres"),
            "-D",
            _HERE,
            *(f"--{name}={value}" for name, value in options.items()),
        ),
        env=_ENVIRONMENT,
        cwd=data,
        account=account,
        log=home.logs / "postgres.log",
        may_start=_WayIsClear(data, sockets),
        ready=lambda pid: is_ready(data, pid),
        ready_within=_RECOVERY_SECONDS,
        stop=((signal.SIGINT, 20.0), (signal.SIGQUIT, 8.0)),
        death_signal=signal.SIGINT,
    )


def database_url(sockets: Path) -> str:
    """The libpq URL of the embedded database."""
    return f"postgresql://{_ROLE}@/{_DATABASE}?host={quote(str(sockets), safe='')}"


def is_ready(data: Path, pid: int | None = None) -> bool:
    """Does the server over `data` (the one with this pid) accept connections? Read from its own status file."""
    lines = _status(data)
    return len(lines) >= 8 and lines[7].strip() == "ready" and (pid is None or _server_pid(data) == pid)


def _status(data: Path) -> list[str]:
    """The lines of the server's own status file; none where there is no server."""
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _server_pid(data: Path) -> int | None:
    lines = _status(data)
    return int(lines[0]) if lines and lines[0].isdigit() else None


class _WayIsClear:
    """Is nothing left of an earlier server over these data? Helps what is left to end, then removes its stale files.

    PostgreSQL refuses to start over a stale postmaster.pid or socket lock whose pid now belongs to some other process.
    Nobody but the owner of the home may start a server here, so a file without a server is stale.
    """

    def __init__(self, data: Path, sockets: Path) -> None:
        self._data = data
        self._stale = (data / "postmaster.pid", sockets / ".s.PGSQL.5432.lock", sockets / ".s.PGSQL.5432")
        self._since: float | None = None
        self._rung = 0

    def __call__(self) -> bool:
        left = running_in(self._data, "postgres")
        if left:
            self._press(left)
            return False
        self._since, self._rung = None, 0
        for file in self._stale:
            file.unlink(missing_ok=True)
        return True

    def _press(self, pids: list[int]) -> None:
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        ladder = _LADDERS["whole" if _server_pid(self._data) in pids else "headless"]
        due = [sent for after, sent in ladder if now >= self._since + after]
        if len(due) <= self._rung:
            return
        self._rung, sent = len(due), due[-1]
        for pid in pids:
            log.warning("leftover server told to end", extra={"store": "postgres", "pid": pid, "signal": sent.name})
            try:
                os.kill(pid, sent)
            except ProcessLookupError:
                continue  # it ended meanwhile


def _check_version(data: Path, ours: int) -> None:
    try:
        found = (data / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise EmbeddedServerFailed(
            f"{data} is not a database of this NEXUS ({error}). If it is not needed, move it away and start again: "
            f"mv '{data}' '{data}.aside'"
        ) from error
    if found != str(ours):
        raise EmbeddedServerFailed(
            f"{data} was written by PostgreSQL {found}, and this NEXUS carries PostgreSQL {ours}, which cannot read it. "
            f"To keep the data: start the NEXUS that carries PostgreSQL {found}, save them with pg_dump, move the folder away "
            f"(mv '{data}' '{data}.{found}'), start this one and load the dump. To begin with an empty database, only move it."
        )


def _need_user_name() -> None:
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError as error:
        raise EmbeddedServerFailed(
            f"User id {os.geteuid()} has no name on this machine, and PostgreSQL needs one. Give it a line in /etc/passwd, "
            "or set NEXUS_DATABASE_URL to a PostgreSQL of yours."
        ) from error


def _initialise(folder: Path, output: Path, binaries: Binaries, account: Account | None) -> None:
    """Make the database, then write it to the disk once: nobody sees the folder before that."""
    initdb = [str(binaries.postgres / "initdb"), f"--pgdata={_HERE}"]
    encoding = ["--encoding=UTF8", "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    _run([*initdb, "--no-sync", f"--username={_ROLE}", "--auth=peer", *encoding], b"", folder, output, account)
    single = [str(binaries.postgres / "postgres"), "--single", "-D", _HERE, "-c", "fsync=off", "postgres"]
    _run(single, f"CREATE DATABASE {_DATABASE}\n".encode(), folder, output, account)
    _run([*initdb, "--sync-only"], b"", folder, output, account)


def _run(argv: list[str], given: bytes, folder: Path, output: Path, account: Account | None) -> None:
    process = spawn(
        argv,
        death_signal=signal.SIGKILL,
        env=_ENVIRONMENT,
        cwd=folder,
        account=account,
        log=output,
        stdin=subprocess.PIPE,
    )
    process.communicate(given)
    if process.returncode != 0:
        raise EmbeddedServerFailed(f"The database could not be made. {argv[0]} said:\n{last_lines(output)}")


def _let_owner_in(data: Path, account: Account | None) -> None:
    """Only the user who runs NEXUS may connect: the server asks the kernel who is at the other end of the socket."""
    _need_user_name()
    us = pwd.getpwuid(os.geteuid()).pw_name
    files = {
        "pg_hba.conf": f"local all all peer map={_ROLE}\nlocal replication all peer map={_ROLE}\n",
        "pg_ident.conf": f'{_ROLE} "{us}" {_ROLE}\n',
    }
    for name, text in files.items():
        if (data / name).read_text() != text:
            write_file(data / name, text.encode(), (account.uid, account.gid) if account else None)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
