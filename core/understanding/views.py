"""The views of a text that the heads are made of, each fitted alone: what the encoder says (twice), letters, and neighbours.

Every view scores all classes; the last class is out of scope. Fitting needs scikit-learn; what is fitted are plain matrices,
which `graph.py` writes down as ONNX.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from sklearn.cluster import KMeans  # type: ignore[import-untyped]
from sklearn.feature_selection import chi2  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.svm import LinearSVC  # type: ignore[import-untyped]

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Chosen = npt.NDArray[np.bool_]

MISSING = -30.0
"""The score of a class without examples."""

SHARPNESS = 20.0
"""How much nearer neighbours count than those farther off: exp(20 · cosine)."""

MOST_GRAMS = 16_384
MOST_NEIGHBOURS = 20
"""Examples of one intent that are kept as neighbours; of more, their centres are."""

_PENALTY = 0.05
_PENALTY_ONE_LAYER = 0.1
_PENALTY_LETTERS = 0.5


@dataclass(frozen=True)
class Texts:
    """What is known of n texts: sentence vectors (n, 384), pooled layers (n, 768), and grams (n, grams) as a sparse matrix."""

    vectors: Floats
    streams: Floats
    grams: csr_matrix

    def part(self, chosen: Chosen) -> "Texts":
        """The chosen rows."""
        return Texts(self.vectors[chosen], self.streams[chosen], self.grams[chosen])


@dataclass(frozen=True)
class Linear:
    """scores = inputs @ weight + bias; `weight` is (inputs, classes)."""

    weight: Floats
    bias: Floats

    def scores(self, inputs: Floats | csr_matrix) -> Floats:
        return np.asarray(inputs @ self.weight + self.bias, np.float32)


@dataclass(frozen=True)
class Neighbours:
    """Unit vectors (n, 384) of examples or their centres, and the class of each."""

    vectors: Floats
    classes: Ints
    count: int

    def cosines(self, vectors: Floats) -> Floats:
        return np.asarray(vectors @ self.vectors.T, np.float32)

    def scores(self, cosines: Floats) -> Floats:
        """The logarithm of how much of a class is near: log Σ exp(20 (cosine - 1))."""
        near = np.exp(SHARPNESS * (cosines - 1.0)) @ self.membership()
        return np.asarray(np.log(np.maximum(near, np.exp(MISSING))), np.float32)

    def membership(self) -> Floats:
        """(n, classes): 1 where an example belongs to a class."""
        table = np.zeros((len(self.classes), self.count), np.float32)
        table[np.arange(len(self.classes)), self.classes] = 1.0
        return table


@dataclass(frozen=True)
class Views:
    """All views of one training."""

    meaning: Linear
    layers: Linear
    letters: Linear
    neighbours: Neighbours


def fit_views(texts: Texts, classes: Ints, count: int) -> Views:
    """Fit every view on texts whose classes are given, `count` classes in all."""
    layers = np.hstack([texts.vectors, texts.streams])
    return Views(
        meaning=_fit_dense(texts.vectors, classes, count, _PENALTY_ONE_LAYER),
        layers=_fit_dense(layers, classes, count, _PENALTY),
        letters=_fit_letters(texts.grams, classes, count),
        neighbours=_neighbours(texts.vectors, classes, count),
    )


def telling_grams(grams: csr_matrix, classes: Ints) -> Ints:
    """The places of the grams that tell classes apart best (chi-squared), at most MOST_GRAMS of those said twice."""
    often = np.flatnonzero(grams.count_nonzero(axis=0) >= 2)
    if len(often) <= MOST_GRAMS:
        return np.asarray(often, np.int64)
    score, _ = chi2(grams[:, often], classes)
    return np.asarray(np.sort(often[np.argsort(-np.nan_to_num(score), kind="stable")[:MOST_GRAMS]]), np.int64)


def _fit_dense(inputs: Floats, classes: Ints, count: int, penalty: float) -> Linear:
    """Logistic regression over standardised inputs; the standardisation is folded into the weights."""
    centre, spread = inputs.mean(axis=0), inputs.std(axis=0) + 1e-6
    spread = spread * np.sqrt(inputs.shape[1] / 384)
    model = LogisticRegression(C=penalty, class_weight="balanced", max_iter=200, tol=1e-3)
    model.fit((inputs - centre) / spread, classes)
    return _linear(model, count, centre, spread)


def _fit_letters(grams: csr_matrix, classes: Ints, count: int) -> Linear:
    model = LinearSVC(C=_PENALTY_LETTERS, class_weight="balanced", tol=1e-3, random_state=0)
    model.fit(grams, classes)
    return _linear(model, count)


def _linear(
    model: LogisticRegression | LinearSVC, count: int, centre: Floats | float = 0.0, spread: Floats | float = 1.0
) -> Linear:
    coefficients, intercepts = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # one row stands for both classes
        coefficients = np.vstack([-coefficients, coefficients]) / 2
        intercepts = np.concatenate([-intercepts, intercepts]) / 2
    weight = np.zeros((coefficients.shape[1], count), np.float32)
    bias = np.full(count, MISSING, np.float32)
    scaled = coefficients / spread
    weight[:, model.classes_] = scaled.T
    bias[model.classes_] = intercepts - scaled @ np.broadcast_to(centre, scaled.shape[1:])
    return Linear(weight, bias)


def _neighbours(vectors: Floats, classes: Ints, count: int) -> Neighbours:
    """The examples of each class; the centres of their clusters where there are many."""
    kept: list[Floats] = []
    owners: list[int] = []
    for number in np.unique(classes):
        own = vectors[classes == number]
        if len(own) > MOST_NEIGHBOURS and number < count - 1:
            clusters = KMeans(MOST_NEIGHBOURS, n_init=1, max_iter=20, random_state=0)  # pyright: ignore[reportArgumentType]
            centres = clusters.fit(own).cluster_centers_
            own = centres / np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)
        kept.append(np.asarray(own, np.float32))
        owners += [int(number)] * len(own)
    return Neighbours(np.concatenate(kept), np.array(owners, np.int64), count)
