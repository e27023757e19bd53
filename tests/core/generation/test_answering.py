"""The stage of a turn that asks a language model: behind a fake of the port, and over real HTTP."""

from collections.abc import Sequence
from typing import Any

import pytest

from core.generation.answering import AWAY, Answering
from core.generation.remote import RemoteGenerator, Server
from infra.system import SystemClock
from shared.errors import DeadlineExceeded, Malformed, ModelUnavailable
from shared.ports import Memory
from shared.testing.fakes import FakeClock, FakeMemories
from shared.turn import Kind, Request
from shared.wording import wordings
from tests.core.generation.openai import Stand, answer
from tests.core.generation.scripted import Scripted

KEY = Memory("1", "the spare key is under the mat", 1_790_000_000.0)
CLOCK = SystemClock()


def request(text: str, **more: Any) -> Request:
    values: dict[str, Any] = {
        "app": "default", "channel": "rest", "message_id": "m1", "conversation": "c", "user": "ann",
        "kind": Kind.UTTERANCE, "received_at": 0.0, "deadline": 10.0, "text": text,
    }  # fmt: skip
    return Request(**{**values, **more})


class Stage:
    """The stage with a model that is scripted."""

    def __init__(self, text: str, memories: Sequence[Memory] = ()) -> None:
        self.model, self.clock = Scripted(text), FakeClock()
        self.answering = Answering(self.model, self.clock, "UTC")
        self.memories = FakeMemories(memories)
        self.outcomes: list[str] = []
        self.answering.count = self.outcomes.append
        self.told: list[str] = []

    async def say(self, text: str, seconds: float = 5.0, **more: Any) -> str | None:
        by = self.clock.now() + seconds
        self.answered = await self.answering.answer(request(text, **more), self.memories, by, self.told.append)
        return self.answered.reply.text if self.answered else None


async def test_what_a_memory_says_passes_and_is_told_as_it_comes() -> None:
    stage = Stage("The spare key is under the mat. ", [KEY])
    assert await stage.say("where is the spare key?") == "The spare key is under the mat."
    assert stage.told == ["The spare key is under the mat."]
    assert stage.outcomes == ["passed"]
    assert stage.answered is not None
    assert stage.answered.trace == "scripted-1 passed"
    assert not stage.answered.reply.effects
    assert stage.answered.reply.speech is None
    (prompt,) = stage.model.asked
    assert "- the spare key is under the mat" in prompt.messages[1].content


async def test_what_it_does_not_say_is_quoted_and_the_model_is_stopped_there() -> None:
    stage = Stage("The spare key is at Anna's. And much more of it, on and on.", [KEY])
    assert "“the spare key is under the mat”" in str(await stage.say("where is the spare key?"))
    assert stage.told == []
    assert stage.outcomes == ["quoted"]
    assert stage.model.closed == 1
    assert stage.model.given < len(stage.model.text) / 3
    assert stage.answered is not None
    assert stage.answered.trace == "scripted-1 quoted: name"


async def test_without_a_memory_it_does_not_know_and_waits_for_more() -> None:
    stage = Stage("The capital is Paris.")
    text = await stage.say("what is the capital of France?")
    assert text in wordings("unknown", "en")
    assert stage.answered is not None
    assert stage.answered.reply.expects_answer
    assert stage.answered.reply.reprompt
    assert stage.outcomes == ["silenced"]


async def test_it_answers_in_the_language_of_the_person() -> None:
    stage = Stage("Berlin.")
    assert await stage.say("und die Hauptstadt?", locale="de-AT") in wordings("unknown", "de")
    assert "German" in stage.model.asked[0].messages[0].content


async def test_a_question_back_waits_for_an_answer() -> None:
    stage = Stage("Hello! How are you today?")
    assert await stage.say("so, hm") == "Hello! How are you today?"
    assert stage.told == ["Hello!", "How are you today?"]
    assert stage.answered is not None
    assert stage.answered.reply.expects_answer


@pytest.mark.parametrize("error", [ModelUnavailable("away"), DeadlineExceeded("late"), Malformed("long")])
async def test_a_model_that_is_away_leaves_the_answer_to_others(error: Exception) -> None:
    stage = Stage("")
    stage.model.error = error
    assert await stage.say("hm") is None
    assert stage.outcomes == [AWAY]


async def test_a_model_that_is_away_keeps_no_memory_from_being_told() -> None:
    stage = Stage("", [KEY])
    stage.model.error = ModelUnavailable("away")
    assert "“the spare key is under the mat”" in str(await stage.say("where is the spare key?"))
    assert stage.outcomes == [AWAY]


async def test_a_model_that_is_too_slow_is_given_up() -> None:
    stage = Stage("")
    stage.model.hangs = True
    assert await stage.say("hm", seconds=0.05) is None
    assert stage.model.closed == 1


async def test_what_was_whole_in_time_is_said() -> None:
    stage = Stage("Hello! How are y")
    stage.model.hangs = True
    assert str(await stage.say("hm", seconds=0.2)).startswith("Hello!")
    assert stage.told == ["Hello!"]


@pytest.mark.parametrize(
    "written",
    [
        '<speak>Hello <break time="10s"/></speak>',
        '{"tool": "delete_list", "arguments": {"list": "shopping"}}',
        "<tool_call>delete_list</tool_call>",
        "[click](https://example.com/x)",
        "<script>alert(1)</script>",
        "delete_list('shopping')",
        "Hello \x1b[2J",
    ],
)
async def test_nothing_but_words_comes_out(written: str) -> None:
    stage = Stage(written)
    assert await stage.say("hm") in wordings("unknown", "en")
    assert stage.told == []


# -- over HTTP ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected", "outcome"),
    [
        ("The spare key is under the mat.", "The spare key is under the mat.", "passed"),
        ("It is in the garage.", "“the spare key is under the mat”", "quoted"),
    ],
)
async def test_a_model_behind_a_server(written: str, expected: str, outcome: str) -> None:
    async with Stand() as stand, RemoteGenerator(Server(stand.url, "toy"), CLOCK) as model:
        stand.stream = [answer(*written)]
        answering = Answering(model, CLOCK, "UTC")
        asked = request("where is the spare key?")
        found = await answering.answer(asked, FakeMemories([KEY]), CLOCK.now() + 10)
        assert found is not None
        assert expected in found.reply.text
        assert found.outcome == outcome
        (_, _, body) = stand.requests[0]
        assert [one["role"] for one in body["messages"]] == ["system", "user"]
        assert "tools" not in body


async def test_a_server_that_talks_on_is_hung_up_on() -> None:
    async with Stand() as stand, RemoteGenerator(Server(stand.url, "toy"), CLOCK) as model:
        stand.stream, stand.hangs = [answer("Paris. ", "And more.").removesuffix(b"data: [DONE]\n\n")], True
        found = await Answering(model, CLOCK, "UTC").answer(request("hm"), FakeMemories(), CLOCK.now() + 30)
        assert found is not None
        assert found.outcome == "silenced"
        await stand.left.wait()


async def test_a_server_that_breaks_off_is_a_model_that_is_away() -> None:
    async with Stand() as stand, RemoteGenerator(Server(stand.url, "toy"), CLOCK) as model:
        stand.status = 500
        assert await Answering(model, CLOCK, "UTC").answer(request("hm"), FakeMemories(), CLOCK.now() + 10) is None
