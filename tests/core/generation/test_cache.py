"""The cache by address: places that do not touch each other, and beginnings that come back."""

import ctypes

import numpy as np
import pytest

from core.generation.cache import Cache

ROW = (3, 20, 4)
ARRAYS, PLACES = 2, 4


@pytest.fixture
def cache() -> Cache:
    """A cache whose every number is another."""
    cache = Cache(ARRAYS, PLACES, ROW, np.float32, "cpu")
    for array in range(ARRAYS):
        count = PLACES * int(np.prod(ROW))
        seen(cache, array)[:] = 1000 * array + np.arange(count).reshape(PLACES, *ROW)
    return cache


def seen(cache: Cache, array: int) -> np.ndarray:
    """What lies in an array, as numpy sees it."""
    count = PLACES * int(np.prod(ROW))
    raw = (ctypes.c_float * count).from_address(cache.address(array, 0))
    return np.ctypeslib.as_array(raw).reshape(PLACES, *ROW)


@pytest.mark.parametrize("length", [0, 1, 7, 20])
def test_a_stream_moves_with_its_tokens_and_nothing_else(cache: Cache, length: int) -> None:
    expected = [seen(cache, array).copy() for array in range(ARRAYS)]
    for one in expected:
        one[0, :, :length] = one[3, :, :length]
    cache.move(3, 0, length)
    assert all(np.array_equal(seen(cache, array), expected[array]) for array in range(ARRAYS))


@pytest.mark.parametrize("length", [1, 7, 20])
def test_a_beginning_comes_back_elsewhere(cache: Cache, length: int) -> None:
    expected = [seen(cache, array).copy() for array in range(ARRAYS)]
    saved = cache.save(1, length)
    assert saved.nbytes == ARRAYS * 3 * length * 4 * 4
    for one in expected:
        one[2, :, :length] = one[1, :, :length]
    for array in range(ARRAYS):
        seen(cache, array)[1] = -1.0
        expected[array][1] = -1.0
    cache.restore(2, saved)
    assert all(np.array_equal(seen(cache, array), expected[array]) for array in range(ARRAYS))


def test_no_more_is_copied_than_there_is(cache: Cache) -> None:
    with pytest.raises(ValueError, match="21 tokens of 20"):
        cache.move(0, 1, 21)
    assert cache.place_bytes == ARRAYS * 3 * 20 * 4 * 4
