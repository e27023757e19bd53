"""A human takes over and gives back, in a whole NEXUS with two workers: understood by the real model, told over real HTTP."""

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.integration.conftest import Nexus, until
from tests.integration.test_cli import Call, call
from tests.integration.test_turns import kill_valkey, somebody
from tests.standin import Answer, Standin, serving

__all__ = ["call"]


@pytest.fixture(scope="module")
def desk() -> Iterator[Standin]:
    with serving(lambda came: Answer(b"", 204)) as running:
        yield running


@pytest.fixture
def configured(call: Call, desk: Standin, nexus: Nexus) -> None:
    for app in ("default", "sim"):
        told = call("skills", "configure", "handoff", f"webhook={desk.url}/nexus", "secret=s3cret", "--app", app)
        assert told.returncode == 0, told.stderr
    until(lambda: "human" in nexus.text("I want to talk to a human", somebody()) and _asks(nexus))


def _asks(nexus: Nexus) -> bool:
    """Whether both workers know of the webhook by now."""
    return all("Shall I hand this over" in nexus.text("I want to talk to a human", somebody()) for _ in range(6))


def hand_over(nexus: Nexus, user: str) -> None:
    """The person wants a human, and agrees."""
    assert "Shall I hand this over" in nexus.text("I want to talk to a human", user)
    assert nexus.text("yes", user).startswith("I have told them.")


def heard(desk: Standin, user: str) -> list[str]:
    """What the desk got of somebody: events, and texts of messages."""
    events = [event for came in desk.came if (event := json.loads(came.body))["user"] == user]
    return [event["text"] if event["event"] == "message" else event["event"] for event in events]


@pytest.mark.usefixtures("configured")
def test_quiet_until_it_is_given_back(nexus: Nexus, desk: Standin, call: Call) -> None:
    ann, bob = somebody(), somebody()
    hand_over(nexus, ann)
    for text in ("what is seven times six", "hello?", "please answer me"):
        answer = nexus.say(text, ann).json()
        assert (answer["outcome"], answer["reply"]["text"], answer["reply"]["handed_over"]) == ("answered", "", True)
    assert "42" in nexus.text("what is seven times six", bob)
    kill_valkey(nexus)
    assert nexus.say("still there?", ann).json()["reply"]["handed_over"]
    until(lambda: heard(desk, ann)[-1:] == ["still there?"])
    assert heard(desk, ann) == ["started", "what is seven times six", "hello?", "please answer me", "still there?"]

    with nexus.client() as client:
        (mine,) = [one for one in client.get("/v1/handoffs").json()["handoffs"] if one["user"] == ann]
        assert mine["id"] in call("handoff", "list").stdout
        returned = client.post(f"/v1/handoffs/{mine['id']}/return")
        assert (returned.status_code, returned.json()["state"]) == (200, "returned")
    text = nexus.text("what is seven times six", ann)
    assert text.startswith("I am the assistant again")
    assert "42" in text
    assert "assistant again" not in nexus.text("what is seven times six", ann)


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(
    "wish", ["I want the assistant back", "let me talk to the bot again please", "I don't need the human anymore"]
)
def test_the_person_takes_it_back_in_plain_words(nexus: Nexus, desk: Standin, wish: str) -> None:
    ann = somebody()
    hand_over(nexus, ann)
    assert "What can I do for you?" in nexus.text(wish, ann)
    assert "42" in nexus.text("what is seven times six", ann)
    until(lambda: heard(desk, ann) == ["started", "ended"])


@pytest.mark.usefixtures("configured")
def test_an_operator_at_the_shell(nexus: Nexus, call: Call) -> None:
    ann = somebody()
    hand_over(nexus, ann)
    with nexus.client() as client:
        (mine,) = [one for one in client.get("/v1/handoffs").json()["handoffs"] if one["user"] == ann]
    told = call("handoff", "return", mine["id"])
    assert told.returncode == 0, told.stderr
    assert f"the next message of {ann} on rest" in told.stdout
    assert "over already" in call("handoff", "return", mine["id"]).stdout
    assert call("handoff", "return", "nonesuch").returncode == 1
    assert call("handoff", "return", mine["id"], "--app", "sim").returncode == 1
    assert nexus.text("hello", ann).startswith("I am the assistant again")


@pytest.mark.usefixtures("configured")
def test_alexa_says_one_sentence(nexus: Nexus, desk: Standin) -> None:
    echo = nexus.alexa("amzn1.ask.account.HANDOFF")
    assert "Shall I hand this over" in echo.say("I want to talk to a human").text
    assert "I have told them." in echo.say("yes").text
    assert echo.say("what is seven times six").text.startswith("A human has taken over and gets your messages.")
    until(lambda: "what is seven times six" in str([json.loads(came.body).get("text") for came in desk.came]))


def test_problems_are_problems(nexus: Nexus) -> None:
    with httpx.Client(base_url=nexus.url) as client:
        for method, path, status in (
            ("GET", "/v1/handoffs", 401),
            ("POST", "/v1/handoffs/abc/return", 401),
            ("DELETE", "/v1/handoffs", 405),
            ("GET", "/v1/handoffs/abc/return", 405),
            ("POST", "/v1/handoffs/abc", 404),
        ):
            answer = client.request(method, path)
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), path
            assert answer.json()["code"]
    with nexus.client() as client:
        assert client.post("/v1/handoffs/nonesuch/return").status_code == 404
