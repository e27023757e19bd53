"""Which tests one process of `-n` runs: whole files, and whole folders where they share a NEXUS."""

from types import SimpleNamespace
from typing import Any, cast

from tests.house.tree import ROOT
from tests.processes import SHARING, in_order, scope


def test_a_file_stays_together() -> None:
    names = ("test_a", "TestB::test_c", "test_d[x::y]")
    assert {scope(f"tests/channels/test_it.py::{name}") for name in names} == {"tests/channels/test_it.py"}


def test_so_does_a_folder_that_shares_a_nexus() -> None:
    assert all((ROOT / folder).is_dir() for folder in SHARING)
    for folder in SHARING:
        assert scope(f"{folder}test_a.py::test_it") == scope(f"{folder}test_b.py::test_it[a]")
    assert len({scope(f"{folder}test_a.py::test_it") for folder in SHARING}) == len(SHARING)


def test_these_folders_come_first() -> None:
    ids = ["tests/channels/test_a.py::t", "tests/integration/test_b.py::t", "tests/browser/test_c.py::t"]
    items = cast(Any, [SimpleNamespace(nodeid=one) for one in ids])
    assert [item.nodeid for item in in_order(items)] == [ids[1], ids[2], ids[0]]
