"""The example dialogues beside each skill come true."""

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

import skills
from shared.effects import Call, Forget, HandBack, HandOver, Keep, Remember, name_of
from shared.manifest import SkillInfo
from shared.ports import Memory
from shared.testing.web import Sample
from shared.turn import Kind, Reply
from tests.skills.talk import NOW, Talk

ROOT = Path(skills.__path__[0])
SCRIPTS = sorted(ROOT.glob("*/dialogues*.toml"))
INFOS = (
    SkillInfo("clock", "Clock", "I know the time.", ("What time is it in Tokyo?",)),
    SkillInfo("notes", "Notes", "I keep notes.", ("Where is the spare key?",)),
)


def dialogues() -> list[Any]:
    return [
        pytest.param(path.parent.name, dialogue, id=f"{path.parent.name}: {dialogue['title']}")
        for path in SCRIPTS
        for dialogue in tomllib.loads(path.read_text("utf-8"))["dialogue"]
    ]


def test_every_skill_has_dialogues() -> None:
    assert {path.parent for path in SCRIPTS} == {path.parent for path in ROOT.glob("*/skill.toml")}


@pytest.mark.parametrize(("name", "dialogue"), dialogues())
def test_dialogue(name: str, dialogue: dict[str, Any]) -> None:
    remembered = tuple(Memory(m["id"], m["text"], NOW - 3600 * m["hours_ago"]) for m in dialogue.get("memories", ()))
    talk = Talk(
        ROOT / name,
        locale=dialogue.get("locale", "en-US"),
        timezone=dialogue.get("timezone", "America/New_York"),
        memories=remembered,
        skills=INFOS,
        config=dialogue.get("config"),
        answers=msgspec.convert(dialogue.get("answers", []), list[Sample]),
    )
    for turn in dialogue["turns"]:
        kind = Kind.OPEN if turn.get("open") else Kind.UTTERANCE
        talk.clock.move(turn.get("later", 0.0))
        talk.web.broken = turn.get("web_down", False)
        if "called" in turn:
            talk.turns.settle_calls(turn["called"])
        platform, slots = turn.get("platform", False), turn.get("slots", {})
        check(turn, talk.say(turn.get("intent"), turn["say"], platform=platform, kind=kind, slots=slots))


def check(turn: dict[str, Any], reply: Reply) -> None:
    assert reply.text == turn.get("expect", reply.text)
    assert re.search(turn.get("matches", ""), reply.text), reply.text
    assert reply.speech == turn.get("speech", reply.speech)
    assert reply.end_session == turn.get("ends", False)
    assert [choice.value for choice in reply.choices] == turn.get("choices", [choice.value for choice in reply.choices])
    assert [effect.text for effect in reply.effects if isinstance(effect, Remember)] == turn.get("remembers", [])
    assert [effect.name for effect in reply.effects if isinstance(effect, Keep)] == turn.get("keeps", [])
    handed = [name_of(effect) for effect in reply.effects if isinstance(effect, HandOver | HandBack)]
    assert handed == turn.get("hands", [])
    assert [effect.content for effect in reply.effects if isinstance(effect, Call)] == turn.get("calls", [])
    assert [effect.memory_id for effect in reply.effects if isinstance(effect, Forget)] == turn.get("forgets", [])
