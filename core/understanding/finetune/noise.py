"""Rows as somebody else could have said them: mistyped, misheard, or with another value in a slot. Slots move along.

What is drawn at random comes from the generator that is given: the same one gives the same rows.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from random import Random

from core.understanding.rows import Row, Slot
from core.understanding.words import WORD

Edit = tuple[int, int, str]
"""What stands in a text from start to end (code points) is replaced."""

SHORTEST = 3
"""Letters; people mistype longer words, and of a shorter one nothing would be left."""

_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_FILLERS = ("um ", "uh ", "okay ", "so ", "well ", "hey ", "please ")
_PUNCTUATION = re.compile(r"[^\w\s]+")
_UNHEARD = frozenset({"a", "an", "the", "to", "of", "is", "for", "in", "my", "me", "i"})


def edited(row: Row, edits: Sequence[Edit]) -> Row:
    """`row` with its text changed; slots cover what their words became. Edits must not overlap nor cross the edge of a slot."""
    text, moved = row.text, sorted(edits)
    for start, end, new in reversed(moved):
        text = text[:start] + new + text[end:]

    def place(at: int, *, last: bool) -> int:
        grown = 0
        for start, end, new in moved:
            if end < at or (end == at and (last or start < at)):
                grown += len(new) - (end - start)
        return at + grown

    spans = ((slot.slot, place(slot.start, last=False), place(slot.end, last=True)) for slot in row.slots)
    slots = tuple(Slot(name, start, end, text[start:end]) for name, start, end in spans if start < end)
    return Row(text, row.intent, slots)


def mistyped(row: Row, random: Random) -> Row:
    """`row` with one or two words misspelt by one letter each."""
    found = [match for match in WORD.finditer(row.text) if len(match[0]) >= SHORTEST]
    chosen = random.sample(found, min(len(found), random.choice((1, 1, 2))))
    return edited(row, [(*match.span(), misspelt(match[0], random)) for match in chosen])


def misspelt(word: str, random: Random) -> str:
    """`word` with two neighbours swapped, or a letter dropped, inserted or replaced."""
    at = random.randrange(len(word))
    near = max(1, at)
    return random.choice(
        (
            word[: near - 1] + word[near] + word[near - 1] + word[near + 1 :],
            word[:at] + word[at + 1 :],
            word[:at] + random.choice(_ALPHABET) + word[at:],
            word[:at] + random.choice(_ALPHABET) + word[at + 1 :],
        )
    )


def misheard(row: Row, random: Random) -> Row:
    """`row` as speech recognition writes it: without punctuation or an unstressed word, or with a filler in front."""
    edits: list[Edit] = [
        (*match.span(), "") for match in _PUNCTUATION.finditer(row.text) if not _touches(row, *match.span())
    ]
    quiet = [match for match in re.finditer(r"(?<=\s)\w+\s", row.text) if match[0].strip().casefold() in _UNHEARD]
    quiet = [match for match in quiet if not _touches(row, *match.span())]
    if quiet and random.random() < 0.5:
        edits.append((*random.choice(quiet).span(), ""))
    elif random.random() < 0.5 and not _touches(row, 0, 1):
        edits.append((0, 0, random.choice(_FILLERS)))
    heard = edited(row, edits)
    return heard if any(map(str.isalnum, heard.text)) else row


def _touches(row: Row, start: int, end: int) -> bool:
    return any(start < slot.end and end > slot.start for slot in row.slots)


Values = Mapping[str, Sequence[str]]
"""By slot, the values that it has in the training data, as often as it has them."""


def values(rows: Sequence[Row]) -> Values:
    """The values of all slots of `rows`."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        for slot in row.slots:
            found[slot.slot].append(row.text[slot.start : slot.end])
    return found


def swapped(row: Row, known: Values, random: Random) -> Row:
    """`row` with other values of the same slots, each with a chance of one half."""
    edits = [
        (slot.start, slot.end, random.choice(known[slot.slot]))
        for slot in row.slots
        if slot.slot in known and random.random() < 0.5
    ]
    return edited(row, edits)


def varied(row: Row, known: Values, noise: float, swaps: float, random: Random) -> Row:
    """`row`, or with the chances `swaps` and `noise` another way to say it."""
    if row.slots and random.random() < swaps:
        row = swapped(row, known, random)
    if random.random() < noise:
        kinds: tuple[Callable[[Row, Random], Row], ...] = (mistyped, misheard)
        row = random.choice(kinds)(row, random)
    return row
