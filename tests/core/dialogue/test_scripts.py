"""Dialogues, line by line: what is said, what is answered, what is done."""

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.effects import Keep
from tests.core.dialogue.toys import Bar

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.toml"))


def dialogues() -> list[Any]:
    found = []
    for path in SCRIPTS:
        script = tomllib.loads(path.read_text("utf-8"))
        found += [
            pytest.param(script["model"], one["turns"], id=f"{path.stem}: {one['title']}") for one in script["dialogue"]
        ]
    return found


@pytest.mark.parametrize(("meanings", "turns"), dialogues())
async def test_dialogue(meanings: dict[str, Any], turns: list[dict[str, Any]]) -> None:
    bar = Bar(meanings)
    for turn in turns:
        before = len(bar.effects)
        reply = (await bar.say(turn["say"], turn.get("channel", "rest"))).reply
        told = f"{turn['say']!r} -> {reply.text!r}"
        assert reply.text == turn.get("expect", reply.text), told
        assert re.search(turn.get("matches", ""), reply.text), told
        assert reply.end_session == turn.get("ends", False), told
        assert [_plain(effect) for effect in bar.effects[before:]] == turn.get("effects", []), told
        if "choices" in turn:
            assert [choice.value for choice in reply.choices] == turn["choices"], told


def _plain(effect: Any) -> Any:
    if not isinstance(effect, Keep):
        return effect
    return {name: value for name, value in msgspec.structs.asdict(effect).items() if value is not None}
