"""Names that platforms take, and the way back: what a platform calls an intent means the same handler.

Dialogflow takes an intent's name as it is. Actions and tools take no dot, Alexa neither dots nor digits. Slots keep their names
everywhere, or are left out, so that they need no way back.
"""

import re
from collections.abc import Sequence

from msgspec.structs import replace

from core.skillbook import LoadedSkill
from shared.manifest import SkillManifest

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def plain(name: str) -> str:
    """A name of letters, digits and underscores: `clock_time` for `clock.time`."""
    return name.replace(".", "_")


def lettered(name: str) -> str:
    """A name of letters and underscores, digits spelt: `cards_top_one_zero` for `cards.top_10`."""
    spelt = re.sub("[0-9]", lambda digit: f"_{_DIGITS[int(digit[0])]}_", plain(name))
    return re.sub("_+", "_", spelt).strip("_")


def claimed(skills: Sequence[LoadedSkill]) -> dict[str, str]:
    """Intents one of whose exported names another intent has already, and that other one: they cannot be exported."""
    owners = exported(skills)
    intents = [intent for one in skills for intent in one.manifest.intents]
    return {
        intent: owners[name] for intent in intents for name in _spellings(intent) if owners.get(name, intent) != intent
    }


def exported(skills: Sequence[LoadedSkill]) -> dict[str, str]:
    """The intent behind every exported name that differs from the intent's own; of two that want one name, the first."""
    taken = {name: intent for one in skills for intent, spec in one.manifest.intents.items() for name in spec.platform}
    owners = dict(taken)
    for one in skills:
        for intent in one.manifest.intents:
            for name in _spellings(intent):
                owners.setdefault(name, intent)
    return owners


def known_to_platforms(skills: Sequence[LoadedSkill]) -> tuple[LoadedSkill, ...]:
    """The skills with exported names among the names that platforms have for their intents (`SkillBook.from_platform`)."""
    owners = exported(skills)
    names: dict[str, list[str]] = {}
    for name, intent in owners.items():
        names.setdefault(intent, []).append(name)
    return tuple(replace(one, manifest=_renamed(one.manifest, names)) for one in skills)


def _renamed(manifest: SkillManifest, names: dict[str, list[str]]) -> SkillManifest:
    intents = {
        intent: replace(spec, platform=(*spec.platform, *(n for n in names.get(intent, ()) if n not in spec.platform)))
        for intent, spec in manifest.intents.items()
    }
    return replace(manifest, intents=intents)


def _spellings(intent: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in (plain(intent), lettered(intent)) if name != intent))
