"""What a text is made of, letter by letter: its words, pairs of words, and runs of letters, weighted by how telling they are.

A second view beside the encoder's: it sees the exact words, and half of a misspelt one. Weights are sublinear tf-idf of unit
length (Salton and Buckley 1988).
"""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from core.understanding.words import words

RUNS = (2, 3, 4, 5)
MOST_WORDS = 120
"""Words of a text that are looked at: what is longer is no command."""

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]


def grams(text: str) -> Counter[str]:
    """The words (`=word`), pairs (`=two words`) and runs of letters of a text, with how often each occurs."""
    found = words(text)[:MOST_WORDS]
    parts = [f"={word}" for word in found]
    parts += [f"={one} {other}" for one, other in pairwise(found)]
    for word in found:
        padded = f" {word} "
        parts += [padded[i : i + n] for n in RUNS for i in range(len(padded) - n + 1)]
    return Counter(parts)


class Bags(Struct, frozen=True):
    """Texts as weighted grams: `ids` (grams) of all texts one after the other, `weights` (texts, grams)."""

    ids: Ints
    weights: Floats


class Lexicon(Struct, frozen=True):
    """The grams that are known, with how telling each is (inverse document frequency)."""

    grams: tuple[str, ...]
    idf: tuple[float, ...]

    def index(self) -> dict[str, int]:
        """The place of each gram."""
        return {gram: place for place, gram in enumerate(self.grams)}


def weighed(text: str, index: dict[str, int], idf: Sequence[float]) -> tuple[list[int], list[float]]:
    """The known grams of a text and their weights, of unit length together."""
    known = [(index[gram], count) for gram, count in grams(text).items() if gram in index]
    weights = [(1.0 + math.log(count)) * idf[place] for place, count in known]
    size = math.sqrt(sum(weight * weight for weight in weights)) or 1.0
    return [place for place, _ in known], [weight / size for weight in weights]


def bags(texts: Sequence[str], index: dict[str, int], idf: Sequence[float]) -> Bags:
    """Texts as the heads' graph takes them; where no gram is known there is one of weight 0."""
    rows = [weighed(text, index, idf) for text in texts]
    ids = [place for places, _ in rows for place in places] or [0]
    weights = np.zeros((len(texts), len(ids)), np.float32)
    start = 0
    for row, (places, values) in enumerate(rows):
        weights[row, start : start + len(places)] = values
        start += len(places)
    return Bags(np.array(ids, np.int32), weights)
