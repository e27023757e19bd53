"""What the README shows works: its plug-ins load and answer, its links lead somewhere, its commands exist."""

import re
import sys
from pathlib import Path

import pytest

from infra.plugins import load_plugins
from shared.skill import TurnContext
from shared.testing.fakes import FakeClock, FakeDocuments, FakeMemories
from shared.turn import Kind, Request, Session, Understanding

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
    text = "throw three dice"
    request = Request(
        app="default",
        channel="rest",
        message_id="m",
        conversation="c",
        user="u",
        kind=Kind.UTTERANCE,
        received_at=0.0,
        deadline=10.0,
        text=text,
    )
    context = TurnContext(
        request=request,
        understanding=Understanding("dice.roll", 1.0, slots=dice.skill.slots("dice.roll", text, "en-US")),
        session=Session(),
        state={},
        memories=FakeMemories(),
        documents=FakeDocuments(),
        clock=FakeClock(),
        timezone="UTC",
    )
    reply = await dice.skill.handle(context)
    assert re.fullmatch(r"I rolled [1-6], [1-6], [1-6]\.", reply.text)
    assert reply == await dice.skill.handle(context)
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
        assert f"def {command}" in commands or f"{command} = " in commands, command
