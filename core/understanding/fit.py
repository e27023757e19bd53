"""Fits the heads: which intent, and whether any.

Each view scores every intent; their log-probabilities are added with weights that fit best (least cross-entropy) on texts that
the views did not see, which calibrates the result at once. In or out of scope is a second step: logistic regression over what
is telling about it (`evidence`), fitted on cross-validated predictions. Where the data hold too few texts out of scope, whole
intents are left out of a fold and stand in for them.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize  # type: ignore[import-untyped]
from scipy.special import expit, log_softmax, logit, logsumexp  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from core.understanding.views import Chosen, Floats, Ints, Neighbours, Texts, Views, fit_views

FOLDS = 3
FOLDS_OF_FEW = 6
FEW = 1500
"""Rows; of fewer, more folds leave more to learn from in each."""

REFUSED = 0.05
"""Share of what is in scope that the threshold refuses."""

ENOUGH_OUTSIDE = 20
"""Texts out of scope that are worth more than stand-ins."""

ENOUGH_TO_SET = 100
"""Texts of a validation set in scope from which on the threshold and the weights are set on it."""

_NEAREST = 5
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Data:
    """Texts with their classes (the last one, `count` - 1, is out of scope) and the fold each belongs to.

    A fold of -1 is never held out. `original` marks sentences as they were written, not varied ones.
    """

    texts: Texts
    classes: Ints
    folds: Ints
    original: Chosen
    count: int

    def part(self, chosen: Chosen) -> "Data":
        """The chosen rows."""
        return Data(
            self.texts.part(chosen), self.classes[chosen], self.folds[chosen], self.original[chosen], self.count
        )

    @property
    def inside(self) -> Chosen:
        """Which rows are in scope."""
        return np.not_equal(self.classes, self.count - 1)

    @property
    def parts(self) -> int:
        """How many folds there are."""
        return int(self.folds.max()) + 1


@dataclass(frozen=True)
class Scope:
    """sigmoid(evidence @ weight + bias) is the chance that a text is out of scope; from `threshold` on it is taken to be."""

    weight: Doubles
    bias: float
    threshold: float


@dataclass(frozen=True)
class Fitted:
    """All that the heads compute with, and how well they did in cross-validation (shares, 0 to 1)."""

    views: Views
    blend: Doubles
    scope: Scope
    accuracy: float
    auroc: float


@dataclass(frozen=True)
class _Judged:
    """What views say of texts that they did not see: log-probabilities by view (views, n, intents), and evidence."""

    logs: Doubles
    facts: Doubles
    classes: Ints

    @property
    def count(self) -> int:
        return len(self.classes)


def folds_for(rows: int) -> int:
    """How many folds to make of so many rows."""
    return FOLDS_OF_FEW if rows < FEW else FOLDS


def fit(data: Data, validation: Data | None = None) -> Fitted:
    """Fit everything. The same data give the same numbers, up to rounding. `validation` only sets weights and threshold."""
    plan = _plan(data)
    with threadpool_limits(1), ThreadPoolExecutor(2) as threads:  # sums in one order, whatever the machine
        views = threads.submit(fit_views, data.texts, data.classes, data.count)
        folds = list(threads.map(lambda held: _judge_fold(data, *held), plan))
        fitted = views.result()
    judged = _Judged(
        np.concatenate([one.logs for one in folds], axis=1),
        np.concatenate([one.facts for one in folds]),
        np.concatenate([one.classes for one in folds]),
    )
    outside = data.count - 1
    inside = judged.classes != outside
    blend = _blend(judged.logs[:, inside], judged.classes[inside])
    scope, auroc = _scope(_with_margin(judged, blend), ~inside)
    right = _mixed(judged.logs[:, inside], blend).argmax(axis=1) == judged.classes[inside]
    if validation is not None and int(validation.inside.sum()) >= ENOUGH_TO_SET:
        known = _judge(fitted, validation.part(validation.inside))
        blend = _blend(known.logs, known.classes)
        scope = _set(scope, _with_margin(known, blend))
    return Fitted(fitted, blend, scope, float(right.mean()), auroc)


def _plan(data: Data) -> list[tuple[Chosen, Chosen]]:
    """For each fold: the rows that are asked, and the rows of intents that are left out to stand in for what is outside."""
    standing_in = int((~data.inside).sum()) < ENOUGH_OUTSIDE and data.count - 1 > data.parts
    group = data.classes % data.parts
    return [
        (data.folds == fold, data.inside & (group == fold) if standing_in else np.zeros(len(group), np.bool_))
        for fold in range(data.parts)
    ]


def _judge_fold(data: Data, held: Chosen, left_out: Chosen) -> _Judged:
    views = fit_views(*_learnt(data.part(~held & ~left_out)))
    asked = data.part((held | left_out) & data.original)
    judged = _judge(views, asked)
    strange = left_out[(held | left_out) & data.original]
    return _Judged(judged.logs, judged.facts, np.where(strange, data.count - 1, judged.classes))


def _learnt(data: Data) -> tuple[Texts, Ints, int]:
    return data.texts, data.classes, data.count


def _judge(views: Views, data: Data) -> _Judged:
    texts = data.texts
    cosines = views.neighbours.cosines(texts.vectors)
    scores = [
        views.meaning.scores(texts.vectors),
        views.layers.scores(np.hstack([texts.vectors, texts.streams])),
        views.letters.scores(texts.grams),
        views.neighbours.scores(cosines),
    ]
    logs = np.stack([log_softmax(one[:, :-1].astype(np.float64), axis=1) for one in scores])
    return _Judged(logs, evidence(scores, cosines, views.neighbours), data.classes)


def evidence(scores: Sequence[Floats], cosines: Floats, neighbours: Neighbours) -> Doubles:
    """(n, 9) numbers that tell what is out of scope; `_with_margin` adds the lead of the best intent.

    Of the layers: the largest score, their log-sum-exp, the lead over the class out of scope. Of the letters: the largest
    score, the lead. Of the neighbours: the nearest, the mean of the nearest five, how much is near of the class that is
    nearest, and the lead of the nearest in scope over the nearest outside.
    """
    _, layers, letters, near = (one.astype(np.float64) for one in scores)
    inside = neighbours.classes != neighbours.count - 1
    own = cosines[:, inside]
    nearest = np.sort(own, axis=1)[:, -min(_NEAREST, own.shape[1]) :]
    strange = cosines[:, ~inside].max(axis=1) if (~inside).any() else np.zeros(len(cosines))
    best = layers[:, :-1].max(axis=1)
    letter = letters[:, :-1].max(axis=1)
    columns = np.column_stack(
        [
            best,
            np.asarray(logsumexp(layers[:, :-1], axis=1)),
            best - layers[:, -1],
            letter,
            letter - letters[:, -1],
            nearest[:, -1],
            nearest.mean(axis=1),
            near[:, :-1].max(axis=1),
            nearest[:, -1] - strange,
        ]
    )
    return np.asarray(columns, np.float64)


def _with_margin(judged: _Judged, blend: Doubles) -> Doubles:
    mixed = _mixed(judged.logs, blend)
    if mixed.shape[1] < 2:
        return np.column_stack([judged.facts, np.zeros(judged.count)])
    best = np.sort(mixed, axis=1)
    return np.column_stack([judged.facts, best[:, -1] - best[:, -2]])


def _mixed(logs: Doubles, blend: Doubles) -> Doubles:
    return np.asarray(np.tensordot(blend, logs, axes=1))


def _blend(logs: Doubles, classes: Ints) -> Doubles:
    """Weights of the views, none below 0, under which the right intent is likeliest."""
    views, count, _ = logs.shape
    right = logs[:, np.arange(count), classes]

    def cost(weights: Doubles) -> tuple[float, Doubles]:
        logits = log_softmax(_mixed(logs, weights), axis=1)
        chances = np.exp(logits)
        slope = [float((chances * logs[v]).sum(axis=1).mean() - right[v].mean()) for v in range(views)]
        return -float(logits[np.arange(count), classes].mean()), np.array(slope)

    start = np.full(views, 1.0 / views)
    found = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=[(0.0, 20.0)] * views)
    return np.asarray(found.x, np.float64)


def _scope(facts: Doubles, outside: Chosen) -> tuple[Scope, float]:
    if not outside.any() or outside.all():
        return Scope(np.zeros(facts.shape[1]), -10.0, 1.0), 0.5
    centre, spread = facts.mean(axis=0), facts.std(axis=0) + 1e-6
    model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=2000)
    model.fit((facts - centre) / spread, outside)
    weight = np.asarray(model.coef_)[0] / spread
    bias = float(np.asarray(model.intercept_)[0] - weight @ centre)
    chances = _chance(facts, weight, bias)
    threshold = _between(chances[~outside], chances[outside])
    return Scope(weight, bias, threshold), float(roc_auc_score(outside, chances))


def _between(inside: Doubles, outside: Doubles) -> float:
    """Where few of what is in scope are refused; where that leaves a gap to most of what is not, its middle in log-odds.

    People say things in more ways than the samples do: what is in scope needs the room.
    """
    low, high = float(np.quantile(inside, 1 - REFUSED)), float(np.quantile(outside, REFUSED))
    return float(expit((logit(low) + logit(high)) / 2)) if low < high else low


def _set(scope: Scope, facts: Doubles) -> Scope:
    chances = _chance(facts, scope.weight, scope.bias)
    return Scope(scope.weight, scope.bias, float(np.quantile(chances, 1 - REFUSED)))


def _chance(facts: Doubles, weight: Doubles, bias: float) -> Doubles:
    return np.asarray(1.0 / (1.0 + np.exp(-(facts @ weight + bias))))
