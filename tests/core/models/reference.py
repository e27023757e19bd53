"""all-MiniLM-L6-v2 written down once more, in numpy, straight from the checkpoint: what the graphs are held against."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file
from scipy.special import erf  # type: ignore[import-untyped]

Numbers = npt.NDArray[np.float64]


class Reference:
    """One text at a time, in double precision."""

    def __init__(self, checkpoint: Path) -> None:
        self._at = {name: value.astype(np.float64) for name, value in load_file(checkpoint).items()}

    def vector(self, ids: Sequence[int]) -> Numbers:
        """The unit vector of a text's token ids."""
        at = self._at
        x = at["embeddings.word_embeddings.weight"][list(ids)]
        x = x + at["embeddings.position_embeddings.weight"][: len(ids)]
        x = self._norm("embeddings.LayerNorm", x + at["embeddings.token_type_embeddings.weight"][0])
        for layer in range(6):
            x = self._layer(f"encoder.layer.{layer}", x)
        mean = x.mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean))

    def _layer(self, name: str, x: Numbers) -> Numbers:
        context = self._attention(f"{name}.attention.self", x)
        x = self._norm(f"{name}.attention.output.LayerNorm", x + self._dense(f"{name}.attention.output.dense", context))
        inner = self._dense(f"{name}.intermediate.dense", x)
        active = inner * (1 + erf(inner / np.sqrt(2))) / 2
        return self._norm(f"{name}.output.LayerNorm", x + self._dense(f"{name}.output.dense", active))

    def _attention(self, name: str, x: Numbers) -> Numbers:
        query, key, value = (
            self._dense(f"{name}.{part}", x).reshape(len(x), 12, 32).swapaxes(0, 1)
            for part in ("query", "key", "value")
        )
        scores = np.exp(query @ key.swapaxes(1, 2) / np.sqrt(32))
        context = scores / scores.sum(axis=2, keepdims=True) @ value
        return np.asarray(context.swapaxes(0, 1).reshape(len(x), 384))

    def _dense(self, name: str, x: Numbers) -> Numbers:
        return np.asarray(x @ self._at[f"{name}.weight"].T + self._at[f"{name}.bias"])

    def _norm(self, name: str, x: Numbers) -> Numbers:
        centred = x - x.mean(axis=1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-12)
        return np.asarray(scaled * self._at[f"{name}.weight"] + self._at[f"{name}.bias"])
