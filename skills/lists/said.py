"""The things in what was said, all of them."""

import re

from shared.skill import TurnContext
from skills.lists.language import Words, folded_alike, without_end

_READ = 2000  # characters of a message that are looked at
_LONGEST = 10_000


def things(turn: TurnContext, words: Words) -> str:
    """The words of the slot `item`; with what goes on behind them where the model stopped at a comma or an "and"."""
    said = turn.slot("item")
    if said is None:
        return ""
    text, item = turn.text[:_READ], said.text[:_LONGEST]
    start = text.find(item)
    if start < 0 or turn.understanding.source == "dialogue":
        return item
    end = start + len(item)
    if not _goes_on(words).match(folded_alike(text[end:])):
        return item
    listed = turn.slot("list")
    limit = text.find(listed.text, end) if listed else -1
    rest = text[start:] if limit < 0 else text[start:limit]
    return without_end(rest.rstrip(" .!?"), rf"{words.around}|{words.noun}|{words.polite}")


def _goes_on(words: Words) -> re.Pattern[str]:
    return re.compile(rf"\s*(?:,|(?:{words.and_})(?!\w))\s*\w")
