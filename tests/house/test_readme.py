"""What the README shows works: its plug-ins load and answer, its links lead somewhere, its commands exist."""

import re
import sys
from pathlib import Path

import pytest

from core.decide import Decider
from core.engine import Engine
from core.skillbook import SkillBook
from infra.plugins import load_plugins
from shared.testing.fakes import FakeClock, FakeIds, FakeModel, FakeSessionStore, FakeTurnStore
from shared.turn import Kind, Request

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
_FILE = re.compile(r"`NEXUS_HOME/(plugins/[\w/.]+)`[^`]*?\n\n```\w+\n(.*?)```", re.DOTALL)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the plug-ins of the README."""
    for name in [name for name in sys.modules if name.startswith("nexus_plugins")]:
        del sys.modules[name]
    files = _FILE.findall(README)
    assert len(files) == 3
    for path, text in files:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


async def test_its_skill_answers(home: Path) -> None:
    [dice] = [one for one in load_plugins(home).skills if one.manifest.name == "dice"]
    clock, turns = FakeClock(), FakeTurnStore()
    model = FakeModel({"throw three dice": "dice.roll", "throw the dice": "dice.roll"})
    decider = Decider(turns, model, SkillBook([dice]), clock, FakeIds(), "UTC")
    engine = Engine(turns, FakeSessionStore(), decider, clock, FakeIds())

    async def say(text: str, number: int) -> str:
        request = Request(
            app="a", channel="c", message_id=f"m{number}", conversation="k", user="u", kind=Kind.UTTERANCE,
            received_at=clock.now(), deadline=clock.now() + 10.0, text=text,
        )  # fmt: skip
        reply = (await engine.run(request)).reply
        assert reply is not None
        return reply.text

    assert re.fullmatch(r"(I rolled|That makes) [1-6], [1-6], [1-6]\.", await say("throw three dice", 1))
    assert await say("throw the dice", 2) == "How many shall I roll?"
    assert re.fullmatch(r"(I rolled|That makes) [1-6], [1-6]\.", await say("two", 3))
    assert len(dice.locales["en"].utterances["dice.roll"]) >= 10


def test_its_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(targets) > 10
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_its_commands_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?m)(?:`|^)make ([a-z-]+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    commands = (ROOT / "infra" / "cli" / "commands.py").read_text()
    for command in set(re.findall(r"\.venv/bin/nexus (\w+)", README)):
        assert f"def {command}" in commands or f'name="{command}"' in commands, command
