"""The skills that come with NEXUS hold the contract of skills, in every language they speak."""

from pathlib import Path

import skills
from shared.locales import LANGUAGES
from shared.testing.skill_contract import SkillContract

LOCALES = sorted(Path(skills.__path__[0]).glob("*/locales/*.toml"))


def contract(locale: Path) -> type[SkillContract]:
    """The contract of one skill in one language."""
    name = locale.parents[1].name
    words = {"package": f"skills.{name}", "language": locale.stem}
    return type(f"Test{name.title()}In{locale.stem.title()}", (SkillContract,), words)


globals().update({one.__name__: one for one in map(contract, LOCALES)})


def test_every_language_is_one_that_nexus_speaks() -> None:
    assert {locale.stem for locale in LOCALES} <= set(LANGUAGES)
