"""`nexus skills check`: every case of the contract told in words, and intents that are hard to tell apart."""

import re
import sys
from pathlib import Path

import pytest

from tests.infra.cli.conftest import Run
from tests.infra.cli.test_new import files


@pytest.fixture
def fridge(run: Run, home: Path) -> Path:
    """A new skill, which no other test imported."""
    for name in [name for name in sys.modules if name.startswith("nexus_plugins")]:
        del sys.modules[name]
    assert run("skills", "new", "my_fridge").code == 0
    return home / "plugins" / "my_fridge"


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def test_a_new_skill_holds_and_is_left_as_it_was(run: Run, fridge: Path) -> None:
    before = files(fridge)
    told = run("skills", "check", "my_fridge")
    assert told.code == 0, told.out
    assert re.search(r"my_fridge: (\d+) of \1 cases hold", told.out), told.out
    assert "no sentence comes closer than 0.85" in told.out
    assert files(fridge) == before


@pytest.mark.slow
def test_a_folder_can_be_named(run: Run, fridge: Path, tmp_path: Path) -> None:
    fridge.rename(tmp_path / "elsewhere")
    told = run("skills", "check", str(tmp_path / "elsewhere"))
    assert told.code == 0, told.out
    assert "my_fridge: the contract of skills in en" in told.out


def test_what_fails_is_told_in_words_with_its_line(run: Run, fridge: Path) -> None:
    change(fridge / "skill.py", 'turn.say("about")', 'turn.say("abut")')
    change(fridge / "locales" / "en.toml", ', "Who gets the cheer? A name will do."', "")
    told = run("skills", "check", "my_fridge")
    assert told.code == 1
    assert "FAILS  What is asked again is asked in other words." in told.out
    assert "who is always asked in the same words" in told.out
    assert "KeyError: 'abut'" in told.out
    assert re.search(r"in: +skill\.py, line \d+, in about", told.out), told.out
    assert re.search(r"my_fridge: \d+ of 36 cases hold, \d+ fail", told.out)


@pytest.mark.slow
def test_every_language_is_checked(run: Run, fridge: Path) -> None:
    german = fridge / "locales" / "de.toml"
    german.write_text((fridge / "locales" / "en.toml").read_text("utf-8"), "utf-8")
    change(german, '  "what is my fridge",\n', "")
    told = run("skills", "check", "my_fridge")
    assert told.code == 1
    assert "71 of 72 cases hold, 1 fails" in told.out
    assert "SkillContract[de].test_every_intent_has_utterances" in told.out


def test_intents_that_are_close_are_told_and_no_fault(run: Run, fridge: Path) -> None:
    change(fridge / "locales" / "en.toml", '"what is my fridge",', '"what time is it please",')
    told = run("skills", "check", "my_fridge")
    assert told.code == 0, told.out
    assert re.search(r"CLOSE  my_fridge\.about and clock\.time: 0\.[89]\d\n +'what time is it please'", told.out)


def test_a_skill_that_does_not_load_says_why(run: Run, fridge: Path) -> None:
    change(fridge / "skill.py", "class MyFridge", "class Other")
    told = run("skills", "check", "my_fridge")
    assert told.code == 1
    assert "the skill my_fridge does not load: skill has no MyFridge" in told.out


@pytest.mark.slow
def test_a_skill_without_words_fails(run: Run, fridge: Path) -> None:
    (fridge / "locales" / "en.toml").unlink()
    told = run("skills", "check", "my_fridge")
    assert told.code == 1
    assert "has no locales" in told.out


def test_a_name_that_nothing_has_lists_those_there_are(run: Run, home: Path) -> None:
    told = run("skills", "check", "nonesuch")
    assert told.code == 1
    assert "skills are: assistant, calculator, chance, clock, " in told.err


def test_nothing_to_check_is_wrong_use(run: Run, home: Path) -> None:
    assert run("skills", "check").code == 2
