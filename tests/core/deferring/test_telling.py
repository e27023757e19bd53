"""A deferred answer is told once unasked, and again for an hour to who asks for it."""

import asyncio

import pytest

from shared.deferring import OFFERED_S
from shared.ports import Outgoing, Person
from shared.turn import Keyword, Outcome
from shared.wording import wording, wordings
from tests.core.deferring.house import ANN, NOTHING_OPEN, Door, House, play, said

STILL = wordings("still_at_it", "en")
BEFORE, NOW = wording("about_before", "en"), wording("and_now", "en")


async def ready(house: House, text: str = "slow", **more: object) -> None:
    """Something was asked, and its answer is there."""
    await house.deferred(text, **more)  # type: ignore[arg-type]
    await house.engine.background.settled()


def test_go_on_gives_the_answer_when_it_is_there() -> None:
    async def scenario(house: House) -> None:
        await house.deferred()
        assert await house.text("go on") in STILL
        assert await house.text("go on") in STILL
        await house.engine.background.settled()
        turn = await house.say("go on")
        assert turn.reply is not None
        assert (turn.reply.text, [card.title for card in turn.reply.cards]) == ("It is slow.", ["A card"])
        assert (house.state, house.turns.records[-1].session.deferred) == ("told", ())
        assert house.turns.records[-1].session.last_reply == "It is slow."

    play(scenario)


def test_nothing_is_open_where_nothing_was_deferred() -> None:
    async def scenario(house: House) -> None:
        assert await house.text("go on") == NOTHING_OPEN

    play(scenario)


def test_whatever_is_asked_next_is_answered_after_what_is_ready() -> None:
    async def scenario(house: House) -> None:
        await house.deferred()
        assert await house.text("quick") == "Quick.", "not ready yet"
        await house.engine.background.settled()
        turn = await house.say("quick")
        assert turn.reply is not None
        assert turn.reply.text == f"{BEFORE} It is slow. {NOW} Quick."
        assert [card.title for card in turn.reply.cards] == ["A card"]
        assert await house.text("quick") == "Quick.", "told once"

    play(scenario)


def test_a_failure_is_told_in_words() -> None:
    async def scenario(house: House) -> None:
        await ready(house, "break")
        assert house.state == "failed"
        turn = await house.say("quick")
        assert said(turn) == f"{BEFORE} {wording('skill_failed', 'en')} {NOW} Quick."
        assert turn.reply is not None
        assert (turn.reply.expects_answer, turn.reply.reprompt) == (False, None), "what was said last asks nothing"
        await ready(house, "break")
        assert await house.text("go on") == wording("skill_failed", "en")

    play(scenario)


def test_it_waits_for_an_answer_that_it_fits_before() -> None:
    async def scenario(house: House) -> None:
        await ready(house)
        assert await house.text("bye") == "Bye."
        house.skill.seconds = 0
        assert await house.text("break") == wording("skill_failed", "en")
        assert "It is slow." in await house.text("quick")

    play(scenario)


def test_several_are_told_one_after_the_other() -> None:
    async def scenario(house: House) -> None:
        await house.deferred("slow")
        await house.deferred("keep")
        await house.engine.background.settled()
        first, second = await house.text("go on"), await house.text("go on")
        assert {first.removesuffix(f" {wording('another_ready', 'en')}"), second} == {"It is slow.", "Kept."}
        assert len(first) > len("It is slow."), "the first one says that there is another"

    play(scenario)


def test_for_an_hour_it_is_said_again_to_who_asks_anywhere_and_then_never() -> None:
    async def scenario(house: House) -> None:
        await ready(house)
        assert await house.text("go on", conversation="elsewhere") == "It is slow.", "not told yet, asked for elsewhere"
        assert await house.text("quick") == "Quick.", "so it is told here no more"
        await asyncio.sleep(OFFERED_S / 2)
        assert await house.text("go on") == "It is slow."
        assert await house.text("go on", user="bob") == NOTHING_OPEN
        await asyncio.sleep(OFFERED_S / 2)
        assert await house.text("go on") == NOTHING_OPEN

    play(scenario)


def test_after_an_hour_nobody_is_told_unasked() -> None:
    async def scenario(house: House) -> None:
        await ready(house)
        await asyncio.sleep(OFFERED_S)
        assert await house.text("quick") == "Quick."
        assert house.turns.records[-1].session.deferred == ()

    play(scenario)


def test_two_conversations_that_ask_at_once_are_both_told_and_nobody_after_them() -> None:
    async def scenario(house: House) -> None:
        await ready(house)
        here, elsewhere = await asyncio.gather(house.text("go on"), house.text("go on", conversation="elsewhere"))
        assert (here, elsewhere) == ("It is slow.", "It is slow.")
        assert await house.text("quick") == "Quick."

    play(scenario)


def test_a_question_is_open_only_once_it_was_heard() -> None:
    async def scenario(house: House) -> None:
        await ready(house, "ask")
        assert await house.text("quick", conversation="elsewhere") == "Quick."
        assert "Hello" not in await house.text("Bob", conversation="elsewhere")
        turn = await house.say("go on")
        assert turn.reply is not None
        assert (turn.reply.text, turn.reply.elicit is not None) == ("Which name?", True)
        assert await house.text("Bob") == "Hello Bob."

    play(scenario)


def test_words_said_before_a_question_was_heard_are_no_answer_to_it() -> None:
    async def scenario(house: House) -> None:
        await ready(house, "ask")
        text = await house.text("Bob")
        assert "Hello" not in text
        assert text.startswith(f"{BEFORE} Which name? {NOW}")
        assert await house.text("Bob") == "Hello Bob.", "now it was heard"

    play(scenario)


def test_a_question_that_was_answered_slowly_is_not_asked_again() -> None:
    async def scenario(house: House) -> None:
        house.skill.seconds = 0
        assert await house.text("ask") == "Which name?"
        house.skill.seconds = 20
        await house.deferred("slow")
        assert await house.text("quick") == "Quick.", "and not: back to my question"

    play(scenario)


def test_where_a_door_can_write_it_is_written_and_told_no_more() -> None:
    async def scenario(house: House) -> None:
        turn = await house.deferred(door=Door(writes=True))
        assert said(turn) in wordings("answer_written", "en")
        await house.engine.background.settled()
        assert house.turns.records[-1].outgoing == (Outgoing({"text": "It is slow."}, "here"),)
        assert (house.state, house.turns.records[-1].session.deferred) == ("told", ())
        assert await house.text("quick") == "Quick."
        assert await house.text("go on") == "It is slow."

    play(scenario)


def test_where_a_page_asks_by_itself_nobody_is_told_to() -> None:
    async def scenario(house: House) -> None:
        turn = await house.deferred(door=Door(fetches=True))
        assert said(turn) in wordings("answer_written", "en")
        await house.engine.background.settled()
        assert (house.turns.records[-1].outgoing, house.state) == ((), "done"), "until it is asked for"

    play(scenario)


def test_who_opted_out_meanwhile_is_not_written_to() -> None:
    async def scenario(house: House) -> None:
        door = Door(writes=True)
        await house.deferred(door=door, opt_out=True)
        await house.say("STOP", door=door, opt_out=True, keyword=Keyword("stop"))
        await house.engine.background.settled()
        assert (house.turns.records[-1].outgoing, house.state) == ((), "done")
        await house.say("START", door=door, opt_out=True, keyword=Keyword("start"))
        assert "It is slow." in await house.text("quick", opt_out=True)

    play(scenario)


def test_a_door_that_breaks_over_writing_leaves_it_to_be_told() -> None:
    async def scenario(house: House) -> None:
        door = Door(writes=True)
        await house.deferred(door=door)
        door.later = lambda *_: 1 / 0  # type: ignore[method-assign,assignment]
        await house.engine.background.settled()
        assert house.state == "done"
        assert await house.text("go on") == "It is slow."

    play(scenario)


@pytest.mark.parametrize("tells", [True, False])
def test_who_looks_a_message_up_finds_the_answer_under_its_own_id(tells: bool) -> None:
    async def scenario(house: House) -> None:
        first = await house.deferred(message_id="m")
        assert await house.engine.find("default", "rest", "m", tells=lambda _: tells) == first
        await house.engine.background.settled()
        found = await house.engine.find("default", "rest", "m", tells=lambda _: tells)
        assert found is not None
        assert (found.message_id, found.outcome, said(found)) == ("m", Outcome.ANSWERED, "It is slow.")
        assert await house.text("quick") == ("Quick." if tells else f"{BEFORE} It is slow. {NOW} Quick.")
        assert await house.say("slow", "m") == first, "the message itself has its first answer"

    play(scenario)


def test_a_person_has_only_their_own() -> None:
    async def scenario(house: House) -> None:
        await ready(house)
        [id_] = house.turns.owed
        assert await house.turns.deferred(Person("default", "rest:bob"), (id_,)) == []
        assert [one.id for one in await house.turns.deferred(ANN, (id_, "none"))] == [id_]

    play(scenario)
