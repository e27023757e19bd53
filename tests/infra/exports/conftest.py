"""The skills that are exported: those that come with NEXUS, and one with everything."""

from pathlib import Path

import pytest

from core.skillbook import LoadedSkill
from infra.exports.platforms import EXPORTERS, exports
from infra.exports.source import Export
from infra.plugins import load_plugins, load_skill

CINEMA = Path(__file__).parent / "cinema"


@pytest.fixture(scope="session", params=["cinema", "shipped"])
def skills(request: pytest.FixtureRequest) -> tuple[LoadedSkill, ...]:
    """The sample skill alone, and then all shipped ones."""
    return (load_skill(CINEMA),) if request.param == "cinema" else load_plugins(None).skills


@pytest.fixture(scope="session")
def exported(skills: tuple[LoadedSkill, ...]) -> dict[str, Export]:
    """What every platform gets of them."""
    return exports(skills, (), tuple(EXPORTERS), ())
