"""What many tests need: real stores, started once a session, and a database of one's own for each test."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from psycopg.conninfo import make_conninfo

from infra.embedded import open_stores
from infra.home import Home, StoreAddresses
from infra.storage.migrate import migrate

_TEMPLATE = "nexus_template"
_numbers = itertools.count(1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """With `-n`, files and folders stay together (see processes.py), unless --dist says otherwise."""
    if config.getoption("dist") != "load":
        return None
    from tests.processes import ByFile

    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In the processes of `-n` what takes longest comes first."""
    if hasattr(config, "workerinput"):
        from tests.processes import in_order

        items[:] = in_order(items)


@pytest.fixture(scope="session")
def short_tmp() -> Iterator[Path]:
    """A temporary folder with a short path (for sockets), removed at the end.

    In memory where there is plenty: every test has a database of its own, and a busy disk would make each wait for it.
    """
    memory = Path("/dev/shm")
    plenty = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 * 1024**3
    folder = Path(tempfile.mkdtemp(prefix="nx-", dir=memory if plenty else None))
    folder.chmod(0o711)  # as root the servers run under another account, which passes through
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def stores(short_tmp: Path) -> Iterator[StoreAddresses]:
    """The embedded Postgres and Valkey, as the product runs them, for the whole session."""
    home = Home(short_tmp / "home", short_tmp)
    with open_stores(home, command="pytest") as addresses:
        yield addresses


@pytest.fixture(scope="session")
def template_database(stores: StoreAddresses) -> str:
    """The name of a database that has the whole schema, to copy from."""
    with psycopg.connect(stores.database_url, autocommit=True) as admin:
        admin.execute(f"create database {_TEMPLATE}".encode())
    migrate(make_conninfo(stores.database_url, dbname=_TEMPLATE))
    return _TEMPLATE


@pytest.fixture
def database_url(stores: StoreAddresses, template_database: str) -> Iterator[str]:
    """A fresh database with the schema of this version, dropped after the test."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(stores.database_url, autocommit=True) as admin:
        admin.execute(f"create database {name} template {template_database}".encode())
        yield stores.database_url.replace("/nexus?", f"/{name}?")
        admin.execute(f"drop database {name} with (force)".encode())


@pytest.fixture
def empty_database_url(stores: StoreAddresses) -> Iterator[str]:
    """A fresh database without any table, dropped after the test."""
    name = f"empty_{next(_numbers)}"
    with psycopg.connect(stores.database_url, autocommit=True) as admin:
        admin.execute(f"create database {name}".encode())
        yield stores.database_url.replace("/nexus?", f"/{name}?")
        admin.execute(f"drop database {name} with (force)".encode())


@pytest.fixture
def redis_url(stores: StoreAddresses) -> str:
    """The session's Valkey, emptied."""
    with redis.Redis.from_url(stores.redis_url) as client:
        client.flushall()
    return stores.redis_url
