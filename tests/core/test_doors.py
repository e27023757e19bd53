"""What the engine does with the door that a request came through: its own answer, and what goes out."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.effects import Forget, Keep, Remember
from shared.errors import StoreUnavailable
from shared.ports import Documents, Outgoing, Person
from shared.turn import Attachment, Elicit, Keyword, Kind, Outcome, Reply, Request, Turn
from shared.wording import wording
from tests.core.test_engine import House

ANN = Person("default", "rest:ann")
PHOTO = Attachment("https://example.org/1", "image/jpeg")


class Door:
    """Answers what it is told to answer, and sends every answer's text."""

    answers_first = True
    fetches_later = False
    place = ""

    def __init__(self, answer: Callable[[Documents], Awaitable[Reply | None]]) -> None:
        self._answer = answer
        self.asked = 0

    async def answer(self, request: Request, documents: Documents) -> Reply | None:
        """See `shared.ports.Door`."""
        self.asked += 1
        return await self._answer(documents)

    def outgoing(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        """See `shared.ports.Door`."""
        return (Outgoing({"text": turn.reply.text if turn.reply else ""}, "here"),)

    def later(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        """See `shared.ports.Door`."""
        return self.outgoing(request, turn)

    async def hold(self, request: Request, words: str) -> None:
        """See `shared.ports.Door`."""


def saying(reply: Reply | None) -> Door:
    """A door with one answer."""

    async def answer(_: Documents) -> Reply | None:
        return reply

    return Door(answer)


def failing(error: Exception) -> Door:
    """A door that breaks."""

    async def answer(_: Documents) -> Reply | None:
        raise error

    return Door(answer)


@pytest.fixture
def house() -> House:
    return House()


async def run(house: House, door: Door, text: str = "count", message_id: str = "m1", **more: Any) -> Turn:
    return await house.engine.run(house.request(text, message_id, **more), door)


@pytest.mark.parametrize("kind", [Kind.OPEN, Kind.UTTERANCE, Kind.EVENT, Kind.CLOSE])
async def test_a_door_that_answers_first_is_recorded_like_any_reply(house: House, kind: Kind) -> None:
    turn = await run(house, saying(Reply(text="mine")), kind=kind)
    assert (turn.outcome, turn.reply and turn.reply.text) == (Outcome.ANSWERED, "mine")
    assert (house.turns.records[0].trace.skill, house.skill.calls) == ("door:rest", 0)
    assert "door's answer" in turn.timings_ms


async def test_what_the_door_does_not_answer_is_left_to_the_skills(house: House) -> None:
    door = saying(None)
    assert (await run(house, door)).reply == Reply(text="1", state={"number": 1}, language="en")
    door.answers_first = False
    await run(house, door, message_id="m2")
    assert (door.asked, house.turns.records[1].trace.skill) == (1, "counter")


async def test_the_effects_of_a_doors_answer_count(house: House) -> None:
    await run(house, saying(Reply(text="a", effects=(Remember("a thing"), Keep("doc", {"n": 1})))))
    [memory] = await house.turns.memories(ANN)
    assert (memory.text, await house.turns.document(ANN, "doc")) == ("a thing", {"n": 1})

    async def read(documents: Documents) -> Reply:
        content = await documents.get("doc") or {}
        return Reply(text=str(content["n"]), effects=(Keep("doc", None), Forget(memory.id)))

    turn = await run(house, Door(read), message_id="m2")
    assert (turn.reply and turn.reply.text) == "1"
    assert (await house.turns.memories(ANN), await house.turns.document(ANN, "doc")) == ([], None)


@pytest.mark.parametrize("content", [{"x": object()}, {"x": "y" * 2_000_000}, {"x": 1 << 200}])
async def test_what_is_no_document_fails_the_turn(house: House, content: dict[str, Any]) -> None:
    turn = await run(house, saying(Reply(text="a", effects=(Keep("doc", content),))))
    assert turn.outcome is Outcome.FAILED
    assert await house.turns.document(ANN, "doc") is None


async def test_a_document_is_kept_as_json_gives_it_back(house: House) -> None:
    content = {"at": datetime(2026, 11, 24, tzinfo=UTC), "by": {1: (2, 3)}}
    await run(house, saying(Reply(text="a", effects=(Keep("doc", content),))))
    assert await house.turns.document(ANN, "doc") == {"at": "2026-11-24T00:00:00Z", "by": {"1": [2, 3]}}


async def test_a_doors_failure_is_like_a_skills(house: House, caplog: pytest.LogCaptureFixture) -> None:
    turn = await run(house, failing(RuntimeError("secret")))
    assert (turn.outcome, turn.reply and turn.reply.text) == (Outcome.FAILED, wording("skill_failed", "en"))
    assert turn.reason == "skill door:rest failed: RuntimeError"
    assert "secret" not in caplog.text
    with pytest.raises(StoreUnavailable):
        await run(house, failing(StoreUnavailable("down")), message_id="m2")
    assert [record.turn.message_id for record in house.turns.records] == ["m1"]


async def test_a_slow_door_is_cut_off_before_the_deadline(house: House) -> None:
    async def sleep(_: Documents) -> None:
        await asyncio.sleep(60)

    turn = await run(house, Door(sleep), deadline=house.clock.now() + 0.05)
    assert (turn.outcome, turn.reply and turn.reply.text) == (Outcome.FAILED, wording("too_slow", "en"))


async def test_a_doors_question_is_kept_where_a_skill_can_take_the_answer(house: House) -> None:
    asks = Reply(text="Who?", elicit=Elicit("counter.name", "name"), expects_answer=True)
    await run(house, saying(asks))
    assert (await run(house, saying(None), "Bo", "m2")).reply == Reply(text="Hello Bo", language="en")
    await run(house, saying(Reply(text="Who?", elicit=Elicit("theirs.only", "name"))), message_id="m3")
    assert (await run(house, saying(None), "count", "m4")).reply == Reply(text="1", state={"number": 1}, language="en")


async def test_keywords_come_before_the_door(house: House) -> None:
    door = saying(Reply(text="mine"))
    turn = await run(house, door, "STOP", opt_out=True, keyword=Keyword("stop"))
    assert (door.asked, turn.reply and turn.reply.text) == (0, wording("stopped", "en"))


# -- what goes out -----------------------------------------------------------------------------------------------------


async def test_what_goes_out_is_in_the_record_of_the_turn(house: House) -> None:
    door = saying(None)
    await run(house, door)
    await run(house, door)
    [record] = house.turns.records
    assert (record.outgoing, record.owed) == ((Outgoing({"text": "1"}, "here"),), False)


async def test_nothing_goes_out_to_who_opted_out_or_has_the_carriers_answer(house: House) -> None:
    door = saying(None)
    texts = [
        ("STOP", Keyword("stop")),
        ("count", None),
        ("START", Keyword("start", carrier_answers=True)),
        ("HELP", Keyword("help")),
    ]
    for number, (text, keyword) in enumerate(texts):
        await run(house, door, text, f"m{number}", opt_out=True, keyword=keyword)
    assert [len(record.outgoing) for record in house.turns.records] == [1, 0, 0, 1]
    assert [record.owed for record in house.turns.records] == [True, False, True, True]
    assert [record.consent for record in house.turns.records] == [False, None, True, None]


def _breaks(*_: object) -> tuple[Outgoing, ...]:
    raise TypeError("broken on purpose: secret")


def _cannot_be_stored(*_: object) -> tuple[Outgoing, ...]:
    return (Outgoing({"x": object()}),)


@pytest.mark.parametrize("outgoing", [_breaks, _cannot_be_stored])
async def test_a_door_that_cannot_say_what_goes_out_fails_the_turn(
    house: House,
    outgoing: Callable[..., tuple[Outgoing, ...]],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    door = saying(None)
    monkeypatch.setattr(door, "outgoing", outgoing)
    turn = await run(house, door)
    assert (turn.outcome, turn.reason) == (Outcome.FAILED, "channel rest failed: TypeError")
    assert house.turns.records[0].outgoing == ()
    assert "secret" not in caplog.text


# -- attachments -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("media_type", "said"),
    [
        ("image/png", wording("got_picture", "en")),
        ("audio/amr", wording("got_sound", "en")),
        ("text/vcard", wording("got_file", "en")),
        ("", wording("got_file", "en")),
    ],
)
async def test_an_attachment_without_words_is_told_to_have_come(house: House, media_type: str, said: str) -> None:
    await house.say("name", "m0")
    turn = await house.engine.run(house.request("", attachments=(Attachment("https://x", media_type),)))
    assert (turn.outcome, turn.reply and turn.reply.text) == (Outcome.ANSWERED, said)
    assert await house.say("Ann", "m2") == "Hello Ann", "the question stays open"


async def test_an_attachment_with_words_is_about_the_words(house: House) -> None:
    assert await house.say("count", "m1", attachments=(PHOTO,)) == "1"
