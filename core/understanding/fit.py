"""Fits the heads over sentence vectors: which intent, and whether any.

Intents: multinomial logistic regression, with everything out of scope as one more class. In or out of scope: logistic
regression over three numbers, the largest intent's logit, its lead over the class out of scope, and the cosine to the nearest
sample. That second step, its threshold and the temperature are fitted on cross-validated predictions: each vector is
judged by heads that did not see its sentence nor its neighbours.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FOLDS = 4
REFUSED = 0.05
"""Share of what is in scope that the threshold refuses in cross-validation."""

_C = 10.0
_MISSING = -30.0
_TEMPERATURES = np.geomspace(0.2, 5.0, 65)


@dataclass(frozen=True)
class Data:
    """Unit vectors (n, 384), their classes (the last class is out of scope), and the fold each belongs to.

    A fold of -1 is never held out. `original` marks sentences as they were written, not varied ones.
    """

    vectors: Floats
    classes: Ints
    folds: Ints
    original: npt.NDArray[np.bool_]
    out: int

    def part(self, chosen: npt.NDArray[np.bool_]) -> "Data":
        """The chosen rows."""
        return Data(self.vectors[chosen], self.classes[chosen], self.folds[chosen], self.original[chosen], self.out)

    @property
    def inside(self) -> npt.NDArray[np.bool_]:
        """Which rows are in scope."""
        return np.not_equal(self.classes, self.out)


@dataclass(frozen=True)
class Intents:
    """logits = vectors @ weight + bias, (384, classes) and (classes,); the last class is out of scope."""

    weight: Floats
    bias: Floats
    nearest: Floats

    def logits(self, vectors: Floats) -> Floats:
        return np.asarray(vectors @ self.weight + self.bias)

    def evidence(self, vectors: Floats) -> Floats:
        """(n, 3): largest logit of an intent, its lead over the class out of scope, cosine to the nearest sample."""
        logits = self.logits(vectors)
        best = logits[:, :-1].max(axis=1)
        return np.column_stack([best, best - logits[:, -1], (vectors @ self.nearest).max(axis=1)])


@dataclass(frozen=True)
class Fitted:
    """All that the heads compute with, and how well they did in cross-validation."""

    intents: Intents
    temperature: float
    scope_weight: Floats
    scope_bias: float
    threshold: float
    accuracy: float
    auroc: float


def fit(data: Data) -> Fitted:
    """Fit everything. The same data give the same numbers."""
    held = [data.folds == fold for fold in range(FOLDS)]
    trained = [_fit_intents(data.part(~rows)) for rows in held]
    asked = [data.part(rows & data.original) for rows in held]
    logits = np.vstack([intents.logits(part.vectors) for intents, part in zip(trained, asked, strict=True)])
    evidence = np.vstack([intents.evidence(part.vectors) for intents, part in zip(trained, asked, strict=True)])
    classes = np.concatenate([part.classes for part in asked])
    inside = classes != data.out
    scope = LogisticRegression(C=100.0, class_weight="balanced", max_iter=2000).fit(evidence, ~inside)
    chances = scope.predict_proba(evidence)[:, 1]
    right = logits[inside, :-1].argmax(axis=1) == classes[inside]
    return Fitted(
        intents=_fit_intents(data),
        temperature=_temperature(logits[inside, :-1], classes[inside]),
        scope_weight=scope.coef_[0],
        scope_bias=float(scope.intercept_[0]),
        threshold=float(np.quantile(chances[inside], 1 - REFUSED)),
        accuracy=float(right.mean()),
        auroc=float(roc_auc_score(~inside, chances)),
    )


def _fit_intents(data: Data) -> Intents:
    model = LogisticRegression(C=_C, class_weight="balanced", max_iter=500, tol=1e-3)
    model.fit(data.vectors, data.classes)
    size = data.out + 1
    weight, bias = np.zeros((size, data.vectors.shape[1])), np.full(size, _MISSING)
    coefficients, intercepts = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # one row stands for both classes
        coefficients = np.vstack([-coefficients, coefficients]) / 2
        intercepts = np.concatenate([-intercepts, intercepts]) / 2
    weight[model.classes_], bias[model.classes_] = coefficients, intercepts
    return Intents(weight.T, bias, data.vectors[data.inside & data.original].T)


def _temperature(logits: Floats, classes: Ints) -> float:
    """The temperature under which the probabilities of the intents fit best (least cross-entropy)."""

    def cost(temperature: float) -> float:
        scaled = logits / temperature
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        chosen = scaled[np.arange(len(classes)), classes]
        return float((np.log(np.exp(scaled).sum(axis=1)) - chosen).mean())

    return float(min(_TEMPERATURES, key=cost))
