"""Noise that rows are read with: slots must stay on their words."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.understanding.finetune.noise import edited, misheard, misspelt, mistyped, swapped, values, varied
from core.understanding.rows import Row, Slot

WORDS = st.lists(
    st.text("abcdeé'", min_size=1, max_size=6) | st.sampled_from(["the", "to", "my", "?", ","]), min_size=1
)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    """A text of words, some stretches of which are slots."""
    said = draw(WORDS)
    text, slots, at = " ".join(said), list[Slot](), 0
    for n, word in enumerate(said):
        if draw(st.booleans()):
            slots.append(Slot(f"s{n}", at, at + len(word), word))
        at += len(word) + 1
    return Row(text, "intent", tuple(slots))


def whole(row: Row) -> bool:
    """Whether slots lie inside the text, in order, and say what stands there."""
    ends = [0, *(slot.end for slot in row.slots)]
    return all(
        before <= slot.start < slot.end <= len(row.text) and row.text[slot.start : slot.end] == slot.value
        for before, slot in zip(ends, row.slots, strict=False)
    )


@given(rows(), st.integers(0, 99))
def test_slots_stay_on_their_words(row: Row, seed: int) -> None:
    for change in (mistyped, misheard):
        noisy = change(row, Random(seed))
        assert whole(noisy)
        assert noisy.intent == row.intent
    assert [slot.value for slot in misheard(row, Random(seed)).slots] == [slot.value for slot in row.slots]


@given(rows(), rows(), st.integers(0, 99))
def test_swapped_values_are_those_of_the_slot(row: Row, other: Row, seed: int) -> None:
    known = values([row, other])
    changed = swapped(row, known, Random(seed))
    assert whole(changed)
    assert [slot.slot for slot in changed.slots] == [slot.slot for slot in row.slots]
    assert all(slot.value in known[slot.slot] for slot in changed.slots)


@given(st.text("abcdefgh", min_size=3, max_size=9), st.integers(0, 999))
def test_a_misspelt_word_is_one_letter_off(word: str, seed: int) -> None:
    wrong = misspelt(word, Random(seed))
    assert abs(len(wrong) - len(word)) <= 1
    assert sum(1 for one, other in zip(word, wrong, strict=False) if one != other) <= len(word)


def test_a_slot_grows_and_moves_with_its_words() -> None:
    row = Row("wake me at 7 in the big room", "wake", (Slot("time", 11, 12, "7"), Slot("room", 20, 28, "big room")))
    later = edited(row, [(11, 12, "half past six"), (20, 28, "attic"), (0, 0, "um ")])
    assert later.text == "um wake me at half past six in the attic"
    assert [slot.value for slot in later.slots] == ["half past six", "attic"]


def test_without_chances_nothing_changes() -> None:
    row = Row("turn it on", "on")
    assert varied(row, {}, 0.0, 0.0, Random(0)) is row


def test_the_same_generator_gives_the_same_noise() -> None:
    row = Row("please switch the kitchen lamp on", "on", (Slot("room", 18, 25, "kitchen"),))
    known = {"room": ["hall", "bath"]}
    one, other = ([varied(row, known, 0.5, 0.5, random) for _ in range(30)] for random in (Random(3), Random(3)))
    assert one == other
    assert len({row.text for row in one}) > 5


@pytest.mark.parametrize("text", ["?!", "7", "to", "…", "the to"])
def test_texts_with_nothing_to_change_stay_texts(text: str) -> None:
    for seed in range(20):
        row = Row(text, "odd")
        assert misheard(mistyped(row, Random(seed)), Random(seed)).text.strip()
