"""How well a model does on rows that it was not trained on."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from core.understanding.meaning import Meaning
from core.understanding.rows import OUTSIDE, Row, Slot

BINS = 15


class Scores(Struct, frozen=True):
    """Shares, 0 to 1; None where the rows cannot tell.

    `accuracy`: rows in scope whose likeliest intent is right, refused or not. `oos_recall`: rows out of scope that are refused.
    `oos_fpr`: rows in scope that are refused. `oos_auroc`: the area under the curve of both. `slot_f1`: F1 over whole slots
    (name, start and end right), all together. `frame_accuracy`: rows in scope with the right intent and exactly the right
    slots. `ece`: expected calibration error of the likeliest intent over rows in scope, in 15 bins of equal width (Guo et al.
    2017).
    """

    rows: int
    accuracy: float | None
    oos_recall: float | None
    oos_fpr: float | None
    oos_auroc: float | None
    slot_f1: float | None
    frame_accuracy: float | None
    ece: float | None


def evaluate(rows: Sequence[Row], meanings: Sequence[Meaning]) -> Scores:
    """Hold `meanings` against the rows they are of."""
    inside = [(row, meaning) for row, meaning in zip(rows, meanings, strict=True) if row.intent != OUTSIDE]
    strange = [meaning for row, meaning in zip(rows, meanings, strict=True) if row.intent == OUTSIDE]
    right = [meaning.ranking[0].intent == row.intent for row, meaning in inside]
    slotted = any(row.slots for row, _ in inside)
    return Scores(
        rows=len(rows),
        accuracy=_share(right),
        oos_recall=_share([meaning.intent is None for meaning in strange]),
        oos_fpr=_share([meaning.intent is None for _, meaning in inside]),
        oos_auroc=_auroc([one.oos_score for one in strange], [meaning.oos_score for _, meaning in inside]),
        slot_f1=_slot_f1(inside) if slotted else None,
        frame_accuracy=_share([ok and _same(row, meaning) for ok, (row, meaning) in zip(right, inside, strict=True)]),
        ece=_calibration_error([meaning.score for _, meaning in inside], right),
    )


def _share(flags: Sequence[bool]) -> float | None:
    return sum(flags) / len(flags) if flags else None


def _auroc(higher: Sequence[float], lower: Sequence[float]) -> float | None:
    """The chance that one of `higher` is above one of `lower` (Mann-Whitney); a tie counts half."""
    if not higher or not lower:
        return None
    ordered = np.sort(np.asarray(lower))
    below = np.searchsorted(ordered, higher, side="left") + np.searchsorted(ordered, higher, side="right")
    return float(below.mean() / 2 / len(ordered))


def _places(slots: Sequence[Slot]) -> set[tuple[str, int, int]]:
    return {(slot.slot, slot.start, slot.end) for slot in slots}


def _same(row: Row, meaning: Meaning) -> bool:
    return _places(row.slots) == _places(meaning.slots)


def _slot_f1(inside: Sequence[tuple[Row, Meaning]]) -> float:
    pairs = [(_places(row.slots), _places(meaning.slots)) for row, meaning in inside]
    hits = sum(len(wanted & found) for wanted, found in pairs)
    total = sum(len(wanted) + len(found) for wanted, found in pairs)
    return 2 * hits / total if total else 1.0


def _calibration_error(scores: Sequence[float], right: Sequence[bool]) -> float | None:
    if not scores:
        return None
    bins = np.minimum((np.asarray(scores) * BINS).astype(int), BINS - 1)
    gaps = [
        abs(float(np.asarray(scores)[bins == n].sum()) - float(np.asarray(right)[bins == n].sum())) for n in range(BINS)
    ]
    return sum(gaps) / len(scores)
