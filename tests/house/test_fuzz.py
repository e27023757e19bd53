"""`--fuzz-examples`, which `make fuzz` uses, changes the number of examples of marked properties and of no other."""

import shutil
import subprocess
import sys
from pathlib import Path

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


def test_marked_properties_run_with_as_many_examples_as_asked(tmp_path: Path) -> None:
    shutil.copy(ROOT / "conftest.py", tmp_path)
    (tmp_path / "test_it.py").write_text(_TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = fuzz\n")
    command = [sys.executable, "-m", "pytest", "-q", "--fuzz-examples", "300", "-p", "no:cacheprovider"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "4 passed" in result.stdout, result.stdout + result.stderr
