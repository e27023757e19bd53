"""Skill name holds what every skill must hold, and its example dialogues come true."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from shared.testing.skill_contract import SkillContract

from .. import skill

FOLDER = Path(skill.__file__).parent
DIALOGUES = tomllib.loads((FOLDER / "dialogues.toml").read_text("utf-8"))["dialogue"]


class TestSkillName(SkillContract):
    """All the cases of the contract, and the dialogues."""

    package = skill.__name__.rpartition(".")[0]

    @pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda one: one["title"])
    def test_dialogue(self, dialogue: dict[str, Any]) -> None:
        """Every turn is answered as expected."""
        for turn in dialogue["turns"]:
            spec = self.manifest().intents[turn["intent"]]
            said = turn.get("slots", {})
            slots = {name: self.slot(spec, name, said[name]) for name in said}
            asked = self.turn(turn["intent"], turn["say"], slots=slots)
            [reply] = self.replies([asked])
            assert reply.text in turn["expect"]
