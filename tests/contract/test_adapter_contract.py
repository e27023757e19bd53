"""The contract of adapters finds what it is there to find: an honest door passes, and each fault fails the case made for it."""

import pytest

from shared.testing.adapter_contract import AdapterContract
from tests.contract.faults import FAULTS
from tests.contract.toy import BrokenAdapter, ToyContract

CASES = sorted(name.removeprefix("test_") for name in dir(AdapterContract) if name.startswith("test_"))


def run(contract: AdapterContract, case: str) -> None:
    getattr(contract, f"test_{case}")()


def test_every_case_has_a_fault_that_it_must_find() -> None:
    assert sorted(FAULTS) == CASES
    assert len(set(FAULTS.values())) == len(CASES)


@pytest.mark.parametrize("case", CASES)
def test_an_honest_door_passes(case: str) -> None:
    run(ToyContract(), case)


@pytest.mark.parametrize("case", CASES)
def test_the_fault_is_found(case: str) -> None:
    with pytest.raises(Exception) as found:  # noqa: PT011 (an assertion of the case, or whatever the door let through)
        run(ToyContract(FAULTS[case]), case)
    assert not isinstance(found.value, ImportError | AttributeError | NameError), "the toy is broken, not faulty"


@pytest.mark.parametrize("case", CASES)
def test_a_broken_door_fails_every_case(case: str) -> None:
    with pytest.raises((AssertionError, KeyError)):
        run(ToyContract(door=BrokenAdapter), case)


@pytest.mark.parametrize("case", CASES)
def test_every_case_says_what_it_wants_in_a_sentence(case: str) -> None:
    told = getattr(AdapterContract, f"test_{case}").__doc__ or ""
    assert told[:1].isupper()
    assert told.endswith(".")
    assert "\n" not in told


def test_what_was_given_is_told_with_the_failure() -> None:
    with pytest.raises(AssertionError, match="not said, shown or sent") as found:
        run(ToyContract("shows five choices"), "nothing_of_a_moderate_reply_is_dropped")
    [note] = [note for note in found.value.__notes__ if note.startswith("given: ")]  # Hypothesis adds its own
    assert note.startswith("given: Reply(text='plain000', choices=(Choice(")
    assert len(note) < 700
