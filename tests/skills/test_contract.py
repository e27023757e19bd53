"""The starter skills hold the contract of skills."""

from shared.testing.skill_contract import SkillContract


class TestAssistant(SkillContract):
    package = "skills.assistant"


class TestClock(SkillContract):
    package = "skills.clock"


class TestCalculator(SkillContract):
    package = "skills.calculator"


class TestNotes(SkillContract):
    package = "skills.notes"
