"""The contract of skills finds what it is there to find: an honest skill passes, and each fault fails the case made for it."""

import pytest

from shared.errors import WebFailed
from shared.testing.skill_contract import SkillContract
from tests.contract.toy_skill import FAULTS, BrokenContract, ToySkillContract

CASES = sorted(name.removeprefix("test_") for name in dir(SkillContract) if name.startswith("test_"))


def run(contract: SkillContract, case: str) -> None:
    getattr(contract, f"test_{case}")()


def test_every_case_has_a_fault_that_it_must_find() -> None:
    assert sorted(FAULTS) == CASES
    assert len(set(FAULTS.values())) == len(CASES)


@pytest.mark.parametrize("case", CASES)
def test_an_honest_skill_passes(case: str) -> None:
    run(ToySkillContract(), case)


@pytest.mark.parametrize("case", CASES)
def test_the_fault_is_found(case: str) -> None:
    with pytest.raises((AssertionError, RuntimeError, ValueError, IndexError, WebFailed)):
        run(ToySkillContract(FAULTS[case]), case)


@pytest.mark.parametrize("case", CASES)
def test_a_broken_skill_fails_every_case(case: str) -> None:
    with pytest.raises((AssertionError, ValueError, KeyError)):
        run(BrokenContract(), case)
