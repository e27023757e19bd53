"""The things in what was said, all of them."""

import re

from shared.skill import TurnContext
from skills.lists.language import Words, folded_alike, without_end

_READ = 2000  # characters of a message that are looked at
_LONGEST = 10_000
_TASK = 2  # words behind those that the model found that make them longer; one may be a small word


def things(turn: TurnContext, words: Words) -> str:
    """The words of the slot `item`, all of them: the model may have stopped at an "and", or in the middle of a task.

    They go on behind a comma or an "and"; and, where something is put on a list that is named behind them, up to its name.
    """
    said = turn.slot("item")
    if said is None:
        return ""
    text, item = turn.text[:_READ], said.text[:_LONGEST]
    start = text.find(item)
    if start < 0 or turn.understanding.source == "dialogue":
        return item
    end = start + len(item)
    listed = turn.slot("list")
    limit = text.find(listed.text, end) if listed else -1
    rest = text[end:] if limit < 0 else text[end:limit]
    rest = without_end(f".{rest.rstrip(' .!?')}", rf"{words.around}|{words.noun}|{words.polite}")[1:]
    task = turn.intent == "lists.add" and limit >= 0 and len(rest.split()) >= _TASK
    return item + rest if task or _goes_on(words).match(folded_alike(rest)) else item


def _goes_on(words: Words) -> re.Pattern[str]:
    return re.compile(rf"\s*(?:,|(?:{words.and_})(?!\w))\s*\w")
