"""Rows as numbers, and the batches they are read in."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models.store import TOKENIZER
from core.models.tokenizer import WordPieces
from core.understanding.finetune.examples import batches, example, labels_of, paired, some
from core.understanding.rows import OUTSIDE, Row, Slot
from infra.models import encoder_folder

ROWS = [
    Row("wake me at seven", "wake", (Slot("time", 11, 16, "seven"),)),
    Row("wake me at half past six", "wake", (Slot("time", 11, 24, "half past six"),)),
    Row("play jazz", "play", (Slot("genre", 5, 9, "jazz"),)),
    Row("who won the war of 1812", OUTSIDE),
]


@pytest.fixture(scope="module")
def tokenizer() -> WordPieces:
    return WordPieces(encoder_folder() / TOKENIZER)


def test_labels_are_those_of_rows_in_scope() -> None:
    labels = labels_of(ROWS)
    assert labels.intents == ("play", "wake")
    assert labels.tags == ("O", "B-genre", "I-genre", "B-time", "I-time")
    assert labels.phrases.counts["half past six"] == {"time": 1}


def test_an_example_has_a_tag_and_facts_for_every_word(tokenizer: WordPieces) -> None:
    labels = labels_of(ROWS)
    one = example(ROWS[1], labels, tokenizer, taught=True)
    assert [labels.tags[tag] for tag in one.tags] == ["O", "O", "O", "B-time", "I-time", "I-time"]
    assert len(one.first) == len(one.tags) == len(one.facts)
    assert labels.intents[one.intent] == "wake"


def test_the_own_value_of_a_taught_row_is_not_known_yet(tokenizer: WordPieces) -> None:
    labels = labels_of(ROWS)
    taught, asked = (example(ROWS[2], labels, tokenizer, taught=flag) for flag in (True, False))
    assert taught.facts[1].sum() < asked.facts[1].sum()


def test_without_slots_there_is_nothing_of_words(tokenizer: WordPieces) -> None:
    one = example(Row("hello", "greet"), labels_of([Row("hello", "greet"), Row("bye", "part")]), tokenizer, taught=True)
    assert one.tags == one.first == []
    assert one.facts.shape == (0, 0)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 30)), min_size=1, max_size=90), st.integers(2, 16))
def test_every_row_is_read_once_in_batches_of_the_size(drawn: list[tuple[str, int]], size: int) -> None:
    rows = [Row("x" * length, intent) for intent, length in drawn]
    found = list(batches(paired(rows, Random(1)), [len(row.text) for row in rows], size, Random(2)))
    assert sorted(place for one in found for place in one) == list(range(len(rows)))
    assert all(1 <= len(one) <= size for one in found)


def test_pairs_are_of_one_intent() -> None:
    rows = [Row(f"text {n}", "ab"[n % 2]) for n in range(20)]
    assert all(rows[one].intent == rows[other].intent for one, other in paired(rows, Random(0)))


def test_rows_of_like_length_are_read_together() -> None:
    rows = [Row("x" * (1 + n % 50), "a") for n in range(400)]
    lengths = [len(row.text) for row in rows]
    padded = sum(len(b) * max(lengths[n] for n in b) for b in batches(paired(rows, Random(0)), lengths, 16, Random(0)))
    assert padded < 1.5 * sum(lengths)


def test_some_rows_of_every_intent_are_measured() -> None:
    rows = [*(Row(f"often {n}", "often") for n in range(100)), Row("seldom", "seldom")]
    found = some(rows, Random(0))
    assert len(found) == 33
    assert Row("seldom", "seldom") in found
