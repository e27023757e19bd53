"""How the encoder is tuned."""

from msgspec import Struct

FEW = 20
"""Rows an intent; with so few, they are read many times and compared with one another."""

_ROWS_READ = 60_000
_EPOCHS = (4, 20)


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """What can be set about a tuning. The defaults were chosen on the development sets named in the README.

    `epochs`: how often each row is read; 0 takes as many as suit the number of rows. `batch`: rows a step. `rate`: the largest
    step of the last layer, `fade`: how much smaller it is a layer further down, `heads_rate`: that of what is learnt from
    nothing. `warm_up`: the share of all steps in which rates rise; then they fall to nothing. `dropout`: share of channels
    dropped. `noise`: share of rows that are read as somebody could mistype or mishear them, `swaps`: share of those with slots
    that are read with the value of another row. `contrast`: weight of the pull between sentences of one intent. `slots`: weight
    of the slots. `patience`: epochs without a better score on validation after which no more are read. `threads`: processors.
    `half`: products in bfloat16, nearly twice as fast; None does so where the processor has it. `precision`: of the encoder
    that is built, "int8" or "float32".
    """

    epochs: int = 0
    batch: int = 32
    rate: float = 1e-4
    fade: float = 0.9
    heads_rate: float = 1e-3
    warm_up: float = 0.1
    decay: float = 0.01
    dropout: float = 0.1
    noise: float = 0.2
    swaps: float = 0.3
    contrast: float = 0.5
    slots: float = 2.0
    patience: int = 2
    threads: int = 2
    seed: int = 0
    half: bool | None = None
    precision: str = "int8"

    def epochs_for(self, rows: int) -> int:
        """How often each of so many rows is read."""
        fewest, most = _EPOCHS
        return self.epochs or min(most, max(fewest, round(_ROWS_READ / max(1, rows))))
