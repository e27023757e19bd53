"""A signing key and its certificate as Google has them, made here; and the tokens that Google signs with them.

A folder of credentials holds `key.pem` (mode 0600) and `certs.json` (setting `certs`).
"""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from shared.errors import SettingsInvalid

ISSUER = "https://accounts.google.com"
LIFETIME_S = 3_600
KEY_ID = "nexus-simulator-1"
CERTIFICATES = "certs.json"
TRUST = "caller payload parameters"
"""The twins are their own clients: the door may believe who they say speaks."""

_KEY = "key.pem"
_YEARS_10 = timedelta(days=3650)


def make_key(folder: Path, now: float, key_id: str = KEY_ID) -> None:
    """A new key in `folder`, with the certificate that vouches for it. `now` is in Unix seconds."""
    key = rsa.generate_private_key(65537, 2048)
    listed = {key_id: certificate(key, now).public_bytes(serialization.Encoding.PEM).decode()}
    (folder / CERTIFICATES).write_bytes(msgspec.json.encode(listed))
    write_private(
        folder / _KEY,
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


def certificate(key: rsa.RSAPrivateKey, now: float) -> x509.Certificate:
    """A certificate that `key` signs itself, good from yesterday for ten years."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "NEXUS simulator")])
    start = datetime.fromtimestamp(int(now), UTC) - timedelta(days=1)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), start, start + _YEARS_10
    )
    return builder.sign(key, hashes.SHA256())


def load_key(folder: Path) -> rsa.RSAPrivateKey:
    """The key in `folder`. Raises SettingsInvalid, naming it, if there is none."""
    try:
        key = serialization.load_pem_private_key((folder / _KEY).read_bytes(), None)
    except (OSError, ValueError) as error:
        raise SettingsInvalid(f"there are no Google simulator credentials in {folder}: {error}") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise SettingsInvalid(f"{folder / _KEY} is no RSA key")
    return key


def token(key: rsa.RSAPrivateKey, audience: str, now: float, claims: Mapping[str, Any]) -> str:
    """A token of Google's for `audience`, good for an hour, with further claims."""
    standard = {"iss": ISSUER, "aud": audience, "iat": int(now), "exp": int(now) + LIFETIME_S}
    return jwt.encode({**standard, **claims}, key, "RS256", {"kid": KEY_ID})


def read_text(path: Path) -> str:
    """The one line of a file of credentials. Raises SettingsInvalid, naming it, if it cannot be read."""
    try:
        return path.read_text().strip()
    except OSError as error:
        raise SettingsInvalid(f"there are no Google simulator credentials in {path.parent}: {error}") from None


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
