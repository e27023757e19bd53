"""Certificates and keys as Amazon has them, made here, for the twin: a root, an issuer below it, and the service's own.

A folder of credentials holds `root.pem` (setting `extra_roots`), `certificates/` (setting `certificates`), `key.pem` (mode 0600),
`skill_id` and, where the twin has an API, the port of it (`api_port`, setting `api_base`).
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

from shared.errors import SettingsInvalid

SERVER_NAME = "echo-api.amazon.com"
SKILL_ID = "amzn1.ask.skill.5e1f0000-0000-4000-8000-00000000c0de"
CHAIN = "simulator-chain.pem"
YEARS_10 = timedelta(days=3650)

CaKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Issuer(Struct, frozen=True):
    """A certificate that may sign others, with its key."""

    certificate: x509.Certificate
    key: CaKey

    @classmethod
    def root(cls, name: str, now: float) -> Self:
        """A root of its own, good for ten years."""
        key = ec.generate_private_key(ec.SECP256R1())
        return cls(_authority(name, key, None, now, 1), key)

    def below(self, name: str, now: float) -> Self:
        """An issuer that this one vouches for."""
        key = ec.generate_private_key(ec.SECP256R1())
        return type(self)(_authority(name, key, self, now, 0), key)

    def leaf(
        self,
        key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
        now: float,
        name: str = SERVER_NAME,
        starts: timedelta = -timedelta(days=1),
        ends: timedelta = YEARS_10,
    ) -> x509.Certificate:
        """A server's certificate for `name` and `key`, valid from now plus `starts` until now plus `ends`."""
        builder = _builder(name, key, self.certificate.subject, _moment(now) + starts, _moment(now) + ends)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
        builder = builder.add_extension(_issued_by(self.key), critical=False)
        return builder.sign(self.key, hashes.SHA256())


class AlexaCredentials(Struct, frozen=True):
    """What the twin signs with, and what the door must be told to believe it."""

    skill_id: str
    roots: Path
    certificates: Path
    key: rsa.RSAPrivateKey
    api_port: int = 0  # 0: there is no API
    chain_url: str = f"https://s3.amazonaws.com/echo.api/{CHAIN}"

    def config(self) -> dict[str, str]:
        """The settings of an Alexa door that believes these credentials."""
        api = {"api_base": f"http://127.0.0.1:{self.api_port}"} if self.api_port else {}
        trusted = {"extra_roots": str(self.roots), "certificates": str(self.certificates)}
        return {"skill_id": self.skill_id, **trusted, **api}


def make_credentials(folder: Path, now: float, skill_id: str = SKILL_ID, api_port: int = 0) -> AlexaCredentials:
    """New credentials in `folder`, which is made if need be. `now` is in Unix seconds."""
    (folder / "certificates").mkdir(parents=True, exist_ok=True)
    key = rsa.generate_private_key(65537, 2048)
    root = Issuer.root("NEXUS simulator root", now)
    issuer = root.below("NEXUS simulator issuer", now)
    chain = pem(issuer.leaf(key, now), issuer.certificate)
    (folder / "root.pem").write_bytes(pem(root.certificate))
    (folder / "certificates" / CHAIN).write_bytes(chain)
    (folder / "skill_id").write_text(f"{skill_id}\n")
    (folder / "api_port").write_text(f"{api_port}\n")
    _write_private(folder / "key.pem", key)
    return load_credentials(folder)


def load_credentials(folder: Path) -> AlexaCredentials:
    """The credentials in `folder`. Raises SettingsInvalid, naming it, if they are not all there."""
    try:
        key = serialization.load_pem_private_key((folder / "key.pem").read_bytes(), None)
        skill_id = (folder / "skill_id").read_text().strip()
        api_port = int((folder / "api_port").read_text())
    except (OSError, ValueError) as error:
        raise SettingsInvalid(f"there are no Alexa simulator credentials in {folder}: {error}") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise SettingsInvalid(f"{folder / 'key.pem'} is not an RSA key")
    return AlexaCredentials(skill_id, folder / "root.pem", folder / "certificates", key, api_port)


def pem(*certificates: x509.Certificate) -> bytes:
    """Certificates as one PEM text, in the order given."""
    return b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in certificates)


def _authority(name: str, key: CaKey, issuer: Issuer | None, now: float, below: int) -> x509.Certificate:
    subject = _name(name)
    start = _moment(now) - timedelta(days=2)
    builder = _builder(name, key, issuer.certificate.subject if issuer else subject, start, start + YEARS_10)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=below), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    if issuer is not None:
        builder = builder.add_extension(_issued_by(issuer.key), critical=False)
    return builder.sign(issuer.key if issuer else key, hashes.SHA256())


def _builder(name: str, key: CaKey, issuer: x509.Name, start: datetime, end: datetime) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(issuer, _name(name), key.public_key(), x509.random_serial_number(), start, end)


def _issued_by(key: CaKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=not signs_certificates,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _moment(now: float) -> datetime:
    return datetime.fromtimestamp(int(now), UTC)


def _write_private(path: Path, key: rsa.RSAPrivateKey) -> None:
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
