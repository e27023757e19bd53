"""Certificates of the Alexa simulator: a root of its own and a leaf with the name that Alexa signs under."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

ALEXA_NAME = "echo-api.amazon.com"
_LIFE = timedelta(days=5 * 365)
_RENEW = timedelta(days=30)
_RSA_BITS = 2048


class Chain(Struct, frozen=True):
    """PEM: the root, the chain (leaf, then root), and the leaf's private key."""

    root: bytes
    chain: bytes
    key: bytes


def make_chain(now: datetime) -> Chain:
    """A fresh root and leaf, valid from an hour before `now`."""
    root_key, leaf_key = (rsa.generate_private_key(65537, _RSA_BITS) for _ in range(2))
    root = _root(root_key, now)
    leaf = _leaf(leaf_key.public_key(), root, root_key, now)
    pem = root.public_bytes(Encoding.PEM)
    private = leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Chain(pem, leaf.public_bytes(Encoding.PEM) + pem, private)


def holds(chain: bytes, now: datetime) -> bool:
    """Whether the leaf of a PEM chain is valid for a while yet."""
    return x509.load_pem_x509_certificate(chain).not_valid_after_utc - now > _RENEW


def _root(key: rsa.RSAPrivateKey, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "NEXUS simulator root")])
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        _certificate(name, name, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )


def _leaf(
    key: rsa.RSAPublicKey, root: x509.Certificate, root_key: rsa.RSAPrivateKey, now: datetime
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "NEXUS Alexa simulator")])
    return (
        _certificate(name, root.subject, key, now)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(ALEXA_NAME)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, SHA256())
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - timedelta(hours=1))
        .not_valid_after(now.astimezone(UTC) + _LIFE)
    )
