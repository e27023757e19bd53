"""A small network that tags words: one hidden layer, trained with dropout by Adam (Kingma and Ba 2015), in plain numpy.

scikit-learn's own has no dropout, without which it learns the training values by heart; torch would be a gigabyte for this.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

HIDDEN = 256
FEW_WORDS = 80_000
"""Words of all texts together; for fewer, a smaller network learns as much, in a quarter of the time."""
HIDDEN_OF_FEW = 96

BATCH = 256
EPOCHS = 5
STEPS = 300
"""Batches at least: of few words, more passes are made."""

DROP_INPUT = 0.2
DROP_HIDDEN = 0.5

_RATE = 1e-3
_RATE_OF_FEW = 2e-3
_DECAY = 1e-4
_BETAS = (0.9, 0.999)


@dataclass(frozen=True)
class Network:
    """scores = relu(inputs @ inner + inner_bias) @ outer + outer_bias."""

    inner: Floats
    inner_bias: Floats
    outer: Floats
    outer_bias: Floats

    def scores(self, inputs: Floats) -> Floats:
        """(n, classes)."""
        return np.asarray(np.maximum(inputs @ self.inner + self.inner_bias, 0.0) @ self.outer + self.outer_bias)


class _Adam:
    """Moves one array of weights."""

    def __init__(self, weights: Floats) -> None:
        self.weights = weights
        self._mean = np.zeros_like(weights)
        self._square = np.zeros_like(weights)

    def step(self, slope: Floats, rate: float, count: int) -> None:
        first, second = _BETAS
        self._mean += (1 - first) * (slope - self._mean)
        self._square += (1 - second) * (slope * slope - self._square)
        size = rate * np.sqrt(1 - second**count) / (1 - first**count)
        self.weights -= np.float32(size) * self._mean / (np.sqrt(self._square) + 1e-8)


def train_network(inputs: Floats, classes: Ints, count: int) -> Network:
    """Fit a network to `inputs` (n, width), standardised inside, and their classes. The same data give the same numbers."""
    random = np.random.default_rng(0)
    centre, spread = inputs.mean(axis=0), inputs.std(axis=0) + 1e-2
    width, few = inputs.shape[1], len(inputs) < FEW_WORDS
    size, fastest = (HIDDEN_OF_FEW, _RATE_OF_FEW) if few else (HIDDEN, _RATE)
    inner = _Adam(random.normal(0, np.sqrt(2 / width), (width, size)).astype(np.float32))
    inner_bias = _Adam(np.zeros(size, np.float32))
    outer = _Adam(random.normal(0, np.sqrt(1 / size), (size, count)).astype(np.float32))
    outer_bias = _Adam(np.zeros(count, np.float32))
    a_pass = -(-len(inputs) // BATCH)
    epochs = max(EPOCHS, -(-STEPS // a_pass))
    steps, done = epochs * a_pass, 0
    for _ in range(epochs):
        order = random.permutation(len(inputs))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            x = (inputs[rows] - centre) / spread * _kept(random, (len(rows), width), DROP_INPUT)
            alive = _kept(random, (len(rows), size), DROP_HIDDEN)
            hidden = np.maximum(x @ inner.weights + inner_bias.weights, 0.0) * alive
            slope = _softmax(hidden @ outer.weights + outer_bias.weights)
            slope[np.arange(len(rows)), classes[rows]] -= 1.0
            slope /= len(rows)
            back = (slope @ outer.weights.T) * alive * (hidden > 0)
            rate = fastest * (1 - done / steps)
            done += 1
            outer.step(hidden.T @ slope + _DECAY * outer.weights, rate, done)
            outer_bias.step(slope.sum(axis=0), rate, done)
            inner.step(x.T @ back + _DECAY * inner.weights, rate, done)
            inner_bias.step(back.sum(axis=0), rate, done)
    folded = inner.weights / spread[:, None]
    return Network(folded, inner_bias.weights - centre @ folded, outer.weights, outer_bias.weights)


def _kept(random: np.random.Generator, shape: tuple[int, int], dropped: float) -> Floats:
    """A mask of 0 and 1 / (1 - dropped)."""
    return (random.random(shape, np.float32) >= dropped).astype(np.float32) / np.float32(1 - dropped)


def _softmax(scores: Floats) -> Floats:
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(scores / scores.sum(axis=1, keepdims=True))
