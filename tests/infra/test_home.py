import os
import signal
from pathlib import Path

import pytest

from infra.home import Home, Published
from shared.errors import EmbeddedServerFailed, HomeHeld, SettingsInvalid
from tests.infra.service import IS_ROOT, NOBODY, Program, needs_another_user, needs_root, running

HOLD = """
import signal, sys
from pathlib import Path
from infra.home import Home
with Home(Path(sys.argv[1])).claim("nexus up"):
    print("ready", flush=True)
    signal.pause()
"""

TRY = """
import sys
from pathlib import Path
from infra.home import Home
from shared.errors import SettingsInvalid
try:
    with Home(Path(sys.argv[1])).claim("nexus up"):
        print("ready")
except SettingsInvalid as error:
    print(error)
"""


def test_a_home_is_private(tmp_path: Path) -> None:
    home = Home(tmp_path / "a" / "home")
    with home.claim("test"):
        folders = [home.root, home.run, home.postgres, home.logs, home.simulator, home.models, home.plugins, home.keys]
        assert {oct(folder.stat().st_mode & 0o777) for folder in folders} == {"0o700"}


def test_the_second_owner_is_told_who_holds_it_and_what_to_do(tmp_path: Path) -> None:
    with running(HOLD, tmp_path) as holder:
        with pytest.raises(HomeHeld) as refused, Home(tmp_path).claim("nexus chat"):
            pass
        text = str(refused.value)
        for part in (
            str(tmp_path),
            f"process {holder.pid} (nexus up)",
            "since 20",
            " UTC",
            f"kill {holder.pid}",
            "NEXUS_HOME=",
        ):
            assert part in text


def test_the_lock_goes_with_its_owner_however_it_ends(tmp_path: Path) -> None:
    with running(HOLD, tmp_path) as holder:
        (tmp_path / "run" / "web.pid").write_text("1\n")
        (tmp_path / "run" / "stores.json").write_text('{"database_url":"x","redis_url":"y"}')
        holder.end(signal.SIGKILL)
        home = Home(tmp_path)
        with home.claim("test"):
            assert home.owner() is not None
            assert not home.pid_file("web").exists(), "a dead owner's pids say nothing"
            assert home.published() is None


def test_two_spellings_are_one_home(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "home")
    with Home(tmp_path / "home").claim("test"), pytest.raises(HomeHeld), Home(tmp_path / "link").claim("test"):
        pass


def test_published_addresses_are_for_the_same_user_only(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.claim("test") as claim:
        claim.publish(Published("postgresql://", None))
        assert home.published() == Published("postgresql://", None)
        assert (home.run / "stores.json").stat().st_mode & 0o777 == 0o600
        claim.unpublish()
        assert home.published() is None


def test_sockets_have_short_paths_however_deep_the_home(tmp_path: Path, short_tmp: Path) -> None:
    deep = Home(tmp_path.joinpath(*["a folder with spaces"] * 9), short_tmp)
    other = Home(tmp_path / "other", short_tmp)
    with deep.claim("test"), other.claim("test"):
        one, two = deep.make_runtime(), other.make_runtime()
        assert one != two
        assert len(os.fsencode(one / "postgres" / ".s.PGSQL.5432.lock")) <= 107
        assert one.stat().st_uid == os.geteuid()
        assert one.stat().st_mode & 0o066 == 0, "nobody else may list it or write in it"
    assert not one.exists()
    assert not two.exists()


def test_a_base_whose_paths_would_be_too_long_is_not_used(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", tmp_path / ("b" * 90))
    with home.claim("test"):
        assert home.make_runtime().parent == Path("/tmp")


@pytest.mark.parametrize("kind", ["link", "file", pytest.param("foreign", marks=needs_root)])
def test_a_runtime_folder_that_is_not_ours_is_refused(tmp_path: Path, kind: str) -> None:
    home = Home(tmp_path / "home")
    with home.claim("test"):
        folder = home.make_runtime()
        folder.rmdir()
        if kind == "link":
            folder.symlink_to(tmp_path)
        elif kind == "file":
            folder.touch()
        else:
            folder.mkdir()
            os.chown(folder, NOBODY, NOBODY)
        try:
            with pytest.raises(EmbeddedServerFailed, match=f"{folder} is not a folder of"):
                home.make_runtime()
        finally:
            folder.rmdir() if kind == "foreign" else folder.unlink()


@pytest.mark.skipif(IS_ROOT, reason="root may write anywhere; the next test covers root's machine")
def test_a_home_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SettingsInvalid, match=r"cannot be used.*set NEXUS_HOME"), Home(tmp_path / "home").claim("test"):
        pass


@needs_another_user
def test_a_home_of_somebody_else_says_so(short_tmp: Path) -> None:
    folder = short_tmp / "of root"
    with Home(folder).claim("test"):
        pass
    folder.chmod(0o755)
    said = Program(TRY, folder, user=NOBODY).line()
    assert f"NEXUS_HOME {folder} cannot be used" in said
    assert "It belongs to root; this is nobody." in said
