"""Rows as numbers to learn from, and in which company they are read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt

from core.models.encoder import SIZE, STATES, Reading
from core.models.tokenizer import WordPieces
from core.understanding.rows import OUTSIDE, Row, by_intent
from core.understanding.tags import OUTSIDE_TAG, tags_of
from core.understanding.tokens import Phrases, features, known_phrases
from core.understanding.words import words

CHUNK = 16
"""Batches whose rows are sorted by length together: little padding, and still another company each time."""

MEASURED = 32
"""Rows of an intent that its direction is the mean of to begin with."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Labels:
    """What is to be told apart: intents, tags of words, and the values known from training."""

    intents: tuple[str, ...]
    tags: tuple[str, ...]
    phrases: Phrases


@dataclass(frozen=True)
class Example:
    """A row: token ids, the place of the first token of each word, the intent's number, the tags' numbers, and what is known of
    each word without the encoder (words, facts)."""

    ids: list[int]
    first: list[int]
    intent: int
    tags: list[int]
    facts: Floats


def labels_of(rows: Sequence[Row]) -> Labels:
    """The labels of rows in scope; without slots there are no tags."""
    inside = [row for row in rows if row.intent != OUTSIDE]
    slots = sorted({slot.slot for row in inside for slot in row.slots})
    tags = (OUTSIDE_TAG, *(f"{kind}-{slot}" for slot in slots for kind in "BI")) if slots else ()
    values = [(slot.slot, row.text[slot.start : slot.end]) for row in inside for slot in row.slots]
    return Labels(tuple(sorted({row.intent for row in inside})), tags, known_phrases(slots, values))


def example(row: Row, labels: Labels, tokenizer: WordPieces, *, taught: bool) -> Example:
    """A row in scope as numbers. Of one that is `taught` its own values do not count as known, or all would be."""
    found = tokenizer.words(row.text)
    intent = labels.intents.index(row.intent)
    if not labels.tags:
        return Example(found.ids, [], intent, [], np.zeros((0, 0), np.float32))
    blank = np.zeros((len(found.spans), STATES), np.float32)
    own = {" ".join(words(row.text[slot.start : slot.end])): slot.slot for slot in row.slots} if taught else {}
    reading = Reading(found, _NOTHING, _NOTHING, blank)
    facts = features(reading, row.text, intent, len(labels.intents), labels.phrases, own)[:, 5 * SIZE :]
    tags = [labels.tags.index(tag) if tag in labels.tags else 0 for tag in tags_of(row.slots, found.spans)]
    return Example(found.ids, found.first, intent, tags, facts)


def some(rows: Sequence[Row], random: Random) -> list[Row]:
    """At most MEASURED rows of every intent."""
    return [row for own in by_intent(rows).values() for row in random.sample(own, min(len(own), MEASURED))]


def paired(rows: Sequence[Row], random: Random) -> list[list[int]]:
    """The places of all rows, two of the same intent together: each has somebody to be near to. Odd ones are alone."""
    groups: dict[str, list[int]] = {intent: [] for intent in by_intent(rows)}
    for place, row in enumerate(rows):
        groups[row.intent].append(place)
    pairs: list[list[int]] = []
    for places in groups.values():
        random.shuffle(places)
        pairs += [places[start : start + 2] for start in range(0, len(places), 2)]
    random.shuffle(pairs)
    return pairs


def batches(pairs: Sequence[list[int]], lengths: Sequence[int], size: int, random: Random) -> Iterator[list[int]]:
    """All places in batches of about `size`, those of like length together, in random order."""
    count = max(1, size // 2)
    found: list[list[int]] = []
    for start in range(0, len(pairs), CHUNK * count):
        chunk = sorted(pairs[start : start + CHUNK * count], key=lambda pair: max(lengths[n] for n in pair))
        found += [[n for pair in chunk[at : at + count] for n in pair] for at in range(0, len(chunk), count)]
    random.shuffle(found)
    yield from found


_NOTHING = np.zeros(0, np.float32)
