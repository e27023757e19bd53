"""Certificate chains of signing services: is this chain good, now, for this name, and which key does it vouch for?

Path validation (RFC 5280 as browsers profile it) is `cryptography.x509.verification`. Roots are those of `certifi`, the same on
every machine; none is pinned, because Amazon changes its issuers.
"""

import warnings
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import certifi
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509 import (
    Certificate,
    DNSName,
    DuplicateExtension,
    InvalidVersion,
    UnsupportedGeneralNameType,
    load_pem_x509_certificate,
    load_pem_x509_certificates,
)
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from msgspec import Struct

from shared.errors import DoorShut, SignatureInvalid

MAX_CERTIFICATES = 8  # Amazon sends four
MIN_RSA_BITS = 2048

_BEGIN = b"-----BEGIN CERTIFICATE-----"
_END = b"-----END CERTIFICATE-----"
_NOT_READABLE = (ValueError, UnsupportedAlgorithm, DuplicateExtension, InvalidVersion, UnsupportedGeneralNameType)


class RsaSha256Key:
    """A trusted RSA key that checks RSASSA-PKCS1-v1_5 signatures with SHA-256 (RFC 8017, section 8.2). Implements SigningKey."""

    __slots__ = ("_hash", "_key", "_padding")

    def __init__(self, key: RSAPublicKey) -> None:
        self._key, self._padding, self._hash = key, PKCS1v15(), SHA256()

    @property
    def public(self) -> RSAPublicKey:
        """The key itself."""
        return self._key

    def verify(self, signature: bytes, data: bytes) -> None:
        """Return if `signature` is that of `data`; raise SignatureInvalid otherwise."""
        try:
            self._key.verify(signature, data, self._padding, self._hash)
        except InvalidSignature:
            raise SignatureInvalid("the signature does not match the body") from None


class Trusted(Struct, frozen=True):
    """A key that a chain vouches for, and until when (Unix seconds) every certificate of that chain is valid."""

    key: RsaSha256Key
    until: float


class Trust:
    """Which chains are good: those that end in one of the roots and whose first certificate is for `server_name`."""

    def __init__(self, server_name: str, extra_roots: tuple[Certificate, ...] = ()) -> None:
        self._name = DNSName(server_name)
        self._store = Store([*public_roots(), *extra_roots])

    def check(self, pem: bytes, now: float) -> Trusted:
        """The key of the first certificate in `pem`; the others may help to reach a root. Raises SignatureInvalid."""
        leaf, *others = _certificates(pem)
        policy = PolicyBuilder().store(self._store).time(datetime.fromtimestamp(now, UTC))
        try:
            path = policy.build_server_verifier(self._name).verify(leaf, others)
            key = leaf.public_key()
        except (VerificationError, *_NOT_READABLE) as error:
            raise SignatureInvalid(f"the certificate chain is not good: {error}") from None
        if not isinstance(key, RSAPublicKey) or key.key_size < MIN_RSA_BITS:
            raise SignatureInvalid(f"the certificate's key is not RSA of at least {MIN_RSA_BITS} bits")
        until = min(certificate.not_valid_after_utc for certificate in path)
        return Trusted(RsaSha256Key(key), until.timestamp())


@cache
def public_roots() -> tuple[Certificate, ...]:
    """The public roots, as Mozilla trusts them and `certifi` carries them. Those this library cannot read are left out."""
    with warnings.catch_warnings():
        # A root with a serial number of zero is still a root; when the library stops reading it, it is left out.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        return tuple(root for block in _blocks(Path(certifi.where()).read_bytes()) if (root := _root(block)))


def extra_roots(path: Path) -> tuple[Certificate, ...]:
    """The certificates in a PEM file. Raises DoorShut, naming the file, if there are none to be had."""
    try:
        return tuple(load_pem_x509_certificates(path.read_bytes()))
    except (OSError, *_NOT_READABLE) as error:
        raise DoorShut(
            f"the extra roots in {path} cannot be read ({error}); unset extra_roots or mend the file"
        ) from None


def _certificates(pem: bytes) -> list[Certificate]:
    if pem.count(_BEGIN) > MAX_CERTIFICATES:
        raise SignatureInvalid(f"the certificate chain has more than {MAX_CERTIFICATES} certificates")
    try:
        return load_pem_x509_certificates(pem)
    except _NOT_READABLE:
        raise SignatureInvalid("the certificate chain is not readable PEM") from None


def _blocks(pem: bytes) -> list[bytes]:
    return [_BEGIN + part.split(_END)[0] + _END for part in pem.split(_BEGIN)[1:]]


def _root(block: bytes) -> Certificate | None:
    try:
        return load_pem_x509_certificate(block)
    except _NOT_READABLE:
        return None
