"""The stores that NEXUS brings along: PostgreSQL and Valkey as child processes, unless URLs name real ones.

A service asks for `prepare` and hands the children to its supervisor. A command uses `open_stores`, which starts what is
needed, or joins the NEXUS that runs.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import msgspec

from infra.binaries import SHARED_CACHE, find_binaries, server_account
from infra.child import ChildSpec
from infra.home import Claim, Home, Published, StoreAddresses
from infra.postgres import account_of, database_url, is_ready, make_data, postgres_spec
from infra.processes import Account
from infra.supervisor import Supervisor
from infra.valkey import redis_url, valkey_spec
from shared.errors import EmbeddedServerFailed, HomeHeld

_JOIN_SECONDS = 20.0
_GUEST_SECONDS = 10.0
_POLL = 0.05


class Stores(msgspec.Struct, frozen=True):
    """Where the stores are, and the children that must run for it (none where both are real)."""

    addresses: StoreAddresses
    children: tuple[ChildSpec, ...]


def prepare(claim: Claim, database: str | None = None, redis: str | None = None, cache: Path = SHARED_CACHE) -> Stores:
    """Make ready what the embedded stores need, and publish where they will be. `database` and `redis` name real ones.

    Makes the database at the first start (about a second). Raises EmbeddedServerFailed with the way out.
    """
    if database and redis:
        return Stores(StoreAddresses(database, redis), ())
    home, account = claim.home, account_of(claim.home.postgres / "data", server_account())
    binaries = find_binaries(account, cache)
    runtime = home.make_runtime()
    children: list[ChildSpec] = []
    embedded = Published(None, None)
    if not database:
        make_data(home, binaries, account)
        sockets = _socket_folder(runtime / "postgres", account)
        children.append(postgres_spec(home, sockets, binaries, account))
        embedded = msgspec.structs.replace(embedded, database_url=database_url(sockets))
    if not redis:
        sockets = _socket_folder(runtime / "valkey", account)
        children.append(valkey_spec(home, sockets, binaries, account))
        embedded = msgspec.structs.replace(embedded, redis_url=redis_url(sockets))
    claim.publish(embedded)
    return Stores(_addresses(embedded, database, redis), tuple(children))


@contextmanager
def open_stores(
    home: Home,
    database: str | None = None,
    redis: str | None = None,
    command: str = "nexus",
    cache: Path = SHARED_CACHE,
) -> Iterator[StoreAddresses]:
    """The stores for a command: those of the NEXUS that runs, or else started here and stopped at the end.

    Main thread only. Raises HomeHeld if the owner of the home does not offer stores in time.
    """
    if database and redis:
        yield StoreAddresses(database, redis)
        return
    with ExitStack() as stack:
        found = _claim_or_join(stack, home, command)
        if isinstance(found, Claim):
            yield stack.enter_context(_own_stores(found, database, redis, cache))
        else:
            yield _joined(home, found, database, redis)


def _claim_or_join(stack: ExitStack, home: Home, command: str) -> Claim | Published:
    """The home, if nobody has it, or else what its owner offers, as soon as it does."""
    deadline = time.monotonic() + _JOIN_SECONDS
    while True:
        try:
            return stack.enter_context(home.claim(command))
        except HomeHeld:
            if time.monotonic() > deadline:
                raise
        with ExitStack() as visit:
            found = visit.enter_context(_guest(home))
            if found:
                stack.push(visit.pop_all())
                return found
        time.sleep(_POLL)


@contextmanager
def _own_stores(claim: Claim, database: str | None, redis: str | None, cache: Path) -> Iterator[StoreAddresses]:
    stores = prepare(claim, database, redis, cache)
    supervisor = Supervisor(claim, stores.children)
    supervisor.start()
    try:
        yield stores.addresses
    finally:
        claim.unpublish()
        with _guest_file(claim.home) as file:
            _wait_for_guests(file)
        supervisor.stop()


@contextmanager
def _guest(home: Home) -> Iterator[Published | None]:
    """The stores of the owner, which it keeps running while we are in here; None if it does not offer any (yet)."""
    with _guest_file(home) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        found = home.published()
        embedded = found is not None and found.database_url is not None
        ready = not embedded or is_ready(home.postgres / "data")
        yield found if ready else None


def _guest_file(home: Home) -> IO[bytes]:
    return open(os.open(home.guests(), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b")


def _wait_for_guests(file: IO[bytes]) -> None:
    """Give other commands that use our stores time to end."""
    deadline = time.monotonic() + _GUEST_SECONDS
    while time.monotonic() < deadline:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            time.sleep(_POLL)


def _joined(home: Home, found: Published, database: str | None, redis: str | None) -> StoreAddresses:
    if not (database or found.database_url) or not (redis or found.redis_url):
        raise EmbeddedServerFailed(
            f"The NEXUS that runs in {home.root} ({home.owner()}) uses a store of the operator's. Set the same "
            "NEXUS_DATABASE_URL and NEXUS_REDIS_URL for this command."
        )
    return _addresses(found, database, redis)


def _addresses(embedded: Published, database: str | None, redis: str | None) -> StoreAddresses:
    return StoreAddresses(database or embedded.database_url or "", redis or embedded.redis_url or "")


def _socket_folder(folder: Path, account: Account | None) -> Path:
    """A folder of mode 0700 for the sockets of one server, which it owns."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if account:
        os.chown(folder, account.uid, account.gid)
    return folder
