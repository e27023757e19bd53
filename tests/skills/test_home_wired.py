"""Home with all that is real around it, and a Home Assistant that speaks real HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.skills.home_assistant import HomeAssistant, home_assistant
from tests.skills.wired import Wired, wired

LIGHT = {"device": "the kitchen light"}
ON = ("light/turn_on", {"entity_id": ["light.kitchen"]})


@pytest.fixture
def ha() -> Iterator[HomeAssistant]:
    with home_assistant() as running:
        yield running


@pytest.fixture
async def home(database_url: str, ha: HomeAssistant) -> AsyncIterator[Wired]:
    async with wired("home", database_url) as made:
        made.outside.told["default"] = ha.config
        yield made


async def agree(home: Wired, intent: str, text: str, slots: dict[str, str]) -> str:
    """What is asked, and agreed to."""
    asked = await home.say(intent, text, slots)
    assert asked.confirm is not None, asked.text
    await home.say("assistant.yes", "yes")
    return asked.text


async def test_what_is_agreed_to_is_done_exactly_once(home: Wired, ha: HomeAssistant) -> None:
    assert await agree(home, "home.on", "turn on the kitchen light", LIGHT) == "Shall I switch on the Kitchen light?"
    assert ha.called == [], "not before the turn is stored"
    await home.go()
    assert (ha.state("light.kitchen"), ha.called) == ("on", [ON])
    await home.go(100)
    assert ha.called == [ON]
    assert (await home.say("home.state", "is the kitchen light on", {"thing": "the kitchen light"})).text == (
        "The Kitchen light is on."
    )


async def test_who_does_not_agree_has_nothing_done(home: Wired, ha: HomeAssistant) -> None:
    await home.say("home.on", "turn on the kitchen light", LIGHT)
    await home.say("assistant.no", "no")
    await home.go()
    assert ha.called == []


async def test_a_repeated_yes_does_it_once(home: Wired, ha: HomeAssistant) -> None:
    await home.say("home.on", "turn on the kitchen light", LIGHT)
    home.model.intent, home.model.slots = "assistant.yes", {}
    yes = home.request("yes")
    home.sessions.flush()
    turns = await asyncio.gather(home.engine.run(yes), home.worker().run(yes))
    assert turns[0] == turns[1]
    await home.go()
    assert ha.called == [ON]


async def test_a_worker_that_dies_after_the_call_does_no_harm(
    home: Wired, ha: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    await agree(home, "home.dim", "make the ceiling brighter", {"light": "living room ceiling"})
    dying = home.carrier()
    monkeypatch.setattr(dying, "_note_end", _nothing)  # it is killed before it can note that it was done
    await dying.deliver_due()
    await dying.settled()
    await home.go(30)
    data = {"brightness_pct": 60, "entity_id": ["light.living_room_ceiling"]}
    assert ha.called == [("light/turn_on", data)] * 2
    assert ha.states["light.living_room_ceiling"]["attributes"]["brightness"] == 153


async def _nothing(*_: object) -> None:
    """Nothing is noted."""


async def test_it_asks_as_home_assistant_wants_it(home: Wired, ha: HomeAssistant) -> None:
    await agree(home, "home.on", "turn on the kitchen light", LIGHT)
    await home.go()
    assert ha.standin is not None
    asked, posted = ha.standin.came
    assert (asked.method, asked.path) == ("GET", "/api/states")
    assert (posted.method, posted.path) == ("POST", "/api/services/light/turn_on")
    assert posted.headers["content-type"] == "application/json"
    assert json.loads(posted.body) == {"entity_id": ["light.kitchen"]}


async def test_states_are_asked_for_once_in_a_few_seconds_and_anew_after_a_command(
    home: Wired, ha: HomeAssistant
) -> None:
    assert ha.standin is not None
    for _ in range(3):
        await home.say("home.state", "how warm is it in the bedroom", {"thing": "the bedroom"})
    assert len(ha.standin.came) == 1
    home.clock.move(6)
    await agree(home, "home.on", "turn on the kitchen light", LIGHT)
    await home.go()
    count = len(ha.standin.came)
    for _ in range(2):
        await home.say("home.state", "is the kitchen light on", {"thing": "the kitchen light"})
    assert len(ha.standin.came) == count + 2


async def test_home_assistant_is_away(home: Wired, ha: HomeAssistant) -> None:
    home.outside.told["default"] = {**ha.config, "url": "http://127.0.0.1:9"}
    said = await home.say("home.on", "turn on the kitchen light", LIGHT)
    assert said.text == "I cannot reach Home Assistant right now. Please try again in a moment."


async def test_home_assistant_goes_away_before_it_is_done(home: Wired, ha: HomeAssistant) -> None:
    await agree(home, "home.on", "turn on the kitchen light", LIGHT)
    home.outside.told["default"] = {**ha.config, "url": "http://127.0.0.1:9"}
    await home.go()
    await home.go(61)
    home.outside.told["default"] = ha.config
    said = await home.say("home.state", "is the tv on", {"thing": "the tv"})
    assert said.text == (
        "Before that: I could not reach Home Assistant for the Kitchen light. The Television is playing."
    )
    said = await home.say("home.state", "is the tv on", {"thing": "the tv"})
    assert said.text == "The Television is playing."
    assert ha.called == []


async def test_a_token_that_is_worth_nothing(home: Wired, ha: HomeAssistant) -> None:
    ha.token = "another"
    said = await home.say("home.on", "turn on the kitchen light", LIGHT)
    assert said.text.startswith("Home Assistant does not let me in")
    ha.token = ha.config["token"]
    await agree(home, "home.on", "turn on the kitchen light", LIGHT)
    ha.token = "another"
    await home.go()
    ha.token = ha.config["token"]
    said = await home.say("home.state", "did it work")
    assert said.text.startswith("Before that: Home Assistant did not let me in for the Kitchen light")


async def test_a_device_that_does_nothing_is_told_of_once(home: Wired, ha: HomeAssistant) -> None:
    ha.dead.add("light.kitchen")
    await agree(home, "home.on", "turn on the kitchen light", LIGHT)
    await home.go()
    home.clock.move(5)
    said = await home.say("home.state", "is the fan on", {"thing": "the fan"})
    assert said.text == (
        "Before that: Home Assistant took the command, but nothing changed for the Kitchen light. The Office fan is on."
    )
    assert (await home.say("home.state", "is the fan on", {"thing": "the fan"})).text == "The Office fan is on."


@pytest.mark.parametrize("body", [b"<html>a router</html>", b"{}", b"[1]"])
async def test_something_else_answers_there(home: Wired, ha: HomeAssistant, body: bytes) -> None:
    assert ha.standin is not None
    ha.standin.answer = lambda came: ha.answer(came).__class__(body)
    said = await home.say("home.state", "is the fan on", {"thing": "the fan"})
    assert said.text.startswith("What answers at the address I have is not Home Assistant")


async def test_a_service_that_is_refused(home: Wired, ha: HomeAssistant) -> None:
    await agree(home, "home.off", "turn off the office fan", {"device": "the office fan"})
    real = ha.answer
    assert ha.standin is not None
    ha.standin.answer = lambda came: (
        real(came).__class__(b"400: Bad Request", 400) if came.method == "POST" else real(came)
    )
    await home.go()
    said = await home.say("home.state", "is the tv on", {"thing": "the tv"})
    assert said.text.startswith("Before that: Home Assistant refused what I asked for the Office fan.")


async def test_apps_have_homes_of_their_own(home: Wired, ha: HomeAssistant) -> None:
    said = await home.say("home.on", "turn on the kitchen light", LIGHT, app="other")
    assert (
        said.text
        == "Home Assistant is not set up here yet. Whoever runs me has to tell me its address and a token first."
    )
    with home_assistant() as another:
        home.outside.told["other"] = another.config
        await home.say("home.on", "turn on the kitchen light", LIGHT, app="other")
        await home.say("assistant.yes", "yes", app="other")
        await home.go()
        assert (another.called, ha.called) == ([ON], [])
