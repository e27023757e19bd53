"""What is kept out where there is no validation set."""

from collections import Counter

import pytest

from core.understanding.finetune.split import split
from core.understanding.rows import OUTSIDE, Row
from shared.errors import DataInvalid


def rows(intents: int, each: int) -> list[Row]:
    return [Row(f"say {n} to {number}", f"intent {number}") for n in range(each) for number in range(intents)]


@pytest.mark.parametrize(("intents", "each", "kept"), [(77, 5, 129), (77, 10, 110), (7, 2000, 1400)])
def test_a_hundred_rows_or_a_tenth_are_kept_out_of_all_intents(intents: int, each: int, kept: int) -> None:
    given = [*rows(intents, each), Row("who won the war", OUTSIDE)]
    learnt, held = split(given)
    assert len(held) == kept
    assert sorted([*learnt, *held], key=str) == sorted(given, key=str)
    count = Counter(row.intent for row in held)
    assert max(count.values()) - min(count.values() if len(count) == intents else (0,)) <= 2
    assert OUTSIDE not in count


def test_of_too_few_rows_none_can_be_spared() -> None:
    with pytest.raises(DataInvalid, match="validation set of 100 rows"):
        split(rows(10, 29))
