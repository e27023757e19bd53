"""The sentence encoder: texts in, unit vectors out."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.models.layout import feed
from core.models.sessions import CPU, open_session, run
from core.models.tokenizer import WordPieces

Vectors = npt.NDArray[np.float32]

SIZE = 384
MOST_TOGETHER = 512
"""Tokens computed in one go; bounds the memory of a batch."""


class Encoder:
    """all-MiniLM-L6-v2. Blocking, and not for several threads at once."""

    def __init__(self, model: Path, tokenizer: Path, threads: int = 1, providers: Sequence[str] = CPU) -> None:
        """Open the graph and the tokenizer. Raises ModelInvalid."""
        self._tokenizer = WordPieces(tokenizer)
        self._session = open_session(model, threads, providers)
        self.providers: tuple[str, ...] = tuple(self._session.get_providers())

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, (texts, 384). A text's vector does not depend on the others."""
        if not texts:
            return np.zeros((0, SIZE), np.float32)
        parts = [self._run(group) for group in _groups(self._tokenizer.ids(texts))]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _run(self, ids: Sequence[Sequence[int]]) -> Vectors:
        return run(self._session, ["vectors"], feed(ids))[0]


def _groups(texts: Sequence[Sequence[int]]) -> Iterator[Sequence[Sequence[int]]]:
    """Neighbouring texts whose grid (count times longest) stays within `MOST_TOGETHER`."""
    start, longest = 0, 0
    for i, ids in enumerate(texts):
        longest = max(longest, len(ids))
        if i > start and (i - start + 1) * longest > MOST_TOGETHER:
            yield texts[start:i]
            start, longest = i, len(ids)
    yield texts[start:]
