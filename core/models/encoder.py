"""The sentence encoder: texts in, unit vectors out, or all that it has to say of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from core.models.layout import feed
from core.models.sessions import CPU, Device, device_of, open_session, run
from core.models.tokenizer import WordPieces, Words

Vectors = npt.NDArray[np.float32]

SIZE = 384
STREAMS = 2 * SIZE
STATES = 3 * SIZE
MOST_TOGETHER = 512
"""Tokens computed in one go; bounds the memory of a batch."""


class Reading(Struct, frozen=True):
    """What the encoder makes of one text: `vector` (384) of unit length, `stream` (768) of the layers that are pooled, and for
    each word of `words` its state (words, 1152)."""

    words: Words
    vector: Vectors
    stream: Vectors
    states: Vectors


class Encoder:
    """all-MiniLM-L6-v2. Blocking, and not for several threads at once."""

    def __init__(
        self,
        model: Path,
        tokenizer: Path,
        threads: int = 1,
        providers: Sequence[str] = CPU,
        device: Device | None = None,
    ) -> None:
        """Open the graph and the tokenizer. `device`: what runs are bound to; by itself the GPU, where the session got one.

        Raises ModelInvalid.
        """
        self._tokenizer = WordPieces(tokenizer)
        self._session = open_session(model, threads, providers)
        self._device: Device | None = device or device_of(self._session)
        self.providers: tuple[str, ...] = tuple(self._session.get_providers())

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, (texts, 384). A text's vector does not depend on the others."""
        if not texts:
            return np.zeros((0, SIZE), np.float32)
        parts = [self._run(group) for group in _groups(self._tokenizer.ids(texts))]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """All there is to know of each clean text. A text's own do not depend on the others."""
        found = [self._tokenizer.words(text) for text in texts]
        readings: list[Reading] = []
        for group in _groups([words.ids for words in found]):
            vectors, streams, states = run(self._session, ["vectors", "streams", "states"], feed(group), self._device)
            ends = np.cumsum([len(ids) for ids in group])
            for row, part in enumerate(np.split(states, ends[:-1])):
                words = found[len(readings)]
                readings.append(Reading(words, vectors[row], streams[row], part[words.first]))
        return readings

    def _run(self, ids: Sequence[Sequence[int]]) -> Vectors:
        return run(self._session, ["vectors"], feed(ids), self._device)[0]


def _groups(texts: Sequence[Sequence[int]]) -> Iterator[Sequence[Sequence[int]]]:
    """Neighbouring texts whose grid (count times longest) stays within `MOST_TOGETHER`."""
    start, longest = 0, 0
    for i, ids in enumerate(texts):
        longest = max(longest, len(ids))
        if i > start and (i - start + 1) * longest > MOST_TOGETHER:
            yield texts[start:i]
            start, longest = i, len(ids)
    yield texts[start:]
