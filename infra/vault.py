"""Keys and encryption: a master key, a data key per person wrapped by it, digests for look-up.

AES-256-GCM throughout; a sealed value is `version (1 byte) | nonce (12) | ciphertext and tag`. The additional data binds
every value to its app, person and row, so that a ciphertext moved elsewhere does not open.
"""

import hmac
import os
import secrets
from pathlib import Path

from cachetools import FIFOCache
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.errors import DecryptionFailed, SettingsInvalid

KEY_BYTES = 32
_VERSION = b"\x01"
_NONCE_BYTES = 12


class DataKey:
    """Seals and opens values under one key."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def seal(self, plain: bytes, bound_to: bytes) -> bytes:
        """`plain` encrypted; it opens only with the same `bound_to`."""
        nonce = os.urandom(_NONCE_BYTES)
        return b"".join((_VERSION, nonce, self._aead.encrypt(nonce, plain, bound_to)))

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        """What was sealed. Raises DecryptionFailed for another key, another binding, or altered bytes."""
        if sealed[:1] != _VERSION:
            raise DecryptionFailed("a stored value has an unknown encryption version")
        try:
            return self._aead.decrypt(sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :], bound_to)
        except (InvalidTag, ValueError):
            raise DecryptionFailed("a stored value does not open: wrong master key, or it was altered") from None


class Vault:
    """The master key and what is derived from it: wrapping keys, digests, secrets of apps."""

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != KEY_BYTES:
            raise SettingsInvalid(f"the master key must be {KEY_BYTES} bytes, not {len(master_key)}")
        self._master = master_key
        self._wrapping = DataKey(self._derive(b"wrap"))
        self._digest_keys: dict[str, bytes] = {}
        self._id_digests: FIFOCache[tuple[str, tuple[str | bytes, ...]], bytes] = FIFOCache(4096)

    def _derive(self, purpose: bytes) -> bytes:
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"nexus:" + purpose).derive(self._master)

    def id_digest(self, purpose: str, *parts: str | bytes) -> bytes:
        """`hmac` of outside ids, which come several times a turn: the last few thousand are kept in memory."""
        digest = self._id_digests.get((purpose, parts))
        if digest is None:
            digest = self._id_digests[purpose, parts] = self.hmac(purpose, *parts)
        return digest

    def hmac(self, purpose: str, *parts: str | bytes) -> bytes:
        """A keyed SHA-256 digest of `parts`, 32 bytes. ("ab", "c") and ("a", "bc") differ."""
        key = self._digest_keys.get(purpose)
        if key is None:
            key = self._digest_keys[purpose] = self._derive(b"digest:" + purpose.encode())
        return hmac.digest(key, join(*parts), "sha256")

    def secret(self, app: str, purpose: str) -> bytes:
        """A secret of one app for one purpose, 32 bytes, the same at every start."""
        return self._derive(join("secret", app, purpose))

    def new_person_key(self, app: str, person_id: str) -> tuple[DataKey, bytes]:
        """A fresh data key, and its wrapped form for the store."""
        key = secrets.token_bytes(KEY_BYTES)
        return DataKey(key), self._wrapping.seal(key, join("person", app, person_id))

    def person_key(self, app: str, person_id: str, wrapped: bytes) -> DataKey:
        """The data key from its wrapped form. Raises DecryptionFailed."""
        return DataKey(self._wrapping.open(wrapped, join("person", app, person_id)))

    def seal_config(self, app: str, channel: str, plain: bytes) -> bytes:
        """A channel's configuration, encrypted for the store."""
        return self._wrapping.seal(plain, join("config", app, channel))

    def open_config(self, app: str, channel: str, sealed: bytes) -> bytes:
        """A channel's configuration from the store. Raises DecryptionFailed."""
        return self._wrapping.open(sealed, join("config", app, channel))


def join(*parts: str | bytes) -> bytes:
    """Parts in one byte string, unambiguous: each is preceded by its length."""
    out: list[bytes] = []
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        out += (len(raw).to_bytes(4, "big"), raw)
    return b"".join(out)


def load_master_key(path: Path, *, create: bool) -> bytes:
    """The master key in the file at `path`; with `create`, made there (mode 0600) when the file does not exist.

    Safe when two processes start together: the file appears whole or not at all. Raises SettingsInvalid when it is
    missing, of the wrong size, or readable by others.
    """
    if create and not path.exists():
        _create_key_file(path)
    try:
        key, mode = path.read_bytes(), path.stat().st_mode
    except OSError as error:
        raise SettingsInvalid(f"cannot read the master key file {path}: {error.strerror}") from None
    if mode & 0o077:
        raise SettingsInvalid(f"the master key file {path} is open to others: chmod 600 it")
    if len(key) != KEY_BYTES:
        raise SettingsInvalid(f"the master key file {path} holds {len(key)} bytes, not {KEY_BYTES}")
    return key


def _create_key_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)  # fails if another process was first: its key is the one
        except FileExistsError:
            return
    finally:
        temporary.unlink()
