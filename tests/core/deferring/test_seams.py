"""What answers that come later meet: programs that fetch them, conversations that went on, humans, models that hang."""

import asyncio

import pytest

from core.deadline import WORK_S
from core.dialogue.state import read
from core.engine import MOST_DEFERRED
from shared.errors import DeadlineExceeded
from shared.skill import TurnContext
from shared.testing.fakes import FakeModel
from shared.turn import Outcome, Reply, Session, Understanding
from tests.core.deferring.fasttime import LoopClock
from tests.core.deferring.house import ANN, House, play, said
from tests.infra.storage.records import handoff


def test_what_was_fetched_is_not_waited_for_any_more() -> None:
    async def scenario(house: House) -> None:
        for number in range(MOST_DEFERRED + 2):
            turn = await house.deferred("slow", message_id=f"fetched{number}")
            await house.engine.background.settled()
            found = await house.engine.find("default", "rest", turn.message_id, tells=lambda _: True)
            assert found is not None
            assert (found.outcome, said(found)) == (Outcome.ANSWERED, "It is slow.")
        assert len(house.turns.records[-1].session.deferred) == 1

    play(scenario)


def test_a_question_that_was_asked_meanwhile_stays_open() -> None:
    async def scenario(house: House) -> None:
        await house.deferred("count")
        house.skill.seconds = 0.0
        assert await house.text("ask") == "Which name?"
        await house.engine.background.settled()
        asked, counted = house.turns.records[-2:]
        assert (said(counted.turn), counted.session.skills) == ("Number 1.", {"slow": {"number": 1}})
        assert read(counted.session.dialogue).question == read(asked.session.dialogue).question is not None
        assert (counted.session.last_reply, counted.session.last_intent) == ("Which name?", "slow.ask")

    play(scenario)


class Hanging(FakeModel):
    """Never answers; whoever asks is told so in the end."""

    async def understand(self, text: str, locale: str, deadline: float, *, sure: bool = False) -> Understanding:
        """See `ModelService.understand`."""
        clock = LoopClock()
        await asyncio.sleep(deadline - clock.now())
        raise DeadlineExceeded("the model did not answer in time")


def test_a_human_gets_every_message_though_the_model_hangs() -> None:
    async def scenario(house: House) -> None:
        house.model = Hanging()
        house.engine = house.worker()
        _in_hands(house, until=house.clock.now() + 3600)
        turn = await house.say("hello?")
        assert (turn.outcome, said(turn)) == (Outcome.ANSWERED, "")
        [call] = house.turns.records[-1].calls
        assert call.content["text"] == "hello?"

    play(scenario)


def test_what_may_not_come_later_is_worked_on_only_while_somebody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(house: House) -> None:
        until: list[float] = []

        async def handle(turn: TurnContext) -> Reply:
            until.append(turn.request.deadline - turn.request.received_at)
            return Reply(text="Quick.")

        monkeypatch.setattr(house.skill, "handle", handle)
        await house.say("quick")
        _in_hands(house, until=house.clock.now() - 1)
        await house.say("quick")
        assert until == [WORK_S, 10.0]

    play(scenario)


def _in_hands(house: House, until: float) -> None:
    """A human has the conversation."""
    house.turns._handoffs[ANN, "h"] = handoff("h", conversation="c", started_at=0.0, until=until)
    house.sessions._sessions[ANN, "rest", "c"] = Session(seq=len(house.turns.records), handoff="h")
