"""NEXUS_HOME: the folder NEXUS keeps everything in, and the lock that gives it one owner.

    NEXUS_HOME/
        run/        lock, pids, the addresses of the embedded stores; nothing that outlives a stop
        postgres/   the database
        logs/       what the embedded servers say
        simulator/  credentials of the app `sim`
        models/     built and trained models
        plugins/    channels and skills of the operator
        keys/       the master key

Sockets are not kept there but in a short private folder (see `Home.make_runtime`), because a unix socket's path holds 107 bytes.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from shared.errors import EmbeddedServerFailed, HomeHeld, SettingsInvalid

_FOLDERS = ("run", "postgres", "logs", "simulator", "models", "plugins", "keys")
_SOCKET_PATH_BYTES = 107
_LONGEST_SOCKET_NAME = "/postgres/.s.PGSQL.5432.lock"


class Owner(msgspec.Struct, frozen=True):
    """Who holds a home: process id, the moment it took it (seconds since 1970), and its command."""

    pid: int
    since: float
    command: str

    def __str__(self) -> str:
        since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(self.since))
        return f"process {self.pid} ({self.command}) since {since}"


class StoreAddresses(msgspec.Struct, frozen=True):
    """Where the stores are: a libpq URL and a Redis URL."""

    database_url: str
    redis_url: str


class Published(msgspec.Struct, frozen=True):
    """Addresses of the embedded stores that the owner of a home runs; None where it uses a server of its own.

    URLs from the settings are not written down: they may hold passwords.
    """

    database_url: str | None
    redis_url: str | None


class Home:
    """The layout of one NEXUS_HOME. Nothing is created before it is claimed.

    `runtime_base` is where the short folder for sockets is made; /tmp serves where it cannot be used.
    """

    def __init__(self, root: Path, runtime_base: Path | None = None) -> None:
        self.root = root.expanduser().resolve()
        self.run = self.root / "run"
        self.postgres = self.root / "postgres"
        self.logs = self.root / "logs"
        self.simulator = self.root / "simulator"
        self.models = self.root / "models"
        self.plugins = self.root / "plugins"
        self.keys = self.root / "keys"
        self._runtime_base = runtime_base
        self._runtime: Path | None = None

    def models_socket(self) -> Path | None:
        """Where the model process of the NEXUS that runs here answers; None where none was started."""
        try:
            return Path(self._models_file.read_text())
        except FileNotFoundError:
            return None

    def pid_file(self, name: str) -> Path:
        """Where the pid of the child `name` stands while it runs."""
        return self.run / f"{name}.pid"

    def owner(self) -> Owner | None:
        """What the lock file says about who holds, or last held, this home."""
        try:
            return msgspec.json.decode(self._lock_file.read_bytes(), type=Owner)
        except (OSError, msgspec.DecodeError):
            return None

    def published(self) -> Published | None:
        """The addresses of the owner's embedded stores, or None where there are none (any more)."""
        try:
            return msgspec.json.decode(self._stores_file.read_bytes(), type=Published)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    @contextmanager
    def claim(self, command: str) -> Iterator["Claim"]:
        """Own this home until the block ends; `command` is shown to whoever comes second.

        Raises HomeHeld while another process owns it, SettingsInvalid if the folder cannot be used. The lock goes
        with the process, however it ends: it is an flock that children do not inherit.
        """
        self._make_folders()
        descriptor = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._lock(descriptor)
            _write_owner(descriptor, Owner(os.getpid(), time.time(), command))
            self._sweep()
            try:
                yield Claim(self)
            finally:
                self._sweep()
        finally:
            os.close(descriptor)

    def guests(self) -> Path:
        """The file that commands lock, shared, while they use the stores of the owner."""
        return self.run / "guests.lock"

    def make_runtime(self) -> Path:
        """The short private folder for sockets, made if need be: <base>/nexus-<uid>-<hash of the home>.

        It goes when the claim ends; one that a killed owner left is used again. Root's may be passed through, not
        listed, so that servers under another account reach their own folder in it.
        """
        refusals = []
        for base in self._runtime_bases():
            try:
                folder = base / self._runtime_name()
                self._runtime = _private_folder(folder, 0o711 if os.geteuid() == 0 else 0o700)
                return self._runtime
            except (OSError, EmbeddedServerFailed) as error:
                refusals.append(str(error))
        raise EmbeddedServerFailed(
            "No folder for the sockets of the embedded servers could be made. Set NEXUS_RUNTIME_DIR to a folder with a "
            f"short path that you may write. Tried: {'; '.join(refusals)}"
        )

    @property
    def _lock_file(self) -> Path:
        return self.run / "lock"

    @property
    def _stores_file(self) -> Path:
        return self.run / "stores.json"

    @property
    def _models_file(self) -> Path:
        return self.run / "core.socket"

    def _runtime_name(self) -> str:
        return f"nexus-{os.geteuid()}-{hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]}"

    def _runtime_bases(self) -> list[Path]:
        given = [self._runtime_base] if self._runtime_base else []
        return [base for base in [*given, Path("/tmp")] if self._fits(base)]  # noqa: S108 - made 0700, ownership checked

    def _fits(self, base: Path) -> bool:
        longest = os.fsencode(base / self._runtime_name()) + _LONGEST_SOCKET_NAME.encode()
        # As root the servers run under another account, which must be able to pass through every folder above.
        passable = os.geteuid() != 0 or all(p.stat().st_mode & 0o001 for p in (base, *base.parents) if p.exists())
        return len(longest) <= _SOCKET_PATH_BYTES and passable

    def _make_folders(self) -> None:
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in _FOLDERS:
                (self.root / name).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise self._unusable(error) from error
        if not os.access(self.run, os.W_OK | os.X_OK):
            raise self._unusable(PermissionError(f"no permission to write in {self.run}"))

    def _unusable(self, error: OSError) -> SettingsInvalid:
        owner = next((_user_name(p) for p in (self.root, *self.root.parents) if p.exists()), "nobody")
        return SettingsInvalid(
            f"NEXUS_HOME {self.root} cannot be used: {error}. It belongs to {owner}; this is {user_name(os.geteuid())}. "
            "Run NEXUS as its owner, or set NEXUS_HOME to a folder of your own."
        )

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = self.owner()
            stop = f"Stop it with `kill {holder.pid}`" if holder else "Stop it"
            raise HomeHeld(
                f"NEXUS_HOME {self.root} is in use by {holder or 'another process'}. {stop}, or start this one in a "
                "folder of its own: NEXUS_HOME=/path/to/another"
            ) from error

    def _sweep(self) -> None:
        """Remove what tells of an owner: at the end, and at the beginning what one that was killed left behind."""
        for stale in (self._stores_file, self._models_file, *self.run.glob("*.pid")):
            stale.unlink(missing_ok=True)
        if self._runtime:
            shutil.rmtree(self._runtime, ignore_errors=True)
            self._runtime = None


class Claim:
    """A home that is owned by this process. What only an owner may do takes one of these."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def write_pid(self, name: str, pid: int) -> None:
        """Publish the pid of a child."""
        write_file(self.home.pid_file(name), f"{pid}\n".encode())

    def remove_pid(self, name: str) -> None:
        """The child is no more."""
        self.home.pid_file(name).unlink(missing_ok=True)

    def publish(self, stores: Published) -> None:
        """Let other processes of this user find the embedded stores."""
        write_file(self.home.run / "stores.json", msgspec.json.encode(stores))

    def publish_models(self, socket: Path) -> None:
        """Let web workers and commands find the model process."""
        write_file(self.home.run / "core.socket", os.fsencode(socket))

    def unpublish(self) -> None:
        """The stores are about to go."""
        (self.home.run / "stores.json").unlink(missing_ok=True)


def _write_owner(descriptor: int, owner: Owner) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, msgspec.json.encode(owner), 0)


def write_file(path: Path, content: bytes, owner: tuple[int, int] | None = None) -> None:
    """Replace `path` as a whole, readable by its owner only; `owner` (uid, gid) is given the file where named."""
    fresh = path.with_name(path.name + ".new")
    with suppress(FileNotFoundError):
        fresh.unlink()
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        if owner:
            os.fchown(descriptor, *owner)
    fresh.rename(path)


def user_name(uid: int) -> str:
    """The name of a user, or its number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _user_name(path: Path) -> str:
    return user_name(path.stat().st_uid)


def _private_folder(path: Path, mode: int) -> Path:
    """A folder of ours. Somebody else may have made the name first in a folder that all can write: refuse theirs."""
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = path.lstat()
    if not path.is_dir() or path.is_symlink() or found.st_uid != os.geteuid():
        raise EmbeddedServerFailed(f"{path} is not a folder of {user_name(os.geteuid())}")
    path.chmod(mode)
    return path
