"""Which list is meant: by its name, by the words of the sentence, or because it was talked about last."""

import re

from msgspec import Struct
from rapidfuzz import fuzz

from shared.skill import TurnContext
from skills.lists.language import (
    Words,
    folded,
    folded_alike,
    has_any,
    is_any,
    key,
    without_end,
    without_start,
    words_of,
)
from skills.lists.shelf import SHOPPING, TODO, Entry, Shelf

LAST = "last"  # in the session's state: the id of the list that was talked about last
_ALIKE = 85  # of 100
_READ = 2000  # characters


class Which(Struct, frozen=True):
    """A list that is meant. `named`: the person said which. `known`: it is there, or is one of the two that need not be made."""

    entry: Entry
    named: bool
    known: bool


def which(turn: TurnContext, shelf: Shelf, besides: str = "") -> Which:
    """The list that a turn is about. `besides` are words of it that are about something else (the things)."""
    words = words_of(turn.locale)
    said = turn.slot("list")
    name = said.text[:_READ] if said is not None else named(turn.text[:_READ], words)
    if name and (found := _named(name, shelf, words)) is not None:
        return found
    text = turn.text[:_READ].replace(besides, " ") if besides else turn.text[:_READ]
    return Which(hinted(text, shelf, words) or _last(turn, shelf) or _ready(shelf, SHOPPING), False, True)


def called(text: str, words: Words) -> str:
    """The name in what somebody calls a list: "packing" of "my packing list"."""
    around = rf"{words.around}|{words.noun}"
    name = " ".join(text.split()).strip(' .,;:!?"“”„«»')
    return without_end(without_start(name, around), rf"{words.noun}|{words.around}").strip(" .,;:!?\"“”„«»'’")


def named(text: str, words: Words) -> str:
    """What stands behind "called" in a sentence; "" where that is not said."""
    found = re.search(rf"(?<!\w)(?:{words.called})(?!\w)[\s:,]*", folded_alike(text))
    return text[found.end() :].strip() if found else ""


def _named(text: str, shelf: Shelf, words: Words) -> Which | None:
    """The list of a name; None where the text says no more than "the list"."""
    whole = _plain(text, words)
    for id_, names in ((SHOPPING, words.shopping), (TODO, words.todo)):
        if is_any(rf"(?:(?:{words.around}|{words.noun}) )*(?:{names})(?: (?:{words.noun}))?", whole):
            return Which(_ready(shelf, id_), True, True)
    name = called(text, words)
    plain = _plain(name, words)
    if not plain or is_any(rf"{words.noun}|{words.around}", plain):
        return None
    found = _known(plain, shelf, words)
    return Which(found or shelf.new(name), True, found is not None)


def _known(plain: str, shelf: Shelf, words: Words) -> Entry | None:
    """The person's own list that is called so, or nearly so."""
    own = [entry for entry in shelf.lists if entry.name]
    names = {entry.id: _plain(entry.name, words) for entry in own}
    same = [entry for entry in own if names[entry.id] == plain or key(names[entry.id], words) == key(plain, words)]
    near = [entry for entry in own if fuzz.ratio(names[entry.id], plain) >= _ALIKE]
    return next(iter(same or near), None)


def _plain(name: str, words: Words) -> str:
    """A name to compare: folded, without hyphens, and without "-liste" at the end of a word."""
    plain = " ".join(re.findall(r"[^\W_]+", folded(name)))
    return re.sub(rf"(?<=\w)(?:{words.ending})(?!\w)", "", plain) if words.ending else plain


def hinted(text: str, shelf: Shelf, words: Words) -> Entry | None:
    """A list that the sentence names or hints at: "what do I have to do", "we have to buy"."""
    said = f" {_plain(text, words)} "
    for entry in shelf.lists:
        if entry.name and f" {_plain(entry.name, words)} " in said:
            return entry
    if has_any(words.doing, text):
        return _ready(shelf, TODO)
    return _ready(shelf, SHOPPING) if has_any(words.buying, text) else None


def _last(turn: TurnContext, shelf: Shelf) -> Entry | None:
    """The list that was talked about last."""
    last = turn.state.get(LAST)
    if last in (SHOPPING, TODO):
        return _ready(shelf, str(last))
    return shelf.entry(last) if isinstance(last, str) else None


def _ready(shelf: Shelf, id: str) -> Entry:
    """One of the two lists that everybody has."""
    return shelf.entry(id) or Entry(id)
