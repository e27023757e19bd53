"""Slots as tags and back, and the best path through them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.understanding.rows import Slot
from core.understanding.tags import habits, likeliest, stretches, tags_of, transitions

TAGS = ("O", "B-city", "I-city", "B-day", "I-day")


def test_slots_become_tags_and_slots_again() -> None:
    spans = [(0, 2), (3, 6), (7, 11), (12, 18)]
    tags = tags_of([Slot("city", 3, 11), Slot("day", 12, 18)], spans)
    assert tags == ["O", "B-city", "I-city", "B-day"]
    assert stretches(tags) == [("city", 1, 3), ("day", 3, 4)]


def test_what_goes_on_without_beginning_begins() -> None:
    assert stretches(["I-city", "I-city", "O", "I-day", "B-day"]) == [("city", 0, 2), ("day", 3, 4), ("day", 4, 5)]


@given(seed=st.integers(0, 10_000), words=st.integers(1, 6))
def test_the_path_is_the_best_of_all_that_may_be(seed: int, words: int) -> None:
    scores = np.random.default_rng(seed).normal(size=(words, len(TAGS))).astype(np.float32)
    begin, follow = transitions(TAGS)
    path = likeliest(scores, begin, follow)
    tags = [TAGS[n] for n in path]
    assert all(not tag.startswith("I") or (n and tags[n - 1][1:] == tag[1:]) for n, tag in enumerate(tags))
    greedy = [TAGS[n] for n in scores.argmax(axis=1)]
    if tags_are_whole(greedy):
        assert tags == greedy


def tags_are_whole(tags: list[str]) -> bool:
    return all(not tag.startswith("I") or (n > 0 and tags[n - 1][1:] == tag[1:]) for n, tag in enumerate(tags))


def test_what_often_follows_is_favoured_and_what_never_does_is_not() -> None:
    follow = habits([[0, 1, 2, 0, 3], [0, 1, 2, 2, 0, 3]], len(TAGS))
    assert follow.shape == (len(TAGS), len(TAGS))
    assert follow[1, 2] > 0 > follow[1, 3]
    assert np.isfinite(follow).all()
