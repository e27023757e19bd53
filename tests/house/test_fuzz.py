"""`--fuzz-examples`, which `make fuzz` uses, changes the number of examples of marked properties and of no other."""

import shutil
import subprocess
import sys
from pathlib import Path

from infra.plugins import load_entry, load_plugins
from shared.testing.adapter_contract import AdapterContract
from tests.house.tree import ROOT

_TESTS = """
import pytest
from hypothesis import given, settings, strategies as st

class Counts:
    door = other = own = 0

@pytest.mark.fuzz
@given(st.integers())
def test_door(number):
    Counts.door += 1

@pytest.mark.fuzz
class TestContract:
    @settings(max_examples=10)
    @given(st.integers())
    def test_own(self, number):
        Counts.own += 1

@settings(max_examples=10)
@given(st.integers())
def test_other(number):
    Counts.other += 1

def test_counts():
    assert (Counts.door, Counts.own, Counts.other) == (300, 300, 10)
"""

_CONTRACTS = """
from collections import Counter
import pytest
from tests.contract.toy import ToyAdapter, ToyContract

class Counted(ToyContract):
    _fault, _door = "", ToyAdapter
    __init__ = object.__init__  # pytest collects no class with another one

    def assert_request_or_malformed(self, body):
        self.properties["bodies"] += 1
        super().assert_request_or_malformed(body)

    def complaints(self, wire, reply):
        self.properties["replies"] += 1
        return super().complaints(wire, reply)

    def said(self, reply, outgoing):
        self.properties["words"] += 1
        return super().said(reply, outgoing)

@pytest.mark.fuzz
class TestDoor(Counted):
    fuzz_examples = 20
    properties = Counter()

@pytest.mark.fuzz
class TestVariant(Counted):
    fuzz_examples = 20
    reply_examples = 10
    properties = Counter()

@pytest.mark.parametrize("contract", [TestDoor, TestVariant])
def test_counts(contract):
    print(contract.__name__, dict(sorted(contract.properties.items())))
"""
_PROPERTIES = "anything_becomes or becomes_what_the_platform or moderate or counts"


def test_marked_properties_run_with_as_many_examples_as_asked(tmp_path: Path) -> None:
    assert "4 passed" in _run(tmp_path, _TESTS, "--fuzz-examples", "300")


def test_so_do_all_properties_of_a_door(tmp_path: Path) -> None:
    """Also those of a contract that tries fewer replies, because another one of its door tries them."""
    told = _run(tmp_path, _CONTRACTS, "--fuzz-examples", "300", "-k", _PROPERTIES)
    for contract in ("TestDoor", "TestVariant"):
        assert f"{contract} {{'bodies': 300, 'replies': 300, 'words': 300}}" in told


def test_unasked_a_contract_says_how_many_it_tries(tmp_path: Path) -> None:
    told = _run(tmp_path, _CONTRACTS, "-k", _PROPERTIES)
    assert "TestDoor {'bodies': 20, 'replies': 20, 'words': 20}" in told
    assert "TestVariant {'bodies': 20, 'replies': 10, 'words': 10}" in told


def test_the_contract_tries_two_thousand_examples_of_every_door() -> None:
    """A door's first contract tries all in full; another one of the same door may try fewer replies, and says why."""
    for place, contracts in _contracts().items():
        assert all(contract.fuzz_examples == 2_000 for contract in contracts), place
        assert any(contract().of_replies() == 2_000 for contract in contracts), place


def _contracts() -> dict[str, list[type[AdapterContract]]]:
    """The contracts of all built-in doors by what they knock at: a carrier, one of Google's forms."""
    found: dict[str, list[type[AdapterContract]]] = {}
    for channel in load_plugins(None).channels:
        for entry in channel.manifest.contracts:
            contract = load_entry(channel.package, entry, channel.folder)
            assert isinstance(contract, type)
            assert issubclass(contract, AdapterContract)
            found.setdefault(_place(channel.manifest.name, contract), []).append(contract)
    return found


def _place(channel: str, contract: type[AdapterContract]) -> str:
    """What the contract's module is called after, where a channel has several: `sms/plivo/contract.py`, `contracts/cx.py`."""
    return contract.__module__.removeprefix(f"channels.{channel}.")


def _run(folder: Path, tests: str, *arguments: str) -> str:
    """What pytest prints about `tests` in a folder that has the house's conftest.py. They must pass."""
    shutil.copy(ROOT / "conftest.py", folder)
    (folder / "test_it.py").write_text(tests)
    (folder / "pytest.ini").write_text(f"[pytest]\nmarkers = fuzz\npythonpath = {ROOT}\n")
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", *arguments]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    told = result.stdout + result.stderr
    assert result.returncode == 0, told
    return told
