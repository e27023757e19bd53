"""How the encoder is tuned."""

from collections.abc import Sequence

from msgspec import Struct

from core.understanding.rows import Row

FEW = 20
"""Rows an intent; with so few the encoder moves little, or it forgets more than it learns."""

_READ_AT_LEAST = 4000
_MOST_EPOCHS = 30
_READ_OF_MANY = 35_000
_RATE_OF_MANY = 0.8


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """What can be set about a tuning.

    `epochs`: how often each row is read. `batch`: rows a step. `rate`: the largest step of the last layer, `fade`: what share of
    it remains a layer further down, `heads_rate`: that of what is learnt from nothing. `warm_up`: the share of all steps in
    which rates rise; then they fall to nothing. `decay`: how strongly weights are held small. `dropout`: share of channels
    dropped. `noise`: share of rows that are read as somebody could mistype or mishear them, `swaps`: share of those with slots
    that are read with the values of other rows. `contrast`: weight of the pull between sentences of one intent. `slots`: weight
    of the slots. `patience`: epochs without a better score on validation after which no more are read. `threads`: processors.
    `half`: products in bfloat16, nearly twice as fast; None does so where the processor has it. `precision`: of the encoder
    that is built, "int8" or "float32".
    """

    epochs: int
    rate: float
    batch: int = 32
    fade: float = 0.9
    heads_rate: float = 1e-3
    warm_up: float = 0.1
    decay: float = 0.01
    dropout: float = 0.1
    noise: float = 0.2
    swaps: float = 0.3
    contrast: float = 0.5
    slots: float = 2.0
    patience: int = 3
    threads: int = 2
    seed: int = 0
    half: bool | None = None
    precision: str = "int8"


def suited(rows: Sequence[Row]) -> Settings:
    """Settings for these rows, as they did best on SNIPS (slots), BANKING77 (5, 10 and 110 rows an intent) and CLINC150.

    Words need more tuning than sentences, of which the encoder knows most already. Rows of an intent beyond some dozens teach
    little that is new: the more of them, the smaller the steps and the fewer the epochs.
    """
    count = len(rows)
    if any(row.slots for row in rows):
        return Settings(epochs=_epochs(6, count), rate=2e-4, fade=0.95, contrast=0.0)
    if count <= FEW * len({row.intent for row in rows}):
        return Settings(epochs=_epochs(10, count), rate=5e-5)
    return Settings(
        epochs=max(2, min(10, round(_READ_OF_MANY / count))), rate=min(1e-4, _RATE_OF_MANY / count), batch=64
    )


def _epochs(usual: int, rows: int) -> int:
    """`usual`, and more where that would be but a few steps."""
    return max(usual, min(_MOST_EPOCHS, _READ_AT_LEAST // max(1, rows)))
