"""`nexus skills export`: files for each platform, and a word on all that is left out."""

import json
from pathlib import Path

import pytest

from infra.cli.skill_commands import Platform
from infra.exports.platforms import EXPORTERS
from tests.infra.cli.conftest import Run


def test_the_options_name_every_platform() -> None:
    assert [one.value for one in Platform] == [*EXPORTERS, "all"]


def test_every_platform_gets_its_folder(run: Run, home: Path, tmp_path: Path) -> None:
    told = run("skills", "export", "--platform", "all", "--out", str(tmp_path / "out"))
    assert told.code == 0, told.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(EXPORTERS)
    for path in (one for one in (tmp_path / "out").rglob("*") if one.is_file()):
        text = path.read_text("utf-8")
        assert text.startswith("# ") if path.suffix == ".md" else json.loads(text) is not None
    assert "nexus: warning: alexa: notes: notes.recall: 'where is {topic}': left out" in told.err
    assert told.out.count("\n") == len(EXPORTERS)


def test_a_skill_and_a_locale_can_be_chosen(run: Run, home: Path, tmp_path: Path) -> None:
    chosen = ("--skill", "clock", "--locale", "en-GB", "--locale", "en-IN")
    told = run("skills", "export", "--platform", "alexa", "--out", str(tmp_path / "out"), *chosen)
    assert told.code == 0, told.err
    files = sorted((tmp_path / "out" / "alexa").iterdir())
    assert [path.name for path in files] == ["interaction_model.en-GB.json", "interaction_model.en-IN.json"]
    assert "clock_time" in files[0].read_text()
    assert "notes_" not in files[0].read_text()


def test_what_was_exported_before_is_named(run: Run, home: Path, tmp_path: Path) -> None:
    command = ("skills", "export", "--platform", "dialogflow", "--locale", "en", "--out", str(tmp_path / "out"))
    assert run(*command).err == ""
    told = run(*command, "--skill", "clock")
    assert "intents/notes.list.json is not of this export" in told.err
    assert (tmp_path / "out" / "dialogflow" / "intents" / "notes.list.json").exists()


@pytest.mark.parametrize(
    ("options", "code", "why"),
    [
        (("--skill", "nonesuch"), 1, "there is no skill 'nonesuch'"),
        (("--locale", "xx"), 1, "none of these skills speaks xx"),
        (("--locale", "../up"), 2, "is not like de or en-GB"),
        (("--platform", "fax"), 2, "is not one of"),
    ],
)
def test_what_cannot_be(run: Run, home: Path, tmp_path: Path, options: tuple[str, ...], code: int, why: str) -> None:
    told = run("skills", "export", "--platform", "tools", "--out", str(tmp_path / "out"), *options)
    assert told.code == code
    assert why in " ".join(told.err.replace("│", " ").split())
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_written_is_one_line(run: Run, home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = run("skills", "export", "--platform", "tools", "--out", str(tmp_path / "file" / "below"))
    assert told.code == 1
    assert "cannot be written" in told.err
    assert told.err.count("\n") == 1
