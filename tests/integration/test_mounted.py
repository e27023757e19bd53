"""Developers' ask-sdk skills behind a running NEXUS with two workers: their own answers, once each, whatever dies in between."""

import asyncio
import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from channels.alexa.twin import AlexaHeard, AlexaTwin, AnswerRefused
from infra.settings import child_environment
from infra.simulator import Simulator
from tests.channels.alexa.behind import JUKEBOX, LUNCHBOX, STARGAZER, asked_of, model_of
from tests.integration.conftest import ROOT, Nexus, until
from tests.integration.mounting import credentials, mount

APPS = {"stargazer": STARGAZER, "lunchbox": LUNCHBOX, "jukebox": JUKEBOX}
Call = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def call(nexus: Nexus) -> Call:
    """Runs `nexus` as an operator does, beside the running one."""
    own = {"NEXUS_HOME": str(nexus.home.root), "NEXUS_PORT": str(nexus.port), "XDG_RUNTIME_DIR": str(nexus.log.parent)}

    def _call(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "infra.cli", *arguments]
        told = subprocess.run(
            command, cwd=ROOT, env=child_environment() | own, capture_output=True, text=True, timeout=90
        )
        assert told.returncode == 0, told.stderr
        return told

    return _call


@pytest.fixture(scope="module")
def mounted(nexus: Nexus) -> Iterator[Nexus]:
    """The running NEXUS with the three skills, each in an app of its name; the skills can be imported here too."""
    for app, config in APPS.items():
        asyncio.run(mount(nexus, app, config))
    before = [*sys.path]
    sys.path += [config["skill_path"] for config in APPS.values() if config["skill_path"] not in sys.path]
    yield nexus
    sys.path[:] = before


def person(nexus: Nexus, skill: str, **more: Any) -> AlexaTwin:
    """Somebody who talks to a skill; each request is a connection of its own, so that any worker may get it."""
    client = httpx.Client(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
    folder = Simulator(nexus.home.simulator).of("alexa")
    return AlexaTwin(folder, nexus.url, skill, model=model_of(skill), client=client, **more)


def as_on_lambda(module: str, handler: str, heard: list[AlexaHeard]) -> None:
    lambda_handler = getattr(importlib.import_module(module), handler)
    assert [one.response for one in heard] == [asked_of(lambda_handler, one) for one in heard]


def test_decorators_and_nexus_for_the_rest(mounted: Nexus) -> None:
    alice = person(mounted, "stargazer", user="STARS")
    hello, fact = alice.launch(), alice.say("tell me about Mars")
    assert fact.speech.startswith("The highest mountain we know stands on Mars.")
    nexus = alice.say("what is seven times six")
    assert "42" in nexus.speech
    helped, stopped = alice.say("help"), alice.say("stop")
    assert stopped.speech == "Clear skies."
    as_on_lambda("stargazer", "lambda_handler", [hello, fact, helped, stopped])


def test_dialogues_attributes_and_interceptors(mounted: Nexus) -> None:
    bob = person(mounted, "lunchbox", user="LUNCH")
    heard = [bob.launch(), bob.say("order soup"), bob.say("Monday"), bob.say("yes")]
    assert heard[-1].speech == "Order 1 is soup."
    before = bob.attributes
    assert "42" in bob.say("what is seven times six").speech  # in between, with a session of NEXUS' own
    assert bob.attributes == before
    assert bob.session
    heard += [bob.say("repeat"), bob.say("pour a drink"), bob.say("large"), bob.say("yes"), bob.say("no")]
    assert [one.speech for one in heard[-5:]] == [
        "Order 1 is soup.",
        "Small or large?",
        "large, right?",
        "Shall I pour it?",
        "Then not.",
    ]
    heard += [bob.say("order salad for Sunday"), bob.say("make toast")]
    assert heard[-1].speech == "The lunchbox had a hiccup. Please say it again."
    as_on_lambda("lambda_function", "handler", heard)
    assert bob.close().response == {"version": "1.0", "response": {}}


def test_a_question_of_nexus_is_answered_to_nexus(mounted: Nexus) -> None:
    carol = person(mounted, "lunchbox", user="ASKED")
    carol.launch()
    assert carol.say("remember").open
    carol.say("the spare key is under the mat")
    assert "mat" in carol.say("where is the spare key").speech


def test_persistent_attributes_players_and_screens(mounted: Nexus) -> None:
    dave = person(mounted, "jukebox", user="SONGS")
    heard = [dave.launch(), dave.say("play noon"), dave.launch()]
    assert [one.speech for one in heard] == [
        "Hello Robin, 0 songs so far.",
        "Playing noon.",
        "Hello Robin, 1 songs so far.",
    ]
    assert dave.close().response == {"version": "1.0", "response": {}}
    touch = {"type": "Alexa.Presentation.APL.UserEvent", "token": "last", "arguments": ["night"], "source": {}}
    heard.append(dave.send(touch))
    ending = {"type": "AudioPlayer.PlaybackNearlyFinished", "token": "night", "offsetInMilliseconds": 1}
    heard.append(dave.send(ending, in_session=False))
    intent = {"name": "PlayIntent", "slots": {"song": {"name": "song", "value": "noon"}}}
    heard.append(dave.send({"type": "CanFulfillIntentRequest", "intent": intent}, in_session=False))
    songs = importlib.import_module("jukebox.skill")
    songs.shelf.kept.clear()
    as_on_lambda("jukebox.skill", "shelved_handler", heard)


def test_what_a_skill_keeps_is_ciphertext(mounted: Nexus) -> None:
    person(mounted, "jukebox", user="SECRET").say("play morning")
    with mounted.database() as database:
        rows = database.execute("select content from documents where app_id = 'jukebox'").fetchall()
    assert rows
    assert not any(word in bytes(row[0]) for row in rows for word in (b"plays", b"morning"))  # type: ignore[call-overload]


def test_a_message_that_comes_again_is_answered_as_before_and_runs_no_skill(mounted: Nexus) -> None:
    eve = person(mounted, "jukebox", user="TWICE")
    sent = eve.request("play noon")
    answers = eve.at_once([sent] * 6)
    mounted.kill("web")
    answers.append(eve.post(sent))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert eve.launch().speech == "Hello Robin, 1 songs so far."


def test_every_song_counts_once_whatever_is_killed(mounted: Nexus) -> None:
    """A worker dies while songs come in: each that was answered is counted, none twice, though some are sent again."""
    frank = person(mounted, "jukebox", user="COUNTS")
    for number in range(8):
        sent = frank.request("play noon")
        if number == 3:
            mounted.kill("web-2")
        if number == 5:
            mounted.flush()
        assert _until_answered(frank, sent).body == frank.post(sent).body
    assert frank.launch().speech == "Hello Robin, 8 songs so far."


def _until_answered(twin: AlexaTwin, sent: Any) -> Any:
    """The answer, asked for again as long as the connection breaks."""
    found: list[Any] = []

    def answered() -> bool:
        try:
            found.append(twin.post(sent))
        except httpx.TransportError:
            return False
        return bool(found[-1].status == 200)

    until(answered)
    return found[-1]


def test_alone_a_skill_that_fails_is_an_apology_and_a_reason(mounted: Nexus, call: Call) -> None:
    """Mounted by command while NEXUS runs. It has no exception handler: what no handler takes fails the turn."""
    call("apps", "create", "solo")
    values = {**credentials(mounted), **STARGAZER, "mode": "alone"}
    call("channels", "configure", "alexa", *(f"{key}={value}" for key, value in values.items()), "--app", "solo")
    grace = person(mounted, "stargazer", user="ALONE")
    grace.url = grace.url.replace("stargazer", "solo")
    grace.launch()
    said = "what is the name of my white rabbit"
    apology = grace.say(said)
    assert (apology.speech != "", apology.open) == (True, True)
    log = mounted.log.read_text()
    failed = [line for line in log.splitlines() if "skill failed" in line]
    assert any("DispatchException" in line and "door:alexa" in line for line in failed)
    assert "white rabbit" not in log
    with mounted.database() as database:
        outcomes = database.execute("select outcome from turns where app_id = 'solo' order by seq").fetchall()
    assert [row[0] for row in outcomes] == ["answered", "failed"]


def test_a_skill_that_cannot_be_found_shuts_its_door_and_no_other(mounted: Nexus, call: Call) -> None:
    asyncio.run(mount(mounted, "nowhere", {"skill": "nobody_wrote_this:sb"}))
    lost = person(mounted, "stargazer", user="LOST")
    lost.url = lost.url.replace("stargazer", "nowhere")
    with pytest.raises(AnswerRefused, match="503"):
        lost.launch()
    shut = lost.post(lost.request("hello"))
    problem = json.loads(shut.body)
    assert problem["code"] == "door_shut"
    assert "no module 'nobody_wrote_this'" in problem["detail"]
    assert "nobody_wrote_this" in " ".join(call("channels", "list", "--app", "nowhere").stdout.split())
    assert person(mounted, "stargazer", user="FOUND").launch().open
