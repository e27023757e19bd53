"""Never two answers, never none: what happens to a message whose answer is not ready in time."""

import asyncio

import pytest

from core.background import MOST_AGE_S, MOST_ATTEMPTS
from core.decide import Decider
from core.engine import MOST_DEFERRED
from shared.deferring import answer_id
from shared.errors import StoreUnavailable
from shared.turn import Outcome, Reply, Session
from shared.wording import wording, wordings
from tests.core.deferring.house import ANN, Door, House, play, said
from tests.infra.storage.records import handoff

ASK = wordings("answer_asked_for", "en")


def test_what_takes_long_is_answered_at_seventy_percent_and_finished_later() -> None:
    async def scenario(house: House) -> None:
        turn = await house.deferred()
        assert house.clock.monotonic() == pytest.approx(7.0 + house.turns.seconds, abs=0.02)
        assert turn.reply is not None
        assert (turn.reply.text in ASK, turn.reply.expects_answer) == (True, True)
        [held] = house.turns.records
        assert held.defers is not None
        assert held.session.deferred == (held.defers.id,)
        assert (held.trace.deferred, "waited" in held.trace.stages_ms) == (held.defers.id, True)
        await house.engine.background.settled()
        assert house.clock.monotonic() == pytest.approx(20, abs=0.2)
        assert house.outcomes == ["deferred", "answered"]
        answer = house.turns.records[1]
        assert answer.turn.message_id == answer_id(held.defers.id)
        assert (said(answer.turn), answer.turn.seq, answer.trace.deferred) == ("It is slow.", 2, held.defers.id)
        assert (house.state, house.skill.asked) == ("done", ["slow.answer"])

    play(scenario)


@pytest.mark.parametrize("milliseconds", [*range(6900, 7100, 10), 6999, 7001, 7009, 7011])
def test_around_the_decision_there_is_one_answer_or_a_promise_that_is_kept(milliseconds: int) -> None:
    async def scenario(house: House) -> None:
        house.skill.seconds, house.turns.seconds = milliseconds / 1000, 0.03
        turn = await house.say("keep")
        await house.engine.background.settled()
        if turn.outcome is Outcome.ANSWERED:
            assert (said(turn), house.outcomes) == ("Kept.", ["answered"])
        else:
            assert house.outcomes == ["deferred", "answered"]
            assert await house.text("go on") == "Kept."
            assert await house.text("quick") == "Quick.", "told once"
        assert len(await house.turns.memories(ANN)) == 1
        assert len(house.skill.asked) == 1 + (house.outcomes[0] == "deferred"), "worked out once"

    play(scenario)


def test_somebody_who_waits_long_is_asked_for_patience_once() -> None:
    async def scenario(house: House) -> None:
        door = Door()
        await house.deferred(door=door)
        [(at, words)] = door.held
        assert at == pytest.approx(10 / 3, abs=0.01)
        assert words in wordings("one_moment", "en")
        for text, budget in (("quick", 10), ("slow", 4)):
            await house.say(text, door=door, deadline=house.clock.now() + budget)
        assert len(door.held) == 1

    play(scenario)


def test_in_the_language_of_the_person() -> None:
    async def scenario(house: House) -> None:
        for locale in ("de-DE", "fr-FR", "es-ES", "it-IT"):
            turn = await house.deferred(locale=locale, conversation=locale)
            assert said(turn) in wordings("answer_asked_for", locale)
            assert turn.reply is not None
            assert turn.reply.language == locale[:2]

    play(scenario)


def test_a_repetition_gets_the_stored_holding_line() -> None:
    async def scenario(house: House) -> None:
        first, second = await asyncio.gather(house.say("slow", "m"), house.worker().run(house.request("slow", "m")))
        assert first == second
        await house.engine.background.settled()
        assert await house.say("slow", "m") == first
        assert house.outcomes == ["deferred", "answered"]

    play(scenario)


def test_the_conversation_goes_on_meanwhile_and_state_is_not_lost() -> None:
    async def scenario(house: House) -> None:
        await house.deferred("count")
        house.skill.seconds = 1.0
        assert await house.text("count") == "Number 1."
        await house.engine.background.settled()
        assert house.turns.records[-1].session.skills == {"slow": {"number": 2}}
        assert await house.text("go on") == "Number 2.", "it was counted anew on the fresh session"
        assert house.skill.asked.count("slow.count") == 3

    play(scenario)


def test_what_changes_nothing_is_not_computed_again() -> None:
    async def scenario(house: House) -> None:
        await house.deferred("slow")
        await house.text("quick")
        await house.engine.background.settled()
        assert house.skill.asked == ["slow.answer", "slow.quick"]
        assert (house.turns.records[-1].turn.seq, house.turns.records[-1].session.last_reply) == (3, "Quick.")

    play(scenario)


def test_a_turn_that_was_recorded_in_between_makes_the_holding_line_the_next() -> None:
    async def scenario(house: House) -> None:
        other = house.worker()
        house.sessions.open = lambda *_: _away()  # type: ignore[method-assign,assignment]
        slow = asyncio.create_task(house.say("slow"))
        await asyncio.sleep(1)
        await other.run(house.request("quick"))
        turn = await slow
        assert (turn.outcome, turn.seq) == (Outcome.DEFERRED, 2)
        await house.engine.background.settled()
        assert house.outcomes == ["answered", "deferred", "answered"]

    async def _away() -> None:
        raise StoreUnavailable("away")

    play(scenario)


def test_a_worker_that_dies_before_the_commit_leaves_it_to_another() -> None:
    async def scenario(house: House) -> None:
        await house.deferred("keep")
        await house.engine.background.close(0)
        other = house.worker()
        for _ in range(2):
            other.background.resume(house.left(), 2)
        await other.background.settled()
        assert house.outcomes == ["deferred", "answered"]
        assert len(await house.turns.memories(ANN)) == 1
        assert house.turns.records[-1].session.deferred == house.turns.records[0].session.deferred
        assert await house.text("go on") == "Kept."

    play(scenario)


def test_two_that_finish_it_at_once_are_one_answer() -> None:
    async def scenario(house: House) -> None:
        await house.deferred("count")
        other, third = house.worker(), house.worker()
        other.background.resume(house.left(), 2)
        third.background.resume(house.left(), 3)
        await asyncio.gather(*(one.background.settled() for one in (house.engine, other, third)))
        assert house.outcomes == ["deferred", "answered"]
        assert house.turns.records[-1].session.skills == {"slow": {"number": 1}}

    play(scenario)


def test_a_crash_after_the_commit_changes_nothing() -> None:
    async def scenario(house: House) -> None:
        await house.deferred("keep")
        await house.engine.background.settled()
        house.sessions.flush()
        other = house.worker()
        other.background.resume(house.left(), 2)
        await other.background.settled()
        assert house.outcomes == ["deferred", "answered"]
        assert len(await house.turns.memories(ANN)) == 1

    play(scenario)


@pytest.mark.parametrize("attempt", [MOST_ATTEMPTS, MOST_ATTEMPTS + 1])
def test_after_some_attempts_it_is_given_up_in_words(attempt: int) -> None:
    async def scenario(house: House) -> None:
        await house.deferred("keep")
        await house.engine.background.close(0)
        house.worker().background.resume(house.left(), attempt)
        await asyncio.sleep(60)
        given_up = attempt > MOST_ATTEMPTS
        assert house.state == ("failed" if given_up else "done")
        assert await house.text("go on") == (wording("too_slow", "en") if given_up else "Kept.")

    play(scenario)


def test_what_is_too_old_is_given_up() -> None:
    async def scenario(house: House) -> None:
        await house.deferred("keep")
        await house.engine.background.close(0)
        await asyncio.sleep(MOST_AGE_S)
        house.engine.background.resume(house.left(), 2)
        await house.engine.background.settled()
        assert (house.state, house.skill.asked) == ("failed", ["slow.keep"])

    play(scenario)


def test_what_never_ends_fails_within_a_minute() -> None:
    async def scenario(house: House) -> None:
        house.skill.seconds = 1e9
        await house.deferred()
        await house.engine.background.settled()
        assert (house.outcomes, house.clock.monotonic() < 60) == (["deferred", "failed"], True)
        assert await house.text("go on") == wording("too_slow", "en")

    play(scenario)


def test_a_store_that_is_away_is_waited_for() -> None:
    async def scenario(house: House) -> None:
        await house.deferred("keep")
        record, back_at = house.turns.record, house.clock.now() + 60

        async def away(*arguments: object) -> object:
            if house.clock.now() < back_at:
                raise StoreUnavailable("away")
            return await record(*arguments)  # type: ignore[arg-type]

        house.turns.record = away  # type: ignore[method-assign,assignment]
        await house.engine.background.settled()
        assert (house.outcomes, house.skill.asked) == (["deferred", "answered"], ["slow.keep"])

    play(scenario)


def test_without_the_holding_lines_commit_nothing_is_promised() -> None:
    async def scenario(house: House) -> None:
        async def away(*_: object) -> None:
            raise StoreUnavailable("away")

        record, house.turns.record = house.turns.record, away  # type: ignore[method-assign,assignment]
        with pytest.raises(StoreUnavailable):
            await house.say("keep", "m")
        house.turns.record = record  # type: ignore[method-assign]
        await asyncio.sleep(100)
        assert (house.turns.records, house.engine.background.held) == ([], [])
        house.skill.seconds = 0
        assert said(await house.say("keep", "m")) == "Kept."

    play(scenario)


def test_while_a_human_has_the_conversation_nothing_is_deferred() -> None:
    async def scenario(house: House) -> None:
        over = handoff("h", conversation="c", started_at=0.0, until=house.clock.now() - 1)
        house.turns._handoffs[ANN, "h"] = over
        house.sessions._sessions[ANN, "rest", "c"] = Session(handoff="h")
        turn = await house.say("slow")
        assert (turn.outcome, said(turn)) == (Outcome.FAILED, wording("too_slow", "en"))
        assert house.turns.owed == {}

    play(scenario)


def test_there_is_an_end_to_what_is_worked_on() -> None:
    async def scenario(house: House) -> None:
        house.engine.background._most = 2
        turns = await asyncio.gather(*(house.say("slow", conversation=f"c{number}") for number in range(4)))
        assert sorted(turn.outcome.value for turn in turns) == ["deferred", "deferred", "failed", "failed"]
        refused = [said(turn) for turn in turns if turn.outcome is Outcome.FAILED]
        assert refused == [wording("too_busy", "en")] * 2
        await house.engine.background.settled()
        assert house.outcomes.count("answered") == 2

    play(scenario)


def test_there_is_an_end_to_what_one_conversation_waits_for() -> None:
    async def scenario(house: House) -> None:
        house.skill.seconds = 1e9
        for _ in range(MOST_DEFERRED):
            await house.deferred(deadline=house.clock.now() + 1)
        assert (await house.say("slow", deadline=house.clock.now() + 1)).outcome is Outcome.FAILED

    play(scenario)


class Generating(Decider):
    """Says one sentence after the other; the answer that it ends with is `whole`."""

    whole = "One. Two. Three."

    async def _by_skills(self, *arguments: object) -> object:  # type: ignore[override]
        progress = arguments[-1]
        for sentence in ("One.", "Two.", "Three."):
            await asyncio.sleep(3)
            progress.say(sentence)  # type: ignore[attr-defined]
        return await self._said(None, Reply(text=self.whole), arguments[1].request, {})  # type: ignore[attr-defined]


class Replaced(Generating):
    """Thinks better of it."""

    whole = "I do not know."


class Complete(Generating):
    """Has said all that there is."""

    whole = "One. Two."


@pytest.mark.parametrize(
    ("decider", "rest", "state"),
    [(Generating, "Three.", "done"), (Replaced, "I do not know.", "done"), (Complete, "", "told")],
)
def test_what_is_complete_is_said_at_once_and_the_rest_later(decider: type[Decider], rest: str, state: str) -> None:
    async def scenario(house: House) -> None:
        house.engine = house.worker(decider)
        turn = await house.deferred()
        assert said(turn).removeprefix("One. Two. ") in wordings("rest_asked_for", "en")
        await house.engine.background.settled()
        assert (said(house.turns.records[-1].turn), house.state) == (rest, state)
        found = await house.engine.find("default", "rest", turn.message_id)
        assert found is not None
        assert said(found) == (rest or wording("that_was_all", "en")), "who looks it up is never shown nothing"

    play(scenario)
