"""Scores, counted by hand."""

import pytest

from core.understanding.evaluate import evaluate
from core.understanding.meaning import Meaning
from core.understanding.rows import OUTSIDE, Row, Slot
from shared.turn import Ranked

AT_7 = Slot("time", 8, 9, "7")


def meant(best: str, score: float, oos: float = 0.1, *slots: Slot) -> Meaning:
    other = "greet" if best == "alarm" else "alarm"
    ranking = (Ranked(best, score), Ranked(other, 1 - score))
    return Meaning(best if oos < 0.5 else None, score, oos, ranking, slots)


def test_scores_are_what_they_say() -> None:
    pairs = [
        (Row("wake at 7", "alarm", (AT_7,)), meant("alarm", 0.9, 0.1, AT_7)),  # all right
        (Row("alarm at 7", "alarm", (AT_7,)), meant("alarm", 0.9, 0.6, Slot("time", 7, 9))),  # refused, slot wrong
        (Row("hello", "greet"), meant("alarm", 0.7, 0.3)),  # wrong
        (Row("hi", "greet"), meant("greet", 0.7, 0.2)),
        (Row("how deep is the sea", OUTSIDE), meant("greet", 0.6, 0.9)),
        (Row("how old is the sun", OUTSIDE), meant("greet", 0.6, 0.25)),  # not refused
    ]
    scores = evaluate([row for row, _ in pairs], [meaning for _, meaning in pairs])
    assert scores.rows == 6
    assert scores.accuracy == 3 / 4
    assert scores.oos_recall == 1 / 2
    assert scores.oos_fpr == 1 / 4
    assert scores.oos_auroc == pytest.approx((4 + 2) / 8)
    assert scores.slot_f1 == pytest.approx(2 * 1 / 4)
    assert scores.frame_accuracy == 2 / 4
    assert scores.ece == pytest.approx((abs(1.8 - 2) + abs(1.4 - 1)) / 4)


def test_what_rows_cannot_tell_is_left_open() -> None:
    scores = evaluate([Row("hi", "greet")], [meant("greet", 1.0)])
    assert (scores.accuracy, scores.oos_recall, scores.oos_auroc, scores.slot_f1) == (1.0, None, None, None)
    nothing = evaluate([], [])
    assert (nothing.rows, nothing.accuracy, nothing.ece, nothing.frame_accuracy) == (0, None, None, None)
