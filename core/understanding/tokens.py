"""What is known of each word of a text when its slot is decided."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from core.models.encoder import SIZE, Reading
from core.understanding.words import words

MOST_WORDS_A_PHRASE = 6
"""Words of a known value that are looked up together."""

_SHAPES = 7

Floats = npt.NDArray[np.float32]


class Phrases(Struct, frozen=True):
    """How often each phrase (words in lower case, joined by spaces) was the value of each slot in training."""

    slots: tuple[str, ...]
    counts: dict[str, dict[str, int]]

    @property
    def size(self) -> int:
        """Numbers a word."""
        return 2 * len(self.slots)


def known_phrases(slots: Sequence[str], values: Iterable[tuple[str, str]]) -> Phrases:
    """The phrases among (slot, value) pairs."""
    counts: dict[str, dict[str, int]] = {}
    for (slot, phrase), count in Counter((slot, " ".join(words(value))) for slot, value in values).items():
        if phrase:
            counts.setdefault(phrase, {})[slot] = count
    return Phrases(tuple(slots), counts)


def features(
    reading: Reading, text: str, intent: int, intents: int, phrases: Phrases, own: Mapping[str, str]
) -> Floats:
    """(words, n): the word's states and those of its neighbours, the intent, its shape, and which slots it may belong to.

    `own` are phrase → slot of this very text in training: they are not counted, or every value would be known.
    """
    states = reading.states
    blank = np.zeros((1, SIZE), np.float32)
    last = states[:, -SIZE:]
    before, behind = np.vstack([blank, last[:-1]]), np.vstack([last[1:], blank])
    said = [text[start:end] for start, end in reading.words.spans]
    place = np.zeros((len(said), intents), np.float32)
    place[:, intent] = 1.0
    return np.hstack([states, before, behind, place, _shapes(said), _looked_up(said, phrases, own)])


def width(intents: int, phrases: Phrases) -> int:
    """How many numbers `features` gives a word."""
    return 5 * SIZE + intents + _SHAPES + phrases.size


def _shapes(said: Sequence[str]) -> Floats:
    rows = [
        (
            word.isdigit(),
            any(map(str.isdigit, word)),
            word.istitle(),
            word.isupper(),
            not any(map(str.isalnum, word)),
            n == 0,
            n == len(said) - 1,
        )
        for n, word in enumerate(said)
    ]
    return np.array(rows, np.float32).reshape(len(said), _SHAPES)


def _looked_up(said: Sequence[str], phrases: Phrases, own: Mapping[str, str]) -> Floats:
    """For every slot: whether a value of it begins at a word, or goes on there; the oftener known, the larger."""
    found = np.zeros((len(said), phrases.size), np.float32)
    places = {slot: n for n, slot in enumerate(phrases.slots)}
    lower = [word.casefold() for word in said]
    for start in range(len(lower)):
        for end in range(start + 1, min(len(lower), start + MOST_WORDS_A_PHRASE) + 1):
            phrase = " ".join(lower[start:end])
            for slot, count in phrases.counts.get(phrase, {}).items():
                weight = np.log1p(count - (own.get(phrase) == slot))
                column = 2 * places[slot]
                found[start, column] = max(found[start, column], weight)
                found[start + 1 : end, column + 1] = np.maximum(found[start + 1 : end, column + 1], weight)
    return found
