"""Runs SkillContract over a skill, by pytest, once a language."""

import sys
from functools import partial
from pathlib import Path

import pytest

from infra.cli.check_cases import Case, in_processes, run_contract
from infra.plugins import load_skill


def run_skill_cases(folder: Path, package: str, languages: tuple[str, ...]) -> tuple[Case, ...]:
    """Every case of the contract in every language, each in a process of its own. Raises PluginInvalid."""
    return in_processes(partial(_run, package, folder), languages)


def _run(package: str, folder: Path, language: str) -> list[Case]:
    sys.dont_write_bytecode = True
    load_skill(folder, package)  # what a plug-in's folder is imported as is known in this process, too
    return run_contract(f"SkillContract in {language}", folder, partial(_test, package, language))


def _test(package: str, language: str) -> type:
    pytest.register_assert_rewrite("shared.testing.skill_contract", f"{package}.skill")
    from shared.testing.skill_contract import SkillContract  # with pytest's eyes on it, hence not before

    return type(f"SkillContract[{language}]", (SkillContract,), {"package": package, "language": language})
