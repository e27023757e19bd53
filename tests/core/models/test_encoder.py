"""The graphs against the numpy reference; a text's vector does not depend on its neighbours."""

import numpy as np
import pytest

from core.models.encoder import Encoder
from core.models.tokenizer import MOST_TOKENS, WordPieces
from infra.models import checkpoint
from tests.core.models.reference import Reference


@pytest.fixture(scope="session")
def pieces() -> WordPieces:
    return WordPieces(checkpoint()[1])


@pytest.fixture(scope="session")
def expected(reference: Reference, pieces: WordPieces, texts: list[str]) -> np.ndarray:
    return np.array([reference.vector(ids) for ids in pieces.ids(texts)])


def test_float32_is_the_reference(float_encoder: Encoder, texts: list[str], expected: np.ndarray) -> None:
    assert np.abs(float_encoder.encode(texts) - expected).max() < 2e-6


def test_eight_bits_are_close_to_the_reference(encoder: Encoder, texts: list[str], expected: np.ndarray) -> None:
    cosines = (encoder.encode(texts) * expected).sum(axis=1)
    assert cosines.mean() >= 0.999
    assert cosines.min() >= 0.995


@pytest.mark.parametrize("together", [2, 7, 32])
def test_the_same_vector_alone_and_in_a_batch(encoder: Encoder, texts: list[str], together: int) -> None:
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    batches = [encoder.encode(texts[i : i + together]) for i in range(0, len(texts), together)]
    assert np.abs(np.concatenate(batches) - alone).max() < 1e-6


def test_the_order_of_a_batch_does_not_matter(encoder: Encoder, texts: list[str]) -> None:
    assert np.abs(encoder.encode(texts[::-1])[::-1] - encoder.encode(texts)).max() < 1e-6


def test_vectors_have_unit_length(encoder: Encoder, texts: list[str]) -> None:
    assert np.linalg.norm(encoder.encode(texts), axis=1) == pytest.approx(1, abs=1e-5)


def test_nothing_in_nothing_out(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


def test_what_means_the_same_is_near(encoder: Encoder) -> None:
    asked, same, other = encoder.encode(
        ["where did I put my keys", "I can't find my keys", "convert ten miles to kilometres"]
    )
    assert asked @ same > asked @ other + 0.3


def test_tokens_are_neither_padded_nor_too_many(pieces: WordPieces) -> None:
    short, empty, long = pieces.ids(["what time is it in Tokyo", "", "a " * 2_000])
    assert len(short) == 8
    assert empty == [101, 102]
    assert len(long) == MOST_TOKENS
    assert long[-1] == 102


def test_sessions_run_where_they_say(encoder: Encoder) -> None:
    assert encoder.providers == ("CPUExecutionProvider",)
