"""A conversation goes to a human and comes back, with all that is real around it, and a desk that gets posts over real HTTP."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from shared.turn import Attachment, Keyword, Outcome, PlatformIntent, SlotValue
from tests.skills.wired import Wired, wired
from tests.standin import Answer, Came, Standin, serving

SECRET = "a secret of the desk"


class Desk:
    """What the humans got. `status` is how it answers."""

    def __init__(self) -> None:
        self.status = 204
        self.standin: Standin | None = None

    def answer(self, came: Came) -> Answer:
        """Takes it, or not."""
        return Answer(b"", self.status)

    @property
    def came(self) -> list[Came]:
        """All posts."""
        assert self.standin is not None
        return self.standin.came

    @property
    def events(self) -> list[dict[str, Any]]:
        """What they say."""
        return [json.loads(one.body) for one in self.came]

    def texts(self, event: str = "message") -> list[str]:
        """What was passed on, in order."""
        return [one["text"] for one in self.events if one["event"] == event]

    @property
    def config(self) -> dict[str, str]:
        """The settings of the skill."""
        assert self.standin is not None
        return {"webhook": f"{self.standin.url}/nexus?desk=1", "secret": SECRET, "hours": "2"}


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    with serving(made.answer) as made.standin:
        yield made


@pytest.fixture
async def house(database_url: str, desk: Desk) -> AsyncIterator[Wired]:
    async with wired("handoff", database_url) as made:
        made.outside.told["default"] = desk.config
        yield made


async def hand_over(house: Wired, reason: str = "my invoice is wrong", **more: Any) -> None:
    """The person wants a human, and agrees."""
    asked = await house.say("handoff.start", f"get me a human, {reason}", {"reason": reason}, **more)
    assert reason in asked.text
    said = await house.say("assistant.yes", "yes", **more)
    assert said.text.startswith("I have told them.")


async def test_the_human_gets_all_of_it_signed_and_in_order(house: Wired, desk: Desk) -> None:
    await hand_over(house)
    assert desk.came == [], "not before the turn is stored"
    for text in ("hello?", "is anybody there", "grüße"):
        turn = await house.turn(None, text)
        assert (turn.outcome, turn.reply and turn.reply.text) == (Outcome.ANSWERED, "")
    await house.go()
    started, *messages = desk.events
    assert started == {
        "event": "started",
        "handoff": started["handoff"],
        "app": "default",
        "channel": "rest",
        "conversation": "main",
        "user": "ann",
        "locale": "en-US",
        "at": started["at"],
        "reason": "my invoice is wrong",
    }
    assert desk.texts() == ["hello?", "is anybody there", "grüße"]
    assert {one["handoff"] for one in messages} == {started["handoff"]}
    for came in desk.came:
        expected = "sha256=" + hmac.new(SECRET.encode(), came.body, hashlib.sha256).hexdigest()
        assert came.headers["x-nexus-signature-256"] == expected
        assert came.headers["content-type"] == "application/json"
        assert (came.method, came.path, came.query) == ("POST", "/nexus", {"desk": "1"})
    assert len({came.headers["idempotency-key"] for came in desk.came}) == 4


async def test_without_a_secret_nothing_is_signed(house: Wired, desk: Desk) -> None:
    house.outside.told["default"] = {"webhook": desk.config["webhook"]}
    await hand_over(house)
    await house.go()
    assert "x-nexus-signature-256" not in desk.came[0].headers


async def test_a_desk_that_is_down_gets_it_later_under_the_same_key(house: Wired, desk: Desk) -> None:
    await hand_over(house)
    await house.say(None, "hello?")
    desk.status = 503
    await house.go()
    desk.status = 404
    await house.go(2)
    desk.status = 200
    await house.go(3600)
    assert [one["event"] for one in desk.events] == ["started"] * 3 + ["message"]
    assert len({came.headers["idempotency-key"] for came in desk.came[:3]}) == 1


async def test_a_desk_that_is_gone_for_good_is_left_alone(house: Wired, desk: Desk) -> None:
    await hand_over(house)
    desk.status = 410
    await house.go()
    await house.go(600)
    assert len(desk.came) == 1


async def test_it_survives_flush_and_restart_and_repetition(house: Wired, desk: Desk) -> None:
    await hand_over(house)
    house.sessions.flush()
    house.engine = house.worker()
    house.model.intent = None
    message = house.request("hello?")
    turns = await asyncio.gather(*(engine.run(message) for engine in (house.engine, house.worker(), house.worker())))
    house.sessions.flush()
    assert await house.engine.run(message) == turns[0] == turns[1] == turns[2]
    assert turns[0].reply is not None
    assert turns[0].reply.human
    await house.go()
    assert desk.texts() == ["hello?"]


async def test_a_killed_worker_loses_no_message(house: Wired, desk: Desk) -> None:
    await hand_over(house)
    await house.go()
    await house.say(None, "hello?")
    await house.store.take(house.clock.now(), {"skill:handoff": 20.0}, 20.0, [], 10)  # and dies here
    await house.go(21)
    assert desk.texts() == ["hello?"]


async def test_an_operator_gives_it_back(house: Wired, desk: Desk) -> None:
    await hand_over(house)
    (one,) = await house.handoffs.open("default", house.clock.now())
    assert (one.user, one.channel, one.reason) == ("ann", "rest", "my invoice is wrong")
    await house.handoffs.give_back("default", one.id, house.clock.now())
    said = await house.say("handoff.end", "assistant, come back")
    assert said.text == "I am the assistant again, back from here on. I am still here; nobody has taken over."
    said = await house.say("handoff.end", "assistant, come back")
    assert said.text == "I am still here; nobody has taken over."
    await house.go()
    assert [one["event"] for one in desk.events] == ["started"]


async def test_the_person_takes_it_back_and_may_hand_over_again(house: Wired, desk: Desk) -> None:
    await hand_over(house)
    await house.say("handoff.end", "I want the assistant back")
    assert await house.handoffs.open("default", house.clock.now()) == []
    await hand_over(house, "another thing")
    await house.say(None, "hello?")
    await house.go()
    assert [one["event"] for one in desk.events] == ["started", "ended", "started", "message"]
    assert desk.events[1]["by"] == "person"
    assert desk.events[3]["handoff"] == desk.events[2]["handoff"] != desk.events[0]["handoff"]


async def test_after_two_hours_it_is_over(house: Wired, desk: Desk) -> None:
    await hand_over(house)
    house.clock.move(7300)
    assert await house.handoffs.open("default", house.clock.now()) == []
    said = await house.say("handoff.start", "I want to talk to a human")
    assert said.text.startswith("I am the assistant again, back from here on. Shall I hand this over")
    await house.go()
    assert [(one["event"], one.get("by")) for one in desk.events] == [("started", None), ("ended", "time")]


async def test_apps_and_people_are_apart(house: Wired, desk: Desk) -> None:
    await hand_over(house)
    said = await house.say("handoff.start", "I want to talk to a human", app="other")
    assert said.text.startswith("I am sorry: no human can be reached from here.")
    assert (await house.say("handoff.end", "back", user="bob")).text == "I am still here; nobody has taken over."
    (one,) = await house.handoffs.open("default", house.clock.now())
    assert await house.handoffs.open("other", house.clock.now()) == []
    assert await house.handoffs.give_back("other", one.id, house.clock.now()) is None
    assert (await house.say(None, "hello?")).human


async def test_on_text_messages_stop_start_and_help_keep_working(house: Wired, desk: Desk) -> None:
    await hand_over(house, opt_out=True)
    assert (await house.say(None, "HELP", keyword=Keyword("help"), opt_out=True)).text
    assert (await house.say(None, "STOP", keyword=Keyword("stop"), opt_out=True)).text
    assert (await house.turn(None, "hello?", opt_out=True)).outcome is Outcome.REFUSED
    assert (await house.say(None, "START", keyword=Keyword("start"), opt_out=True)).text
    picture = Attachment("https://media.example/1.jpg", "image/jpeg")
    assert (await house.say(None, "look", opt_out=True, attachments=(picture,))).human
    await house.go()
    assert desk.texts() == ["look"]
    assert desk.events[-1]["attachments"] == [{"url": picture.url, "media_type": picture.media_type}]


async def test_what_alexa_understood_is_passed_on_as_that(house: Wired, desk: Desk) -> None:
    await hand_over(house)
    weather = PlatformIntent("weather.forecast", {"place": SlotValue("Paris", "Paris")})
    assert (await house.say(None, "", intent=weather)).human
    await house.go()
    assert desk.events[-1]["understood"] == {"intent": "weather.forecast", "slots": {"place": "Paris"}}


async def test_somebody_else_cannot_be_reached_through_the_webhooks_redirect(house: Wired, desk: Desk) -> None:
    await hand_over(house)
    assert desk.standin is not None
    desk.standin.answer = lambda came: Answer(b"", 302, {"location": "http://127.0.0.1:9/elsewhere"})
    await house.go()
    assert len(desk.came) == 1
    desk.standin.answer = desk.answer
    await house.go(60)
    assert [one["event"] for one in desk.events] == ["started", "started"]
