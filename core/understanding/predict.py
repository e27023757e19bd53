"""A model folder with its encoder: texts in, meanings out; for the commands, which need no service."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from core.models.encoder import Encoder
from core.models.store import GRAPH, TOKENIZER, check
from core.understanding.folder import ENCODER
from core.understanding.meaning import Meaning
from core.understanding.model import Model
from shared.errors import ModelInvalid

TOGETHER = 64
"""Texts that are read at once."""


class Predictor:
    """What texts mean, by the model in one folder."""

    def __init__(self, folder: Path, encoder: Path | None = None, threads: int = 1) -> None:
        """Load the model with the encoder that lies in it, or the one in `encoder`. Raises ModelInvalid."""
        place = folder / ENCODER if (folder / ENCODER).is_dir() or encoder is None else encoder
        self.model = Model(folder, place)
        version = check(place).version
        if version != self.model.card.encoder:
            raise ModelInvalid(
                f"the model in {folder} reads with {self.model.card.encoder}, and the encoder is {version}"
            )
        self._encoder = Encoder(place / GRAPH, place / TOKENIZER, threads)

    def predict(self, texts: Sequence[str]) -> list[Meaning]:
        """The meaning of each clean text."""
        return self.model.read(texts, self._encoder)

    def stream(self, texts: Iterator[str]) -> Iterator[Meaning]:
        """The same for any number of texts, a batch at a time."""
        while batch := list(islice(texts, TOGETHER)):
            yield from self.predict(batch)
