"""What NEXUS can do here, told from the skills that are loaded."""

import re
from collections.abc import Sequence

from shared.manifest import SkillInfo
from shared.turn import Choice, Reply

SPOKEN = 5  # skills named in one answer: more is tiring to hear
LONGEST = 560  # characters

_WORD = re.compile(r"\w+")


def overview(skills: Sequence[SkillInfo], own: str) -> Reply:
    """All skills in a sentence each, with things to try. The assistant's own (`own`) comes last."""
    known = sorted(skills, key=lambda info: info.name == own)
    if not known:
        return Reply(text="I can't do anything yet: no skills are installed here.")
    told = known[:SPOKEN]
    more = len(known) - len(told)
    parts = [_sentence(info.summary or info.title) for info in told]
    if more:
        parts.append(f"And {more} more {'thing' if more == 1 else 'things'}.")
    return _reply(parts, [info.examples[0] for info in known if info.examples])


def about(info: SkillInfo) -> Reply:
    """One skill, with its own examples."""
    return _reply([_sentence(info.summary or info.title)], list(info.examples))


def meant(text: str, skills: Sequence[SkillInfo]) -> SkillInfo | None:
    """The skill that a call for help names ("help with notes"), or None."""
    words = set(_WORD.findall(text.casefold()))
    for info in skills:
        if info.name.casefold() in words or set(_WORD.findall(info.title.casefold())) <= words:
            return info
    return None


def _reply(parts: list[str], examples: list[str]) -> Reply:
    text = " ".join(parts)
    tries = " or ".join(f"“{example}”" for example in examples[:2])
    if tries and len(text) + len(tries) < LONGEST:
        text = f"{text} Try {tries}."
    return Reply(
        text=_short(text),
        choices=tuple(Choice(example, example) for example in examples[:6]),
        expects_answer=True,
        reprompt=f"You could say {tries}." if tries else None,
    )


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else text + "."


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rsplit(" ", 1)[0] + "…"
