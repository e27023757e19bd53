"""How lists, things and numbers are said."""

from collections.abc import Sequence
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.lists import format_list
from babel.numbers import format_decimal

from shared.locales import language_of
from shared.skill import TurnContext
from skills.lists.language import is_any, words_of
from skills.lists.shelf import SHOPPING, TODO, Entry

QUOTED = 60  # characters of a thing where several are told
ROOM = 220  # characters of things in one answer
TOLD = 8  # things in one answer


def name_of(turn: TurnContext, entry: Entry) -> str:
    """What a list is called in a sentence: "shopping list"."""
    if entry.id in (SHOPPING, TODO):
        return turn.say(f"list_{entry.id}")
    words = words_of(turn.locale)
    whole = bool(words.ending) and is_any(rf".*\w{words.ending}", entry.name)  # "Packliste"
    return turn.say("list_whole" if whole else "list_own", name=cut(entry.name))


def count_of(turn: TurnContext, what: str, number: int) -> str:
    """So many: "1 thing", "3 things"."""
    locale = locale_of(turn)
    form = "one" if locale.plural_form(number) == "one" else "other"
    return turn.say(f"{what}_{form}", number=format_decimal(number, locale=locale))


def number_of(turn: TurnContext, number: int) -> str:
    """A number in figures."""
    return format_decimal(number, locale=locale_of(turn))


def listed(turn: TurnContext, items: Sequence[str], style: Literal["standard", "or"] = "standard") -> str:
    """Things one after another; of many the first, and how many more."""
    shown = [cut(item) for item in items[: portion(items)]]
    left = len(items) - len(shown)
    parts = [*shown, count_of(turn, "more", left)] if left else shown
    return format_list(parts, style=style, locale=locale_of(turn))


def portion(items: Sequence[str]) -> int:
    """How many of the things can be told in one breath."""
    length = 0
    for number, item in enumerate(items[:TOLD]):
        length += min(len(item), QUOTED)
        if number and length > ROOM:
            return number
    return len(items) if len(items) == TOLD + 1 else min(len(items), TOLD)  # one is told as fast as "one more"


def cut(text: str, length: int = QUOTED) -> str:
    """`text`, or as much of it as there is room for."""
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def locale_of(turn: TurnContext) -> Locale:
    """Babel's locale for the words that are spoken; that of the language where it knows no more."""
    for name in (turn.locale, language_of(turn.locale)):
        try:
            return Locale.parse(name, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")
