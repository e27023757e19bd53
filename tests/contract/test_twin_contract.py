"""The contract of twins finds what it is there to find: an honest twin at an honest door passes, each fault fails its case."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.system import SystemClock
from shared.ports import DoorPorts
from shared.testing.fakes import FakeApiKeys, FakeIds, NoKeys
from shared.testing.platforms.contract import TwinContract
from shared.testing.platforms.house import House
from shared.turn import Reply, Request
from tests.contract.toy import ToyAdapter
from tests.contract.toy_twin import AnswersAnew, RecordsNothing, ToyTwinContract

CASES = sorted(name.removeprefix("test_") for name in dir(TwinContract) if name.startswith("test_"))
FAULTS: dict[str, tuple[type[House], str, str]] = {  # house, fault of the door, fault of the twin
    "what_is_said_is_answered": (RecordsNothing, "", ""),
    "a_conversation_begins_as_the_platform_begins_it": (House, "", "opens in silence"),
    "sent_again_it_gets_the_same_answer": (AnswersAnew, "", ""),
    "delivered_twice_at_once_it_is_one_turn": (AnswersAnew, "", ""),
    "out_of_order_every_message_is_answered_once": (House, "", "has one id"),
    "at_once_every_message_is_answered_once": (AnswersAnew, "", ""),
    "after_hanging_up_the_retry_gets_the_answer_of_the_one_turn": (AnswersAnew, "", ""),
    "who_has_not_the_credentials_is_refused": (House, "takes any signature", ""),
    "it_complains_about_every_fault": (House, "", "is content with anything"),
    "it_complains_about_what_is_missing_or_of_another_type": (House, "", "looks at the outside only"),
}


def counting() -> Callable[[Request], Reply]:
    """Answers that are never the same."""
    numbers = itertools.count(1)
    return lambda request: Reply(text=f"{request.text}: answer number {next(numbers)}.")


def run(folder: Path, case: str, house: type[House] = House, door: str = "", twin: str = "") -> None:
    ports = DoorPorts(SystemClock(), FakeIds(), FakeApiKeys({}), lambda *_: NoKeys(), lambda _: bytes(32))
    adapter = ToyAdapter.open("default", {"secret": "yes", "fault": door}, ports)
    with house(adapter, counting()) as served:
        getattr(ToyTwinContract(folder, served, twin), f"test_{case}")()


def test_every_case_has_a_fault_that_it_must_find() -> None:
    assert sorted(FAULTS) == CASES


@pytest.mark.parametrize("case", CASES)
def test_an_honest_twin_passes(case: str, tmp_path: Path) -> None:
    run(tmp_path, case)


@pytest.mark.parametrize("case", CASES)
def test_the_fault_is_found(case: str, tmp_path: Path) -> None:
    with pytest.raises(Exception) as found:  # noqa: PT011 (an assertion of the case, or what the platform complains about)
        run(tmp_path, case, *FAULTS[case])
    assert not isinstance(found.value, ImportError | AttributeError | NameError), "the toy is broken, not faulty"


@pytest.mark.parametrize("case", CASES)
def test_every_case_says_what_it_wants_in_a_sentence(case: str) -> None:
    told = getattr(TwinContract, f"test_{case}").__doc__ or ""
    assert told[:1].isupper()
    assert told.endswith(".")
    assert "\n" not in told
