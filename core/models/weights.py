"""The packaged encoder weights (all-MiniLM-L6-v2, fp32) as named arrays, checked for shape.

Layout of the checkpoint: a BERT encoder of six layers (https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2),
dense weights stored as (out, in). The pooler is not used: sentence vectors are the mean over tokens.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load

from shared.errors import ModelInvalid

Array = npt.NDArray[np.float32]

LAYERS = 6
HEADS = 12
HIDDEN = 384
INNER = 1536
POSITIONS = 512
VOCABULARY = 30522
EPSILON = 1e-12


@dataclass(frozen=True)
class Dense:
    """x @ weight + bias; `weight` is (in, out)."""

    weight: Array
    bias: Array


@dataclass(frozen=True)
class Norm:
    """Layer normalisation: gain and shift per channel."""

    gain: Array
    shift: Array


@dataclass(frozen=True)
class Layer:
    """One transformer layer: attention (`qkv` packed, `out`), then a GELU network (`up`, `down`), each with its norm."""

    qkv: Dense
    out: Dense
    attention_norm: Norm
    up: Dense
    down: Dense
    output_norm: Norm


@dataclass(frozen=True)
class Weights:
    """All of the encoder. `positions` (512, 384) already holds the embedding of token type 0."""

    words: Array
    positions: Array
    norm: Norm
    layers: tuple[Layer, ...]


class _Checkpoint:
    """Takes tensors by name and says which one is missing or misshapen."""

    def __init__(self, tensors: dict[str, np.ndarray]) -> None:
        self._tensors = tensors

    def take(self, name: str, *shape: int) -> Array:
        tensor = self._tensors.get(name)
        if tensor is None or tensor.shape != shape or tensor.dtype != np.float32:
            raise ModelInvalid(f"encoder weights: {name} should be float32 of shape {shape}")
        return tensor

    def dense(self, name: str, inputs: int, outputs: int) -> Dense:
        weight = np.ascontiguousarray(self.take(f"{name}.weight", outputs, inputs).T)
        return Dense(weight, self.take(f"{name}.bias", outputs))

    def norm(self, name: str) -> Norm:
        return Norm(self.take(f"{name}.weight", HIDDEN), self.take(f"{name}.bias", HIDDEN))

    def layer(self, index: int) -> Layer:
        at = f"encoder.layer.{index}"
        parts = [self.dense(f"{at}.attention.self.{name}", HIDDEN, HIDDEN) for name in ("query", "key", "value")]
        qkv = Dense(np.hstack([p.weight for p in parts]), np.hstack([p.bias for p in parts]))
        return Layer(
            qkv=qkv,
            out=self.dense(f"{at}.attention.output.dense", HIDDEN, HIDDEN),
            attention_norm=self.norm(f"{at}.attention.output.LayerNorm"),
            up=self.dense(f"{at}.intermediate.dense", HIDDEN, INNER),
            down=self.dense(f"{at}.output.dense", INNER, HIDDEN),
            output_norm=self.norm(f"{at}.output.LayerNorm"),
        )


def read_weights(path: Path) -> Weights:
    """Read a safetensors checkpoint. Raises ModelInvalid when it is not this encoder."""
    try:
        checkpoint = _Checkpoint(load(path.read_bytes()))
    except (SafetensorError, OSError) as error:
        raise ModelInvalid(f"encoder weights: {path.name} cannot be read: {error}") from error
    positions = checkpoint.take("embeddings.position_embeddings.weight", POSITIONS, HIDDEN)
    types = checkpoint.take("embeddings.token_type_embeddings.weight", 2, HIDDEN)
    return Weights(
        words=checkpoint.take("embeddings.word_embeddings.weight", VOCABULARY, HIDDEN),
        positions=positions + types[0],
        norm=checkpoint.norm("embeddings.LayerNorm"),
        layers=tuple(checkpoint.layer(i) for i in range(LAYERS)),
    )
