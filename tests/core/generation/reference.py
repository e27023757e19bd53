"""A llama in numpy, float32, token by token: what the graph is held against. It rotates pairs, as llama.cpp lays them out."""

from collections.abc import Sequence

import numpy as np

from core.generation.gguf import Floats, Gguf
from core.generation.llama_graph import LlamaShape, llama_shape


class Reference:
    """Computes all tokens of a text at once."""

    def __init__(self, gguf: Gguf) -> None:
        self._gguf = gguf
        self._shape: LlamaShape = llama_shape(gguf)
        self._table = gguf.eight_bits("token_embd.weight").values()

    def logits(self, ids: Sequence[int]) -> Floats:
        """(tokens, vocabulary)."""
        x: Floats = self._table[list(ids)]
        for layer in range(self._shape.layers):
            x += self._attention(layer, self._norm(f"blk.{layer}.attn_norm", x))
            inner = self._norm(f"blk.{layer}.ffn_norm", x)
            gate, up = inner @ self._matrix(layer, "ffn_gate"), inner @ self._matrix(layer, "ffn_up")
            x += (gate / (1 + np.exp(-gate)) * up) @ self._matrix(layer, "ffn_down")
        found: Floats = self._norm("output_norm", x) @ self._table.T
        return found

    def _attention(self, layer: int, x: Floats) -> Floats:
        shape, count = self._shape, len(x)
        query = self._rotated(self._heads(x @ self._matrix(layer, "attn_q")))
        key = self._rotated(self._heads(x @ self._matrix(layer, "attn_k")))
        value = self._heads(x @ self._matrix(layer, "attn_v"))
        shared = shape.heads // shape.kv_heads
        key, value = np.repeat(key, shared, 0), np.repeat(value, shared, 0)
        scores = query @ key.swapaxes(1, 2) / np.sqrt(shape.head)
        scores = np.where(np.tril(np.ones((count, count), bool)), scores, -np.inf)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (weights / weights.sum(-1, keepdims=True)) @ value
        found: Floats = mixed.swapaxes(0, 1).reshape(count, -1) @ self._matrix(layer, "attn_output")
        return found

    def _heads(self, x: Floats) -> Floats:
        return x.reshape(len(x), -1, self._shape.head).swapaxes(0, 1)

    def _rotated(self, x: Floats) -> Floats:
        """Channels 2i and 2i + 1 of a head turn together."""
        powers = np.arange(0, self._shape.head, 2) / self._shape.head
        angles = np.arange(x.shape[1])[:, None] * self._shape.rope_base**-powers
        even, odd = x[..., 0::2], x[..., 1::2]
        turned = np.stack(
            [even * np.cos(angles) - odd * np.sin(angles), even * np.sin(angles) + odd * np.cos(angles)], -1
        )
        return turned.reshape(x.shape).astype(np.float32)

    def _norm(self, name: str, x: Floats) -> Floats:
        gain = self._gguf.floats(f"{name}.weight")
        found: Floats = x / np.sqrt((x**2).mean(-1, keepdims=True) + self._shape.epsilon) * gain
        return found

    def _matrix(self, layer: int, name: str) -> Floats:
        return self._gguf.four_bits(f"blk.{layer}.{name}.weight").values().T
