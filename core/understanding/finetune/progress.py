"""How a tuning goes."""

from msgspec import Struct


class Epoch(Struct, frozen=True):
    """One reading of all rows: its number from 1, of how many, the mean loss of a batch, and of the validation rows the share
    whose intent, whose tags, and of which both are right (None without such rows)."""

    number: int
    of: int
    loss: float
    intents: float | None = None
    tags: float | None = None
    frames: float | None = None
