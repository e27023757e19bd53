"""Slots as tags of words and back: B-x begins a slot x, I-x goes on with it, O is no slot (Ramshaw and Marcus 1995)."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from core.understanding.rows import Slot

OUTSIDE_TAG = "O"
_NEVER = -1e4
_HABIT = 0.4
_UNSEEN = 1e-3

Floats = npt.NDArray[np.float32]
Spans = Sequence[tuple[int, int]]


def tags_of(slots: Sequence[Slot], spans: Spans) -> list[str]:
    """The tag of each word; `spans` are the words' (start, end)."""
    tags = [OUTSIDE_TAG] * len(spans)
    for slot in slots:
        inside = [n for n, (start, end) in enumerate(spans) if start < slot.end and end > slot.start]
        for place, n in enumerate(inside):
            tags[n] = f"{'I' if place else 'B'}-{slot.slot}"
    return tags


def stretches(tags: Sequence[str]) -> list[tuple[str, int, int]]:
    """(slot, first word, word behind the last) of each run of tags."""
    found: list[tuple[str, int, int]] = []
    for n, tag in enumerate(tags):
        kind, _, slot = tag.partition("-")
        if kind == "I" and found and found[-1][0] == slot and found[-1][2] == n:
            found[-1] = (slot, found[-1][1], n + 1)
        elif kind != OUTSIDE_TAG:
            found.append((slot, n, n + 1))
    return found


def transitions(tags: Sequence[str]) -> tuple[Floats, Floats]:
    """Scores of what may begin a text (tags) and of what may follow what (tags, tags): 0, or so low that it never happens."""
    begin = np.array([_NEVER if tag.startswith("I-") else 0.0 for tag in tags], np.float32)
    follow = np.array([[0.0 if _follows(one, other) else _NEVER for other in tags] for one in tags], np.float32)
    return begin, follow


def habits(tagged: Iterable[Sequence[int]], count: int) -> Floats:
    """(tags, tags): what is added where one tag follows another, by how much oftener it does in training than by chance.

    A share of the pointwise mutual information (Church and Hanks 1990): whole, it would outvote what is said of the words.
    """
    pairs = np.full((count, count), _UNSEEN)
    for tags in tagged:
        np.add.at(pairs, (tags[:-1], tags[1:]), 1.0)
    chance = pairs.sum(axis=1, keepdims=True) * pairs.sum(axis=0, keepdims=True) / pairs.sum()
    return np.asarray(_HABIT * np.log(pairs / chance), np.float32)


def _follows(one: str, other: str) -> bool:
    return not other.startswith("I-") or one[1:] == other[1:]


def likeliest(scores: Floats, begin: Floats, follow: Floats) -> list[int]:
    """The tags (numbers) whose scores (words, tags) add up highest, by Viterbi's algorithm."""
    reached = begin + scores[0]
    came_from: list[npt.NDArray[np.intp]] = []
    for row in scores[1:]:
        ways = reached[:, None] + follow
        came_from.append(ways.argmax(axis=0))
        reached = ways.max(axis=0) + row
    path = [int(reached.argmax())]
    for back in reversed(came_from):
        path.append(int(back[path[-1]]))
    return path[::-1]
