"""What answers that come later meet: programs that fetch them, conversations that went on."""

from core.dialogue.state import read
from core.engine import MOST_DEFERRED
from shared.turn import Outcome
from tests.core.deferring.house import House, play, said


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
