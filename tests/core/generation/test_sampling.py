"""Sampling: what may be chosen, how often, and what makes no sense."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.generation.sampling import Sampler
from shared.errors import Malformed
from shared.generating import Sampling

LOGITS = np.log(np.array([0.5, 0.25, 0.15, 0.1], np.float32))


def drawn(sampling: Sampling, logits: np.ndarray, seen: tuple[int, ...] = (), count: int = 4000) -> np.ndarray:
    """How often each token was chosen, as a share."""
    sampler = Sampler(sampling, seen)
    chosen = [sampler.choose(logits) for _ in range(count)]
    return np.bincount(chosen, minlength=len(logits)) / count


@pytest.mark.parametrize(
    ("sampling", "wanted"),
    [
        (Sampling(1.0), [0.5, 0.25, 0.15, 0.1]),
        (Sampling(0.5), np.array([0.25, 0.0625, 0.0225, 0.01]) / 0.345),
        (Sampling(1.0, top_k=2), [2 / 3, 1 / 3, 0, 0]),
        (Sampling(1.0, top_p=0.7), [2 / 3, 1 / 3, 0, 0]),
        (Sampling(1.0, top_p=0.76), [5 / 9, 2.5 / 9, 1.5 / 9, 0]),
        (Sampling(1.0, top_k=3, top_p=0.5), [1, 0, 0, 0]),
        (Sampling(1.0, top_p=1e-9), [1, 0, 0, 0]),
        (Sampling(0.0), [1, 0, 0, 0]),
    ],
)
def test_tokens_come_as_often_as_they_should(sampling: Sampling, wanted: list[float]) -> None:
    np.testing.assert_allclose(drawn(sampling, LOGITS), wanted, atol=0.03)


def test_a_large_nucleus_is_found_whole() -> None:
    logits = np.zeros(5000, np.float32)
    found = drawn(Sampling(1.0, top_p=0.9), logits)
    assert np.count_nonzero(found[:4500]) > 2000
    assert found[4501:].sum() == 0


def test_what_was_said_is_less_likely_whatever_its_sign() -> None:
    logits = np.array([2.0, 1.5, -1.0, -1.2], np.float32)
    kept = logits.copy()
    assert Sampler(Sampling(repetition_penalty=2.0), [0]).choose(logits) == 1
    sampler = Sampler(Sampling(repetition_penalty=2.0), [0])
    assert [sampler.choose(logits) for _ in range(2)] == [1, 0]  # 2 / 2 > 1.5 / 2
    assert Sampler(Sampling(repetition_penalty=2.0), [0, 1, 2]).choose(np.array([-5, -5, -1, -1.2], np.float32)) == 3
    np.testing.assert_array_equal(logits, kept)


@given(
    logits=st.lists(st.floats(-30, 30, width=32), min_size=2, max_size=50),
    seed=st.integers(0, 2**32),
    top_k=st.integers(0, 60),
    top_p=st.floats(0.01, 1),
    temperature=st.floats(0.01, 5),
)
def test_a_token_that_is_chosen_may_be(
    logits: list[float], seed: int, top_k: int, top_p: float, temperature: float
) -> None:
    row = np.array(logits, np.float32)
    sampling = Sampling(temperature, top_p, top_k, seed=seed)
    token = Sampler(sampling, ()).choose(row)
    assert token == Sampler(sampling, ()).choose(row)
    assert np.count_nonzero(row > row[token]) < (top_k or len(row))


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(-1),
        Sampling(float("nan")),
        Sampling(top_p=0),
        Sampling(top_p=1.1),
        Sampling(top_k=-1),
        Sampling(repetition_penalty=0),
        Sampling(seed=-1),
    ],
)
def test_what_makes_no_sense_is_refused(sampling: Sampling) -> None:
    with pytest.raises(Malformed):
        Sampler(sampling, ())
