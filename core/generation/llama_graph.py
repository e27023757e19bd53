"""A llama as an ONNX graph, written from the quantised tensors of a GGUF file without rounding any of them again.

The inputs and outputs are those of onnxruntime-genai's builder: `input_ids` (streams, tokens), `attention_mask`
(streams, length), `past_key_values.N.key|value` in and `present.N.key|value` out, `logits`. The logits are those of the
last token only: nothing else is ever asked of a prompt.

Inside, tokens lie in rows (streams * tokens, channels). What reads the same rows is one product: queries, keys and values;
gate and up. Q4_1 is weight = scale * code + least, which ONNX Runtime's four-bit product (scale * (code - 8)) takes as it
is when the rest, the sum of a block's inputs times (least + 8 * scale), is added behind it.
"""

from collections.abc import Sequence

import numpy as np
import onnx
from msgspec import Struct

from core.generation.gguf import BLOCK, EightBits, Floats, FourBits, Gguf
from core.models.graph import CONTRIB, Graph
from shared.errors import ModelInvalid

_FLOAT, _INT8 = 1, 4
"""MatMulNBits' accuracy levels: inputs as they are, or rounded to eight bits a block, as llama.cpp does for these weights."""


class LlamaShape(Struct, frozen=True):
    """The measures of a llama."""

    layers: int
    hidden: int
    inner: int
    heads: int
    kv_heads: int
    vocabulary: int
    context: int
    rope_base: float
    epsilon: float

    @property
    def head(self) -> int:
        """Channels of one head."""
        return self.hidden // self.heads


def llama_shape(gguf: Gguf) -> LlamaShape:
    """The measures a GGUF file states. Raises ModelInvalid where it is no llama with tied embeddings."""
    if gguf.field("general.architecture") != "llama" or gguf.has("output.weight"):
        raise ModelInvalid("only a llama whose last layer shares the embeddings' table is converted")
    return LlamaShape(
        layers=gguf.field("llama.block_count"),
        hidden=gguf.field("llama.embedding_length"),
        inner=gguf.field("llama.feed_forward_length"),
        heads=gguf.field("llama.attention.head_count"),
        kv_heads=gguf.field("llama.attention.head_count_kv"),
        vocabulary=gguf.field("llama.vocab_size"),
        context=gguf.field("llama.context_length"),
        rope_base=gguf.field("llama.rope.freq_base"),
        epsilon=gguf.field("llama.attention.layer_norm_rms_epsilon"),
    )


def llama_graph(gguf: Gguf, *, exact: bool = False) -> onnx.ModelProto:
    """The graph. Raises ModelInvalid where a tensor is missing or of another kind.

    `exact` computes with inputs as they are, several times slower: what the other is measured against.
    """
    return _Writer(gguf, llama_shape(gguf), _FLOAT if exact else _INT8).write()


def half_turned(matrix: FourBits, heads: int) -> FourBits:
    """A matrix whose rows llama.cpp laid out pairwise for its rotation, as ONNX Runtime rotates: first halves, then second."""
    return FourBits(*(_unpaired(part, heads) for part in (matrix.codes, matrix.scales, matrix.least)))


def rotation(shape: LlamaShape) -> tuple[Floats, Floats]:
    """Cosines and sines of the rotary embedding, (context, half a head)."""
    frequencies = shape.rope_base ** -(np.arange(0, shape.head, 2, dtype=np.float64) / shape.head)
    angles = np.arange(shape.context)[:, None] * frequencies
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def _unpaired(rows: np.ndarray, heads: int) -> np.ndarray:
    paired = rows.reshape(heads, len(rows) // heads // 2, 2, *rows.shape[1:])
    return paired.swapaxes(1, 2).reshape(rows.shape)


def _stacked(matrices: Sequence[FourBits]) -> FourBits:
    return FourBits(*(np.concatenate([getattr(m, part) for m in matrices]) for part in ("codes", "scales", "least")))


class _Writer:
    """Writes the graph layer by layer."""

    def __init__(self, gguf: Gguf, shape: LlamaShape, accuracy: int) -> None:
        self._gguf, self._shape, self._accuracy = gguf, shape, accuracy
        self._graph = Graph()

    def write(self) -> onnx.ModelProto:
        graph, shape = self._graph, self._shape
        ids = graph.input("input_ids", np.int64, ["streams", "tokens"])
        mask = graph.input("attention_mask", np.int64, ["streams", "length"])
        self._lengths(mask)
        self._grid = graph.op("Concat", graph.op("Shape", ids), graph.weight("rest", np.array([-1])), axis=0)
        cosines, sines = rotation(shape)
        self._rotation = (graph.weight("cosines", cosines), graph.weight("sines", sines))
        table = self._gguf.eight_bits("token_embd.weight")
        rows = self._embeddings(ids, table)
        for layer in range(shape.layers):
            rows = self._layer(layer, rows)
        self._logits(self._norm("output_norm", rows), table)
        return graph.model("llama", checked=False)  # onnx does not know SimplifiedLayerNormalization

    def _lengths(self, mask: str) -> None:
        """What attention asks for: each stream's length less one, and the width of the mask, as int32."""
        graph = self._graph
        axis, one = graph.weight("last_axis", np.array([-1])), graph.weight("one", np.array([1]))
        lengths = graph.op("Sub", graph.op("ReduceSum", mask, axis, keepdims=1), one)
        self._last = graph.op("Cast", lengths, to=onnx.TensorProto.INT32)
        width = graph.op("Gather", graph.op("Shape", mask), graph.weight("second", np.array(1)), axis=0)
        self._width = graph.op("Cast", width, to=onnx.TensorProto.INT32)

    def _embeddings(self, ids: str, table: EightBits) -> str:
        """Rows of the table that the last layer uses too: it is there once."""
        graph = self._graph
        codes = graph.op("Gather", self._codes(table), ids)
        codes = graph.op("Sub", graph.op("Cast", codes, to=onnx.TensorProto.FLOAT), graph.number(128.0))
        scales = graph.op("Gather", graph.weight("words.scales", table.scales), ids)
        scales = graph.op("Unsqueeze", scales, graph.weight("last_axis", np.array([-1])))
        return self._rows(graph.op("Mul", codes, scales), self._shape.hidden)

    def _codes(self, table: EightBits) -> str:
        return self._graph.weight("words.codes", table.codes)

    def _rows(self, tensor: str, width: int) -> str:
        return self._graph.op("Reshape", tensor, self._graph.weight(f"rows.{width}", np.array([-1, width])))

    def _layer(self, index: int, rows: str) -> str:
        graph, at = self._graph, f"blk.{index}"
        attended = self._attention(index, self._norm(f"{at}.attn_norm", rows))
        rows = graph.op("Add", rows, self._product(f"{at}.attn_output", attended, [self._matrix(f"{at}.attn_output")]))
        inner = [self._matrix(f"{at}.ffn_gate"), self._matrix(f"{at}.ffn_up")]
        both = self._product(f"{at}.ffn_in", self._norm(f"{at}.ffn_norm", rows), inner)
        halves = graph.weight("halves", np.array([self._shape.inner] * 2))
        gate, up = graph.ops("Split", 2, both, halves, axis=1)
        gated = graph.op("Mul", graph.op("QuickGelu", gate, domain=CONTRIB, alpha=1.0), up)
        return graph.op("Add", rows, self._product(f"{at}.ffn_down", gated, [self._matrix(f"{at}.ffn_down")]))

    def _attention(self, index: int, rows: str) -> str:
        graph, shape, at = self._graph, self._shape, f"blk.{index}"
        query = half_turned(self._matrix(f"{at}.attn_q"), shape.heads)
        key = half_turned(self._matrix(f"{at}.attn_k"), shape.kv_heads)
        packed = self._product(f"{at}.attn_in", rows, [query, key, self._matrix(f"{at}.attn_v")])
        packed = graph.op("Reshape", packed, self._grid)
        cache: list[int | str] = ["streams", shape.kv_heads, "kept", shape.head]
        past = [graph.input(f"past_key_values.{index}.{part}", np.float32, cache) for part in ("key", "value")]
        present = [f"present.{index}.{part}" for part in ("key", "value")]
        inputs = (packed, "", "", *past, self._last, self._width, *self._rotation)
        sizes = {"num_heads": shape.heads, "kv_num_heads": shape.kv_heads, "do_rotary": 1}
        names = [f"{at}.attended", *present]
        attended = graph.named("GroupQueryAttention", names, *inputs, domain=CONTRIB, **sizes)[0]
        for name in present:
            graph.declare(name, np.float32, cache)
        return self._rows(attended, shape.hidden)

    def _product(self, name: str, rows: str, matrices: Sequence[FourBits]) -> str:
        """rows times the matrices, side by side."""
        graph, matrix = self._graph, _stacked(matrices)
        count, blocks, _ = matrix.codes.shape
        packed = matrix.codes[..., 0::2] | (matrix.codes[..., 1::2] << 4)
        inputs = (rows, graph.weight(f"{name}.codes", packed), graph.weight(f"{name}.scales", matrix.scales))
        sizes = {"K": blocks * BLOCK, "N": count, "bits": 4, "block_size": BLOCK}
        rounded = graph.op("MatMulNBits", *inputs, domain=CONTRIB, accuracy_level=self._accuracy, **sizes)
        rest = graph.weight(f"{name}.rest", (matrix.least + 8 * matrix.scales).T)
        return graph.op("Gemm", self._block_sums(rows, blocks), rest, rounded)

    def _block_sums(self, rows: str, blocks: int) -> str:
        graph = self._graph
        grid = graph.weight(f"blocks.{blocks}", np.array([-1, blocks, BLOCK]))
        axis = graph.weight("last_axis", np.array([-1]))
        return graph.op("ReduceSum", graph.op("Reshape", rows, grid), axis, keepdims=0)

    def _matrix(self, name: str) -> FourBits:
        return self._gguf.four_bits(f"{name}.weight")

    def _norm(self, name: str, rows: str) -> str:
        gain = self._graph.weight(name, self._gguf.floats(f"{name}.weight"))
        return self._graph.op("SimplifiedLayerNormalization", rows, gain, axis=-1, epsilon=self._shape.epsilon)

    def _logits(self, rows: str, table: EightBits) -> None:
        graph, shape = self._graph, self._shape
        grid = graph.op("Reshape", rows, self._grid)
        last = graph.op("Gather", grid, graph.weight("last", np.array([-1])), axis=1)
        inputs = (last, self._codes(table), graph.weight("words.scales", table.scales))
        sizes = {"K": shape.hidden, "N": shape.vocabulary, "bits": 8, "block_size": BLOCK}
        graph.named("MatMulNBits", ["logits"], *inputs, domain=CONTRIB, accuracy_level=self._accuracy, **sizes)
        graph.declare("logits", np.float32, ["streams", 1, shape.vocabulary])
