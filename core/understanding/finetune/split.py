"""Rows that are kept out where there is no validation set.

Over rows that the encoder was tuned to, heads are sure of themselves: confidence and threshold set there are wrong (measured on
BANKING77, five rows an intent: 17 % off, and a third of all requests refused). So some rows are neither tuned to nor fitted on.
"""

from collections.abc import Sequence

from core.understanding.fit import ENOUGH_TO_SET
from core.understanding.rows import OUTSIDE, Row, by_intent
from shared.errors import DataInvalid

SHARE = 10
"""One row of so many is kept out, and more of few rows, up to one of MOST."""

MOST = 3


def split(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Rows to learn from, and rows in scope to set confidence and threshold on, of all intents alike.

    Raises DataInvalid if there are too few of them.
    """
    inside = [row for own in by_intent(rows).values() for row in own if row.intent != OUTSIDE]
    every = min(SHARE, len(inside) // ENOUGH_TO_SET)
    if every < MOST:
        raise DataInvalid(
            f"an encoder is tuned with a validation set of {ENOUGH_TO_SET} rows or more; without one,"
            f" {MOST * ENOUGH_TO_SET} rows are needed, and the training data have {len(inside)}"
        )
    kept = inside[::every]
    gone = set(map(id, kept))
    return [row for row in rows if id(row) not in gone], kept
