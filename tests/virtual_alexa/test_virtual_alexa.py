"""An Alexa that NEXUS did not write reads its interaction model, sends signed requests, and understands the answers."""

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec

from channels.alexa.rules import complaints
from tests.channels.alexa.behind import JUKEBOX, LUNCHBOX, model_of
from tests.integration.conftest import ROOT, Nexus
from tests.integration.mounting import mount
from tests.virtual_alexa.conftest import HERE, Talk

NEXUS_MODEL = json.loads((ROOT / "channels" / "alexa" / "interaction_model.en-US.json").read_text())


def said(step: dict[str, Any]) -> str:
    """The words of an answer."""
    speech = step["answer"]["response"].get("outputSpeech", {})
    return str(speech.get("text") or speech.get("ssml") or "")


def taken(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps, each with an answer that Amazon would take."""
    for step in steps:
        assert complaints(step["request"], msgspec.json.encode(step["answer"])) == []
    return steps


def test_a_conversation_with_nexus(talk: Talk) -> None:
    hello, asked, sum_, helped, stopped = taken(
        talk(
            [
                {"launch": True},
                {"utter": "what time is it in tokyo"},
                {"utter": "calculate seven times six"},
                {"utter": "help"},
                {"utter": "stop"},
            ],
            NEXUS_MODEL,
        )
    )
    assert hello["request"]["request"]["type"] == "LaunchRequest"
    assert hello["answer"]["response"]["shouldEndSession"] is False
    assert asked["request"]["request"]["intent"]["name"].startswith("CatchAllWhat")
    assert "Tokyo" in said(asked)
    assert "42" in said(sum_)
    assert said(helped)
    assert stopped["request"]["request"]["intent"]["name"] == "AMAZON.StopIntent"
    assert stopped["answer"]["response"]["shouldEndSession"] is True


def test_a_question_for_a_slot(talk: Talk) -> None:
    """NEXUS elicits free speech by a dialogue that this other Alexa finds in the model as well."""
    remember, noted, found = taken(
        talk(
            [
                {"intend": "CatchAllIntent", "slots": {"utterance": "remember"}},
                {"intend": "CatchAllIntent", "slots": {"utterance": "the drill is in the attic"}},
                {"utter": "where is the drill"},
            ],
            NEXUS_MODEL,
            user="DRILL",
        )
    )
    (directive,) = remember["answer"]["response"]["directives"]
    assert (directive["type"], directive["slotToElicit"]) == ("Dialog.ElicitSlot", "utterance")
    assert remember["dialog"]
    assert said(noted)
    assert "attic" in said(found)


def test_a_mounted_skill_and_nexus_in_one_session(talk: Talk, nexus: Nexus) -> None:
    asyncio.run(mount(nexus, "virtual-lunch", LUNCHBOX))
    hello, sum_, again, ended = taken(
        talk(
            [{"launch": True}, {"utter": "calculate seven times six"}, {"utter": "repeat"}, {"end": True}],
            model_of("lunchbox"),
            "virtual-lunch",
        )
    )
    assert "Lunchbox here." in said(hello)
    assert "42" in said(sum_)
    assert sum_["attributes"] == hello["attributes"] != {}
    assert said(again) == said(hello)
    assert ended["answer"] == {"version": "1.0", "response": {}}


def test_a_mounted_skill_plays(talk: Talk, nexus: Nexus) -> None:
    """This other Alexa has a player: it takes the song, and what the skill enqueues when it hears of its end."""
    asyncio.run(mount(nexus, "virtual-songs", JUKEBOX))
    (played,) = taken(talk([{"utter": "play noon"}], model_of("jukebox"), "virtual-songs"))
    assert played["plays"] == "https://songs.example/noon.mp3"


def test_the_lock_file_names_versions_and_hashes_but_no_server() -> None:
    packages = json.loads((HERE / "package-lock.json").read_text())["packages"]
    assert not any("resolved" in package for package in packages.values())
    assert all(package["integrity"].startswith("sha512-") for name, package in packages.items() if name)
    assert Path(HERE / ".npmrc").read_text().splitlines()[-1] == "omit-lockfile-registry-resolved=true"
