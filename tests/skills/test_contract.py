"""The skills that come with NEXUS hold the contract of skills, in every language they speak."""

from pathlib import Path

import skills
from core.understanding.values import Context, resolve
from shared.locales import LANGUAGES, in_language
from shared.testing.skill.hooks import NOW
from shared.testing.skill_contract import SkillContract

NEW_YORK = "America/New_York"
LOCALES = sorted(Path(skills.__path__[0]).glob("*/locales/*.toml"))


def resolved(self: SkillContract, type: str, text: str) -> object:
    """What a dialogue hands to a handler: the value of the words, or the words where they have none."""
    context = Context(in_language("en-US", self.language), NEW_YORK, NOW, self.locale().types)
    found = resolve(type, text, context)
    return found.value if found else text


def contract(locale: Path) -> type[SkillContract]:
    """The contract of one skill in one language."""
    name = locale.parents[1].name
    words = {"package": f"skills.{name}", "language": locale.stem, "value": resolved}
    return type(f"Test{name.title()}In{locale.stem.title()}", (SkillContract,), words)


globals().update({one.__name__: one for one in map(contract, LOCALES)})


def test_every_language_is_one_that_nexus_speaks() -> None:
    assert {locale.stem for locale in LOCALES} <= set(LANGUAGES)
