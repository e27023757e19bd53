"""What is asked for: how many, of how many sides, between which numbers, and which of several things."""

import re
from math import ceil, floor, inf
from typing import Any

from shared.locales import language_of
from shared.skill import TurnContext

_NOTATION = re.compile(r"(?<!\w)(\d{0,6})\s?[dw](\d{1,6})(?!\w)", re.IGNORECASE)  # "2d6", "d20", "3W10"
_SIDED = re.compile(r"(?<!\w)(\d{1,6})[\s-]?(?:sided|seitig\w*|caras|lados|faces|facce|lati)(?!\w)", re.IGNORECASE)
_READ = 2000  # characters that are looked at

_OR = {"en": "or", "de": "oder|beziehungsweise", "es": "o|u", "fr": "ou|ou bien", "it": "o|oppure"}
_AND = {"en": "and", "de": "und|sowie", "es": "y|e", "fr": "et", "it": "e|ed"}
_OPENING = {
    "en": "either|between|from|among|one of|whether",
    "de": "entweder|zwischen|aus|von",
    "es": "o bien|entre|de",
    "fr": "soit|entre|parmi",
    "it": "o|tra|fra",
}
_COMMA = r"\s*[,;/\n]+\s*(?!\d)|,\s+"


def dice(turn: TurnContext) -> tuple[int, int]:
    """How many dice of how many sides; one with six where nothing else is said."""
    text = turn.text[:_READ]
    sides = _listed(turn.slots.get("die"))
    if notation := _NOTATION.search(text):
        return int(notation[1] or _count(turn)), int(notation[2])
    if sided := _SIDED.search(text):
        count = _count(turn)
        return (1 if str(count) == sided[1] else count), int(sided[1])
    return _count(turn), sides


def coins(turn: TurnContext) -> int:
    """How many coins."""
    return _count(turn)


def cards(turn: TurnContext) -> int:
    """How many cards."""
    return _count(turn)


def bounds(turn: TurnContext) -> tuple[int, int] | None:
    """The numbers to choose between, the lower first: 1 to 100 where none is said, from 1 where only the upper one is.

    None where only the lower one is. Fractions are narrowed to the whole numbers between them; the second is below the
    first where there is none.
    """
    said = [value for name in ("low", "high") if (value := _number(turn.slots.get(name))) is not None]
    if not said:
        return 1, 100
    if len(said) == 1 or _is_one(turn):
        said = [1, said[0]]
        if said[1] <= 1:
            return None
    return ceil(min(said)), floor(max(said))


def _is_one(turn: TurnContext) -> bool:
    """Whether both bounds are the same words of the sentence, as of "up to ten"."""
    low, high = turn.slot("low"), turn.slot("high")
    same = low is not None and high is not None and low.value == high.value
    return same and low is not None and turn.text.count(low.text) < 2


def options(text: str, locale: str) -> list[str]:
    """The things to choose from, as they were said, none of them twice."""
    language = language_of(locale)
    opening = rf"^\s*(?:(?:{_OPENING.get(language, _OPENING['en'])})\s+)?"
    text = re.sub(opening, "", text[:_READ].rstrip(" .?!"), flags=re.IGNORECASE)
    one = _between(_OR.get(language, _OR["en"]))
    both = _between(_AND.get(language, _AND["en"]))
    found = _parts(text, one) if re.search(one, text, re.IGNORECASE) else _parts(text, both)
    return list({" ".join(option.casefold().split()): option for option in reversed(found)}.values())[::-1]


def _parts(text: str, joint: str) -> list[str]:
    parts = re.split(rf"{joint}|{_COMMA}", text, flags=re.IGNORECASE)
    return [part.strip(" .,;:?!") for part in parts if part and part.strip(" .,;:?!")]


def _between(words: str) -> str:
    return rf"\s*,?\s+(?:{words})\s+"


def _count(turn: TurnContext) -> int:
    value = _number(turn.slots.get("count"))
    return 1 if value is None else floor(value)


def _listed(value: Any) -> int:
    """The sides of a die by its name in the list: 20 of "d20"."""
    found = re.fullmatch(r"d(\d+)", value) if isinstance(value, str) else None
    return int(found[1]) if found else 6


def _number(value: Any) -> float | None:
    """A number that can be counted with; None for anything else."""
    number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < inf
    return value if number else None
