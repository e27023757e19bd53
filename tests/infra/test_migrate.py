import sys
from pathlib import Path
from subprocess import PIPE, Popen

import psycopg
import pytest

from infra.durability import assert_durable
from infra.storage.migrate import FOLDER, migrate, read_migrations
from shared.errors import MigrationFailed, NotDurable
from tests.infra.service import ROOT

MIGRATE = """
import sys
from pathlib import Path
from infra.storage.migrate import migrate
print(len(migrate(sys.argv[1], Path(sys.argv[2]))))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_first.sql").write_text("create table a (x int);\ninsert into a values (1);\n")
    (tmp_path / "0002_second.sql").write_text("alter table a add column y text default '100 %s'; -- 50 %\n")
    return tmp_path


def _query(url: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(sql.encode()).fetchall()


def test_each_step_is_applied_once_and_recorded(empty_database_url: str, folder: Path) -> None:
    assert migrate(empty_database_url, folder) == ["0001_first.sql", "0002_second.sql"]
    assert migrate(empty_database_url, folder) == []
    assert _query(empty_database_url, "select x, y from a") == [(1, "100 %s")]
    recorded = _query(empty_database_url, "select number, name, sha256 from schema_migrations order by number")
    assert recorded == [(m.number, m.name, m.sha256) for m in read_migrations(folder)]


def test_an_empty_folder_is_an_empty_schema(empty_database_url: str, tmp_path: Path) -> None:
    assert migrate(empty_database_url, tmp_path) == []


def test_two_processes_that_start_together_do_the_work_once(empty_database_url: str, tmp_path: Path) -> None:
    (tmp_path / "0001_slow.sql").write_text("select pg_sleep(0.2); create table a (x int); insert into a values (1);")
    (tmp_path / "0002_more.sql").write_text("insert into a values (2);")
    command = [sys.executable, "-c", MIGRATE, empty_database_url, str(tmp_path)]
    both = [Popen(command, cwd=ROOT, stdout=PIPE, text=True) for _ in range(3)]
    counts = sorted(int(process.communicate(timeout=30)[0]) for process in both)
    assert counts == [0, 0, 2]
    assert _query(empty_database_url, "select x from a order by x") == [(1,), (2,)]


def test_a_step_that_fails_leaves_nothing_and_keeps_those_before(empty_database_url: str, folder: Path) -> None:
    (folder / "0003_broken.sql").write_text("create table b (x int); insert into b values ('no number');")
    with pytest.raises(MigrationFailed, match=r"0003_broken.sql failed, and nothing of it was applied"):
        migrate(empty_database_url, folder)
    assert _query(empty_database_url, "select to_regclass('b'), to_regclass('a')") == [(None, "a")]
    (folder / "0003_broken.sql").write_text("create table b (x int);")
    assert migrate(empty_database_url, folder) == ["0003_broken.sql"]


def test_a_step_may_not_end_the_transaction(empty_database_url: str, folder: Path) -> None:
    (folder / "0003_commits.sql").write_text("create table b (x int); commit; create table c (x int);")
    with pytest.raises(MigrationFailed, match=r"0003_commits.sql ended the transaction"):
        migrate(empty_database_url, folder)


def test_a_changed_file_is_refused(empty_database_url: str, folder: Path) -> None:
    migrate(empty_database_url, folder)
    (folder / "0001_first.sql").write_text("create table other (x int);")
    with pytest.raises(MigrationFailed, match=r"0001_first.sql has changed after it was applied.*new file"):
        migrate(empty_database_url, folder)


def test_a_missing_file_is_refused(empty_database_url: str, folder: Path) -> None:
    migrate(empty_database_url, folder)
    (folder / "0001_first.sql").unlink()
    with pytest.raises(MigrationFailed, match="0001_first, whose file is missing"):
        migrate(empty_database_url, folder)


def test_a_newer_database_is_refused(empty_database_url: str, folder: Path) -> None:
    migrate(empty_database_url, folder)
    (folder / "0002_second.sql").unlink()
    with pytest.raises(
        MigrationFailed, match="newer than this NEXUS: it has step 0002_second, this NEXUS ends at 0001"
    ):
        migrate(empty_database_url, folder)


def test_a_step_put_in_between_is_refused(empty_database_url: str, tmp_path: Path) -> None:
    (tmp_path / "0002_second.sql").write_text("create table a (x int);")
    migrate(empty_database_url, tmp_path)
    (tmp_path / "0001_first.sql").write_text("create table b (x int);")
    with pytest.raises(MigrationFailed, match=r"0001_first.sql comes before steps that are applied"):
        migrate(empty_database_url, tmp_path)


@pytest.mark.parametrize(
    ("name", "said"), [("1_short.sql", "is not named NNNN_name.sql"), ("0001_twice.sql", "same number")]
)
def test_file_names_are_checked(folder: Path, name: str, said: str) -> None:
    (folder / name).touch()
    with pytest.raises(MigrationFailed, match=said):
        read_migrations(folder)


def test_the_migrations_of_this_version_apply(database_url: str) -> None:
    applied = _query(database_url, "select number, sha256 from schema_migrations order by number")
    assert applied == [(migration.number, migration.sha256) for migration in read_migrations(FOLDER)]


def test_the_embedded_database_is_durable(database_url: str) -> None:
    assert_durable(database_url)


def test_a_database_that_may_forget_is_refused(empty_database_url: str) -> None:
    name = empty_database_url.partition("@/")[2].partition("?")[0]
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute(f"alter database {name} set synchronous_commit = off".encode())
    with pytest.raises(NotDurable, match=r"synchronous_commit = off.*Set synchronous_commit = on"):
        assert_durable(empty_database_url)
