"""What NEXUS can do here, told from the skills that are loaded, in the person's language."""

import re
import unicodedata
from collections.abc import Sequence

from babel import Locale, UnknownLocaleError
from babel.lists import format_list
from rapidfuzz import fuzz

from shared.locales import in_language, language_of
from shared.manifest import SkillInfo
from shared.skill import TurnContext
from shared.turn import Choice, Reply

DESCRIBED = 5  # skills that are told in a sentence each; of more only the titles
NAMED = 6  # titles in one answer: more is tiring to hear
LONGEST = 560  # characters
SHOWN = 6  # examples to pick
ALIKE = 88  # of 100: "timer" and "Timers"
WEIGHTY = 4  # letters of a title's word that may stand for the whole

_WORD = re.compile(r"\w+")


def overview(turn: TurnContext, own: str) -> Reply:
    """What all skills do, with things to try. The assistant's own (`own`) comes last. Of many it goes on where asked again."""
    known = sorted(turn.skills, key=lambda info: info.name == own)
    if not known:
        return Reply(text=turn.say("help_nothing"))
    if len(known) > DESCRIBED:
        return _titles(turn, known)
    return _reply(turn, [_sentence(info.summary or info.title) for info in known], _one_of_each(known))


def about(turn: TurnContext, info: SkillInfo) -> Reply:
    """One skill, with its own examples."""
    return _reply(turn, [_sentence(info.summary or info.title)], list(info.examples))


def meant(text: str, skills: Sequence[SkillInfo], own: str) -> SkillInfo | None:
    """The skill that a call for help names ("help with notes", "how do timers work"), or None."""
    words = _words(text)
    for info in skills:
        if info.name.casefold() in words or (info.title and set(_words(info.title)) <= set(words)):
            return info
    others = [info for info in skills if info.name != own]  # "help" is in the title of its own
    nearest = max(others, key=lambda info: _likeness(words, info), default=None)
    return nearest if nearest is not None and _likeness(words, nearest) >= ALIKE else None


def quoted(turn: TurnContext, examples: Sequence[str]) -> str:
    """One of some sentences, as it is written in their language: “a”, “b” or “c”."""
    marked = [turn.say("quoted", words=example) for example in examples]
    return format_list(marked, style="or", locale=_locale(turn.locale))


def _titles(turn: TurnContext, known: Sequence[SkillInfo]) -> Reply:
    """The titles of the next few skills, each of which can be asked about."""
    told = turn.state.get("told")
    begun = turn.session.last_intent == turn.intent and isinstance(told, int) and 0 < told < len(known)
    start = told if begun and isinstance(told, int) else 0
    named = known[start : start + NAMED]
    more = len(known) - start - len(named)
    titles = format_list([info.title for info in named], locale=_locale(turn.locale))
    parts = [turn.say("help_also" if start else "help_titles", titles=titles)]
    ask = turn.say("help_with", title=named[0].title)
    parts += [turn.say("help_more" if more > 1 else "help_one_more", count=more)] if more else []
    parts.append(turn.say("help_ask", example=turn.say("quoted", words=ask)))
    choices = [Choice(info.title, turn.say("help_with", title=info.title)) for info in named]
    choices += [Choice(turn.say("what_else"), turn.say("what_else"))] if more else []
    return Reply(
        text=_short(" ".join(parts)),
        choices=tuple(choices),
        expects_answer=True,
        reprompt=parts[-1],
        state={"told": start + len(named)},
    )


def _one_of_each(known: Sequence[SkillInfo]) -> list[str]:
    return [info.examples[0] for info in known if info.examples]


def _reply(turn: TurnContext, parts: list[str], examples: list[str]) -> Reply:
    text = " ".join(parts)
    tries = quoted(turn, examples[:2]) if examples else ""
    if tries and len(text) + len(tries) < LONGEST:
        text = f"{text} {turn.say('help_try', examples=tries)}"
    return Reply(
        text=_short(text),
        choices=tuple(Choice(example, example) for example in examples[:SHOWN]),
        expects_answer=True,
        reprompt=turn.say("help_reprompt", examples=tries) if tries else None,
    )


def _likeness(words: Sequence[str], info: SkillInfo) -> float:
    """How much a word of weight in the title of a skill is like one of `words`, of 100."""
    title = [word for word in _words(info.title) if len(word) >= WEIGHTY]
    return max((fuzz.ratio(word, said) for word in title for said in words), default=0.0)


def _words(text: str) -> list[str]:
    return _WORD.findall(plain(text))


def plain(text: str) -> str:
    """`text` without case and accents."""
    letters = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else text + "."


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rsplit(" ", 1)[0] + "…"


def _locale(name: str) -> Locale:
    """What babel knows of a locale or its language, else English."""
    for attempt in (name.replace("_", "-"), in_language("", language_of(name))):
        try:
            return Locale.parse(attempt, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")
