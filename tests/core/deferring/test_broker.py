"""The broker's moments, and what it learns."""

import pytest

from core.deadline import Broker, Progress
from shared.testing.fakes import FakeClock
from shared.turn import Kind, Request


def request(clock: FakeClock, budget: float, message_id: str = "m", channel: str = "rest") -> Request:
    return Request(
        app="a",
        channel=channel,
        message_id=message_id,
        conversation="c",
        user="u",
        kind=Kind.UTTERANCE,
        received_at=clock.now(),
        deadline=clock.now() + budget,
    )


def after(clock: FakeClock, moment: float | None) -> float:
    return 0.0 if moment is None else round(moment - clock.now(), 5)


@pytest.mark.parametrize(
    ("budget", "patience", "decision"),
    [(8.0, 8 / 3, 5.6), (5.0, 5 / 3, 3.5), (15.0, 5.0, 10.5), (4.0, None, 2.8), (1.6, None, 1.12), (0.1, None, 0.07)],
)
def test_at_a_third_it_asks_for_patience_and_at_seventy_percent_it_decides(
    budget: float, patience: float | None, decision: float
) -> None:
    clock = FakeClock()
    moments = Broker(clock).moments(request(clock, budget))
    assert (moments.patience is None) == (patience is None)
    assert after(clock, moments.patience) == round(patience or 0.0, 5)
    assert after(clock, moments.decision) == decision


def test_the_longest_that_recording_and_rendering_took_lately_is_left_with_something_to_spare() -> None:
    clock = FakeClock()
    broker = Broker(clock)

    def decision(channel: str = "rest", budget: float = 1.0) -> float:
        return after(clock, broker.moments(request(clock, budget, channel=channel)).decision)

    def took(*times: float) -> None:
        for number, seconds in enumerate(times):
            asked = request(clock, 1.0, f"m{number}")
            broker.decided(asked)
            clock.move(seconds)
            assert broker.handed(asked) == pytest.approx(seconds, abs=1e-6)

    took(*[0.01] * 50, 0.4, 0.01, 0.32, *[0.01] * 50)
    assert (decision(), decision("web"), decision(budget=4.0)) == (0.5, 0.7, 2.8), "each channel has its own"
    took(*[0.01] * 203)
    assert decision() == 0.5
    took(0.01, 0.01)
    assert decision() == 0.6, "of the last 256"
    clock.move(901)
    assert decision() == 0.7, "in the last quarter of an hour"


def test_however_slow_recording_was_there_is_time_to_find_an_answer() -> None:
    clock = FakeClock()
    broker = Broker(clock)
    asked = request(clock, 1.0)
    broker.decided(asked)
    clock.move(5)
    broker.handed(asked)
    assert after(clock, broker.moments(request(clock, 1.0)).decision) == 0.4


def test_who_waited_for_their_turn_still_gets_a_moment_but_never_the_deadline() -> None:
    clock = FakeClock()
    waited, late = request(clock, 10.0), request(clock, 10.0)
    clock.move(7.5)
    assert after(clock, Broker(clock).moments(waited).decision) == 1.0
    clock.move(2.2)
    assert after(clock, Broker(clock).moments(late).decision) == 0.25
    clock.move(0.5)
    assert Broker(clock).moments(late).decision < clock.now()


def test_a_late_wake_up_is_part_of_the_margin_and_a_repetition_is_none() -> None:
    clock = FakeClock()
    broker, asked = Broker(clock), request(clock, 1.0)
    planned = clock.now()
    clock.move(0.2)
    broker.decided(asked, planned)
    assert broker.handed(asked) == pytest.approx(0.2, abs=1e-6)
    assert broker.handed(asked) is None


def test_what_was_said_so_far_is_joined() -> None:
    progress = Progress()
    assert progress.said == ""
    progress.say(" One. ")
    progress.say(" ")
    progress.say("Two.")
    assert progress.said == "One. Two."
