"""Conversations in the hands of a human, over fakes that keep the stores' promises."""

from typing import Any

import pytest
from msgspec.structs import replace

from core.decide import Decider
from core.engine import Engine
from core.skillbook import LoadedSkill, SkillBook
from shared.effects import HandBack, HandOver
from shared.handing import Handoff
from shared.manifest import IntentSpec, SkillManifest
from shared.outside import NewCall
from shared.skill import CallContext, Skill, TurnContext, call
from shared.testing.fakes import FakeClock, FakeIds, FakeModel, FakeSessionStore, FakeTurnStore
from shared.turn import Attachment, Elicit, Keyword, Kind, Outcome, PlatformIntent, Reply, Request, SlotValue, Turn

SENTENCES = {"human please": "desk.start", "assistant please": "desk.end", "count": "other.count", "name": "other.name"}
QUIET, BACK = "Somebody of us reads this.", "I am back."
KEPT_QUIET = Reply(text="", human=QUIET)


class Desk(Skill):
    """Hands over and takes back."""

    over = HandOver("", "relay", QUIET, BACK, hours=2.0)

    @call("relay")
    async def relay(self, call: CallContext) -> None:
        """Nothing is carried out here."""

    async def handle(self, turn: TurnContext) -> Reply:
        if turn.intent == "desk.start":
            reason = turn.slot("reason")
            return Reply(text="A human comes.", effects=(replace(self.over, reason=reason.text if reason else ""),))
        return Reply(text="Here I am.", effects=(HandBack(),))


class Other(Skill):
    """Counts in the session, and asks for a name."""

    async def handle(self, turn: TurnContext) -> Reply:
        if turn.intent == "other.name" and turn.slot("name") is None:
            return Reply(text="Which name?", expects_answer=True, elicit=Elicit("other.name", "name"))
        number = int(str(turn.state.get("number", 0))) + 1
        return Reply(text=str(number), state={"number": number})


class House:
    """An engine with its fakes."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.turns = FakeTurnStore()
        self.sessions = FakeSessionStore()
        self.model = FakeModel(SENTENCES)
        self.ids = FakeIds()
        self.engine = self.worker()
        self._said = 0

    def worker(self) -> Engine:
        """Another engine on the same stores."""
        start = IntentSpec("…", platform=("HumanIntent",), confirm=True, effects=("hand_over",))
        end = IntentSpec("…", platform=("BackIntent",), effects=("hand_back",))
        desk = SkillManifest("desk", "Desk", "…", "skill:Desk", {"desk.start": start, "desk.end": end})
        other = SkillManifest(
            "other", "Other", "…", "skill:Other", {"other.count": IntentSpec("…"), "other.name": IntentSpec("…")}
        )
        book = SkillBook([LoadedSkill(desk, Desk(), {}), LoadedSkill(other, Other(), {})])
        decider = Decider(self.turns, self.model, book, self.clock, self.ids, "UTC")
        return Engine(self.turns, self.sessions, decider, self.clock, self.ids)

    def request(self, text: str = "", **more: Any) -> Request:
        self._said += 1
        now = self.clock.now()
        values: dict[str, Any] = {
            "app": "default", "channel": "rest", "message_id": f"m{self._said}", "conversation": "c", "user": "ann",
            "kind": Kind.UTTERANCE, "received_at": now, "deadline": now + 10, "text": text,
        }  # fmt: skip
        return Request(**{**values, **more})

    async def turn(self, text: str = "", **more: Any) -> Turn:
        return await self.engine.run(self.request(text, **more))

    async def say(self, text: str = "", **more: Any) -> Reply:
        reply = (await self.turn(text, **more)).reply
        assert reply is not None
        return reply

    async def hand_over(self, **more: Any) -> None:
        """The person wants a human, and agrees to it."""
        await self.say("human please", **more)
        assert "A human comes." in (await self.say("yes", **more)).text

    @property
    def handoffs(self) -> list[Handoff]:
        """All that began."""
        return [step for record in self.turns.records for step in record.handoff if isinstance(step, Handoff)]

    @property
    def calls(self) -> list[NewCall]:
        """All that goes to the human."""
        return [call for record in self.turns.records for call in record.calls]

    def events(self, name: str) -> list[dict[str, Any]]:
        """What the human got to know of that name."""
        return [call.content for call in self.calls if call.content["event"] == name]


@pytest.fixture
def house() -> House:
    return House()


async def test_a_human_is_told_only_once_the_person_agreed(house: House) -> None:
    await house.say("human please")
    assert not house.handoffs
    assert not house.calls
    await house.say("no")
    assert not house.handoffs
    await house.hand_over()
    (began,) = house.handoffs
    assert (began.app, began.channel, began.conversation, began.user) == ("default", "rest", "c", "ann")
    (call,) = house.calls
    assert (call.skill, call.name) == ("desk", "relay")
    assert call.content["event"] == "started"
    assert call.content["handoff"] == began.id
    assert call.content["user"] == "ann"


async def test_nexus_keeps_quiet_and_passes_on(house: House) -> None:
    await house.say("count")
    await house.hand_over()
    turn = await house.turn("count")
    assert (turn.outcome, turn.reply) == (Outcome.ANSWERED, KEPT_QUIET)
    (event,) = house.events("message")
    assert (event["text"], event["message_id"]) == ("count", turn.message_id)
    assert event["handoff"] == house.handoffs[0].id
    await house.say("assistant please")
    assert (await house.say("count")).text == "2"


async def test_without_a_model_everything_is_passed_on(house: House) -> None:
    await house.hand_over()
    house.model.broken = True
    assert await house.say("assistant please") == KEPT_QUIET
    assert [event["text"] for event in house.events("message")] == ["assistant please"]


async def test_the_mark_survives_a_flush_and_holds_for_other_workers(house: House) -> None:
    await house.hand_over()
    house.sessions.flush()
    house.engine = house.worker()
    assert await house.say("count") == KEPT_QUIET
    house.sessions.flush()
    assert await house.say("count") == KEPT_QUIET


async def test_other_conversations_and_people_are_answered(house: House) -> None:
    await house.hand_over()
    assert (await house.say("count", conversation="d")).text == "1"
    assert (await house.say("count", user="bob")).text == "1"
    assert (await house.say("count", app="other")).text == "1"
    assert await house.say("count") == KEPT_QUIET


async def test_a_repeated_message_is_passed_on_once(house: House) -> None:
    await house.hand_over()
    request = house.request("hello?")
    first = await house.engine.run(request)
    house.sessions.flush()
    assert await house.engine.run(request) == first
    assert len(house.events("message")) == 1


async def test_who_is_not_handed_over_costs_no_look(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def looked(*_: object) -> None:
        raise AssertionError("the store was asked")

    monkeypatch.setattr(house.turns, "handoff", looked)
    assert (await house.say("count")).text == "1"


async def test_the_person_takes_it_back_and_the_human_is_told(house: House) -> None:
    await house.hand_over()
    assert (await house.say("assistant please")).text == "Here I am."
    (event,) = house.events("ended")
    assert (event["by"], event["handoff"]) == ("person", house.handoffs[0].id)
    assert not house.events("message")
    assert (await house.say("count")).text == "1"


async def test_an_operator_gives_it_back_and_the_person_is_told_once(house: House) -> None:
    await house.hand_over()
    house.turns.give_back(house.handoffs[0].id, house.clock.now())
    assert (await house.say("count")).text == f"{BACK} 1"
    assert (await house.say("count")).text == "2"
    assert not house.events("ended")


async def test_what_cannot_be_answered_leaves_the_news_for_later(house: House) -> None:
    await house.hand_over()
    house.turns.give_back(house.handoffs[0].id, house.clock.now())
    house.model.broken = True
    assert (await house.turn("count")).outcome is Outcome.FAILED
    house.model.broken = False
    assert (await house.say("count")).text == f"{BACK} 1"


async def test_after_hours_of_silence_the_assistant_is_back(house: House) -> None:
    await house.hand_over()
    house.clock.move(1.9 * 3600)
    assert await house.say("still there?") == KEPT_QUIET
    house.clock.move(1.9 * 3600)
    assert await house.say("hello?") == KEPT_QUIET
    house.clock.move(2.1 * 3600)
    assert (await house.say("count")).text == f"{BACK} 1"
    assert house.events("ended")[0]["by"] == "time"
    await house.hand_over()
    assert len(house.handoffs) == 2


async def test_an_open_question_does_not_come_back(house: House) -> None:
    await house.say("name")
    await house.hand_over()
    await house.say("assistant please")
    assert (await house.say("count")).text == "1"


async def test_what_a_platform_understood_is_passed_on_as_that(house: House) -> None:
    await house.hand_over()
    intent = PlatformIntent("other.name", {"name": SlotValue("Bob", "Bob"), "more": SlotValue("", None)})
    assert await house.say(intent=intent) == KEPT_QUIET
    assert house.events("message")[0]["understood"] == {"intent": "other.name", "slots": {"name": "Bob"}}
    assert (await house.say(intent=PlatformIntent("BackIntent"))).text == "Here I am."


async def test_pictures_are_passed_on_and_events_are_not(house: House) -> None:
    await house.hand_over()
    picture = Attachment("https://media.example/1", "image/png")
    assert await house.say(attachments=(picture,)) == KEPT_QUIET
    assert await house.say(kind=Kind.EVENT, event="AudioPlayer.PlaybackStarted") == KEPT_QUIET
    assert await house.say(kind=Kind.OPEN) == KEPT_QUIET
    assert (await house.say(kind=Kind.CLOSE)).end_session
    attached = [{"url": "https://media.example/1", "media_type": "image/png"}]
    assert [event.get("attachments") for event in house.events("message")] == [attached]
    assert await house.say("hello?") == KEPT_QUIET


async def test_keywords_keep_working(house: House) -> None:
    await house.hand_over(opt_out=True)
    stop = await house.turn("STOP", opt_out=True, keyword=Keyword("stop"))
    assert stop.reply is not None
    assert stop.reply.text
    assert (await house.turn("hello", opt_out=True)).outcome is Outcome.REFUSED
    assert (await house.say("HELP", opt_out=True, keyword=Keyword("help"))).text
    assert (await house.say("START", opt_out=True, keyword=Keyword("start"))).text
    assert await house.say("hello", opt_out=True) == KEPT_QUIET
    assert [event["text"] for event in house.events("message")] == ["hello"]


@pytest.mark.parametrize("wrong", [{"relay": "nonesuch"}, {"hours": 0.0}, {"hours": 1e9}, {"hours": float("nan")}])
async def test_a_skill_that_hands_over_to_nobody_fails(
    house: House, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any]
) -> None:
    monkeypatch.setattr(Desk, "over", replace(Desk.over, **wrong))
    await house.say("human please")
    assert (await house.turn("yes")).outcome is Outcome.FAILED
    assert not house.handoffs
    assert (await house.say("count", conversation="d")).text == "1"
