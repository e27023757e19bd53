"""The faults a twin speaks under: each passes at an honest house and finds one that answers a message twice or never."""

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.system import SystemClock
from shared.ports import DoorPorts
from shared.testing.fakes import FakeApiKeys, FakeIds, NoKeys
from shared.testing.platforms import NO_ANSWER, NOT_YET, Heard, unanswered
from shared.testing.platforms.faults import FAULTS, PromiseBroken, reordered, result
from shared.testing.platforms.house import House
from shared.turn import Reply, Request
from tests.contract.toy import SECRET, ToyAdapter
from tests.contract.toy_twin import AnswersAnew, ToyTwin


@pytest.fixture(params=[House, AnswersAnew], ids=["honest", "answers anew"])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    """A house, whose answers are never the same."""
    ports = DoorPorts(SystemClock(), FakeIds(), FakeApiKeys({}), lambda *_: NoKeys(), lambda _: bytes(32))
    adapter = ToyAdapter.open("default", {"secret": "yes", "fault": ""}, ports)
    numbers = itertools.count(1)
    with request.param(adapter, lambda one: Reply(text=f"{one.text}: answer number {next(numbers)}.")) as served:
        yield served


@pytest.fixture
def twin(tmp_path: Path, house: House) -> Iterator[ToyTwin]:
    """Somebody in front of it."""
    (tmp_path / "secret").write_bytes(SECRET)
    with ToyTwin(tmp_path, house.url) as one:
        yield one


@pytest.mark.parametrize("name", FAULTS)
def test_a_message_has_one_answer_or_the_promise_is_broken(name: str, twin: ToyTwin, house: House) -> None:
    twin.fault = FAULTS[name]
    if isinstance(house, AnswersAnew):
        with pytest.raises(PromiseBroken, match="answer"):
            twin.say("hi")
        return
    heard = twin.say("hi")
    assert heard.text == "hi: answer number 1."
    assert result(twin, [heard]) == f"{FAULTS[name].done}: one answer, the same bytes each time"
    assert len(house.turns) == 1


def test_the_last_message_comes_first(twin: ToyTwin, house: House) -> None:
    heard = reordered(twin, ["one", "two"])
    assert [one.text for one in heard] == ["two: answer number 1.", "one: answer number 2."]
    twin.fault = FAULTS["reorder"]
    assert result(twin, heard) == "delivered last one first, each of them twice: 2 messages, one answer each"


def test_no_answer_breaks_the_promise_unless_it_has_a_reason(twin: ToyTwin) -> None:
    twin.fault = FAULTS["retry"]
    with pytest.raises(PromiseBroken, match="sent again with the same id, the message got no answer"):
        result(twin, [Heard("yes"), Heard(NO_ANSWER)])
    silent = Heard(unanswered("the carrier answers STOP itself"))
    assert silent.text == "(no answer: the carrier answers STOP itself)"
    assert result(twin, [silent]) == "sent again with the same id: no answer, each time"
    told = result(twin, [silent, Heard("hello"), silent])
    assert told == "sent again with the same id: 3 messages, one answer each but for 2 that rightly got none"


def test_an_answer_that_comes_later_is_none_yet(twin: ToyTwin) -> None:
    twin.fault = FAULTS["retry"]
    with pytest.raises(PromiseBroken, match="the message got no answer yet"):
        result(twin, [Heard(NOT_YET)])


def test_what_is_only_shown_is_an_answer(twin: ToyTwin) -> None:
    twin.fault = FAULTS["retry"]
    for text in ("", NO_ANSWER):
        assert result(twin, [Heard(text, ("https://media.example/key.png",))]).endswith(twin.one_answer)


def test_hanging_up_says_whether_it_was_before_the_answer(twin: ToyTwin, house: House) -> None:
    gone = threading.Event()

    def slow(one: Request) -> Reply:
        gone.wait(10)
        return Reply(text=one.text)

    house.answer = slow
    assert twin.cut_off(twin.request("hi"), 0.05)
    gone.set()
    assert not twin.cut_off(twin.request("hi"), 10)
