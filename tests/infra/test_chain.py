"""Which certificate chains are believed."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from channels.alexa.credentials import SERVER_NAME, Issuer, pem
from infra.chain import MAX_CERTIFICATES, Trust, Trusted, extra_roots, public_roots
from shared.errors import DoorShut, SignatureInvalid

NOW = 1_800_000_000.0
DAY = 86_400.0

Check = Callable[[bytes], Trusted]


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def root() -> Issuer:
    return Issuer.root("a root", NOW)


@pytest.fixture(scope="module")
def issuer(root: Issuer) -> Issuer:
    return root.below("an issuer", NOW)


@pytest.fixture
def check(root: Issuer) -> Check:
    trust = Trust(SERVER_NAME, (root.certificate,))
    return lambda chain: trust.check(chain, NOW)


def test_a_chain_as_amazon_sends_it_is_believed(
    key: rsa.RSAPrivateKey, issuer: Issuer, root: Issuer, check: Check
) -> None:
    trusted = check(pem(issuer.leaf(key, NOW), issuer.certificate, root.certificate))
    trusted.key.verify(key.sign(b"body", PKCS1v15(), hashes.SHA256()), b"body")
    with pytest.raises(SignatureInvalid):
        trusted.key.verify(key.sign(b"body", PKCS1v15(), hashes.SHA256()), b"another body")
    with pytest.raises(SignatureInvalid):
        trusted.key.verify(key.sign(b"body", PKCS1v15(), hashes.SHA1()), b"body")


def test_it_is_believed_until_its_first_certificate_expires(
    key: rsa.RSAPrivateKey, issuer: Issuer, check: Check
) -> None:
    short = issuer.leaf(key, NOW, ends=timedelta(hours=1))
    assert check(pem(short, issuer.certificate)).until == NOW + 3_600
    long = issuer.leaf(key, NOW, ends=timedelta(days=9_000))
    assert check(pem(long, issuer.certificate)).until == issuer.certificate.not_valid_after_utc.timestamp()


def test_the_order_of_the_others_does_not_matter(key: rsa.RSAPrivateKey, root: Issuer, check: Check) -> None:
    upper = Issuer.root("unrelated", NOW)
    issuer = root.below("an issuer", NOW)
    leaf = issuer.leaf(key, NOW)
    for others in ([upper, root, issuer], [issuer, root, upper]):
        assert check(pem(leaf, *(other.certificate for other in others))).until > NOW


def test_a_chain_of_public_form_without_a_trusted_root_is_refused(
    key: rsa.RSAPrivateKey, root: Issuer, issuer: Issuer
) -> None:
    chain = pem(issuer.leaf(key, NOW), issuer.certificate, root.certificate)
    with pytest.raises(SignatureInvalid, match="not good"):
        Trust(SERVER_NAME).check(chain, NOW)


def test_the_public_roots_are_there() -> None:
    names = {root.subject.rfc4514_string() for root in public_roots()}
    assert any("Amazon Root CA 1" in name for name in names)
    assert len(names) > 50


@pytest.mark.parametrize(
    ("starts", "ends"),
    [(timedelta(days=-9), timedelta(seconds=-1)), (timedelta(seconds=1), timedelta(days=9))],
    ids=["expired", "not yet valid"],
)
def test_outside_its_time_a_chain_is_refused(
    starts: timedelta, ends: timedelta, key: rsa.RSAPrivateKey, issuer: Issuer, check: Check
) -> None:
    with pytest.raises(SignatureInvalid):
        check(pem(issuer.leaf(key, NOW, starts=starts, ends=ends), issuer.certificate))


@pytest.mark.parametrize(
    "name", ["api.amazon.com", "echo-api.amazon.com.evil.example", "*.amazon.com.example", "xecho-api.amazon.com"]
)
def test_another_name_is_refused(name: str, key: rsa.RSAPrivateKey, issuer: Issuer, check: Check) -> None:
    with pytest.raises(SignatureInvalid):
        check(pem(issuer.leaf(key, NOW, name=name), issuer.certificate))


def test_without_the_issuer_it_is_refused(key: rsa.RSAPrivateKey, issuer: Issuer, check: Check) -> None:
    with pytest.raises(SignatureInvalid):
        check(pem(issuer.leaf(key, NOW)))


def test_another_roots_chain_is_refused(key: rsa.RSAPrivateKey, check: Check) -> None:
    wrong = Issuer.root("a root", NOW).below("an issuer", NOW)
    with pytest.raises(SignatureInvalid):
        check(pem(wrong.leaf(key, NOW), wrong.certificate))


def test_a_leaf_may_not_issue(key: rsa.RSAPrivateKey, root: Issuer, check: Check) -> None:
    authority = ec.generate_private_key(ec.SECP256R1())
    in_between = Issuer(root.leaf(authority, NOW), authority)
    with pytest.raises(SignatureInvalid):
        check(pem(in_between.leaf(key, NOW), in_between.certificate))


def test_small_and_foreign_keys_are_refused(issuer: Issuer, check: Check) -> None:
    small = rsa.generate_private_key(65537, 1024)
    curve = ec.generate_private_key(ec.SECP256R1())
    for key in (small, curve):
        with pytest.raises(SignatureInvalid):
            check(pem(issuer.leaf(key, NOW), issuer.certificate))


@pytest.mark.parametrize(
    "chain", [b"", b"hello", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"\xff" * 100], ids=repr
)
def test_what_is_no_chain_is_refused(chain: bytes, check: Check) -> None:
    with pytest.raises(SignatureInvalid):
        check(chain)


def test_too_many_certificates_are_refused(key: rsa.RSAPrivateKey, issuer: Issuer, check: Check) -> None:
    leaf = issuer.leaf(key, NOW)
    assert check(pem(leaf, *[issuer.certificate] * (MAX_CERTIFICATES - 1))).until > NOW
    with pytest.raises(SignatureInvalid, match="more than"):
        check(pem(leaf, *[issuer.certificate] * MAX_CERTIFICATES))


def test_extra_roots_that_cannot_be_read_shut_the_door(tmp_path: Path) -> None:
    with pytest.raises(DoorShut, match=r"nowhere\.pem"):
        extra_roots(tmp_path / "nowhere.pem")
    (tmp_path / "broken.pem").write_text("not a certificate")
    with pytest.raises(DoorShut, match="extra_roots"):
        extra_roots(tmp_path / "broken.pem")
