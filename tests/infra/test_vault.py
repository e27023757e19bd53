"""Sealing, wrapping, digests, and the master key's file."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.vault import DataKey, Vault, join, load_master_key
from shared.errors import DecryptionFailed, SettingsInvalid

VAULT = Vault(b"m" * 32)


@given(st.binary(max_size=200), st.binary(max_size=40))
def test_what_was_sealed_opens_only_where_it_was_bound(plain: bytes, bound_to: bytes) -> None:
    key = DataKey(b"k" * 32)
    sealed = key.seal(plain, bound_to)
    assert key.open(sealed, bound_to) == plain
    assert sealed != key.seal(plain, bound_to), "a nonce is used once"
    for wrong in (bound_to + b"x", b""):
        if wrong != bound_to:
            with pytest.raises(DecryptionFailed):
                key.open(sealed, wrong)
    for broken in (b"", sealed[:-1], sealed[:5], b"\x02" + sealed[1:], sealed[:-1] + bytes([sealed[-1] ^ 1])):
        with pytest.raises(DecryptionFailed):
            key.open(broken, bound_to)


@given(st.lists(st.binary(max_size=5), max_size=4), st.lists(st.binary(max_size=5), max_size=4))
def test_joined_parts_are_unambiguous(one: list[bytes], other: list[bytes]) -> None:
    assert (join(*one) == join(*other)) == (one == other)


def test_a_persons_key_opens_for_that_person_only() -> None:
    key, wrapped = VAULT.new_person_key("app", "ann")
    sealed = key.seal(b"x", b"")
    assert VAULT.person_key("app", "ann", wrapped).open(sealed, b"") == b"x"
    for app, person in (("app", "bob"), ("other", "ann")):
        with pytest.raises(DecryptionFailed):
            VAULT.person_key(app, person, wrapped)
    with pytest.raises(DecryptionFailed):
        Vault(b"o" * 32).person_key("app", "ann", wrapped)


def test_digests_and_secrets_depend_on_purpose_parts_and_key() -> None:
    digests = {
        VAULT.hmac("a", "bc"),
        VAULT.hmac("a", "b", "c"),
        VAULT.hmac("ab", "c"),
        Vault(b"o" * 32).hmac("a", "bc"),
        VAULT.secret("a", "bc"),
        VAULT.secret("ab", "c"),
    }
    assert len(digests) == 6
    assert VAULT.hmac("a", "bc") == Vault(b"m" * 32).hmac("a", b"bc") == VAULT.id_digest("a", "bc")


def test_the_key_file_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_master_key(path, create=True), range(32)))
    assert len(keys) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path], "no draft is left behind"


def test_a_key_file_that_is_missing_open_or_odd_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    with pytest.raises(SettingsInvalid, match="cannot read"):
        load_master_key(path, create=False)
    path.write_bytes(b"k" * 32)
    path.chmod(0o644)
    with pytest.raises(SettingsInvalid, match="chmod 600"):
        load_master_key(path, create=True)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(SettingsInvalid, match="5 bytes"):
        load_master_key(path, create=True)
