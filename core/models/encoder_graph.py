"""The sentence encoder as an ONNX graph: token ids in, one unit vector a text out.

Several texts are laid end to end, without padding. `mask` (1, 1, tokens, tokens) is added to the attention scores: 0
within a text, hugely negative between texts. `pool` (texts, tokens) holds 1 / length where a token belongs to a text.

Biases cost no node of their own: the residual stream carries the bias of the branch that will be added to it (it is
part of the shift of the normalisation before), and what reads the stream meanwhile subtracts it in its own bias.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import onnx

from core.models.graph import CONTRIB, Graph
from core.models.linear import FloatLinear, GeluLinear, Linear, SmoothedLinear
from core.models.weights import EPSILON, HEADS, HIDDEN, Array, Layer, Norm, Weights


@dataclass(frozen=True)
class Reach:
    """The largest magnitude seen in calibration per input channel of a layer's products (`out` needs none)."""

    qkv: Array
    up: Array
    down: Array


@dataclass(frozen=True)
class _Products:
    """The four matrix products of a layer, and the bias inside the GELU."""

    qkv: Linear
    out: Linear
    up: Linear
    up_bias: Array
    down: Linear


class _Precision(Protocol):
    """How the products and the word embeddings of an encoder are computed."""

    def products(self, index: int, layer: Layer) -> _Products: ...

    def words(self, graph: Graph, table: Array, ids: str) -> str: ...


class _Float:
    """Everything in float32."""

    def products(self, index: int, layer: Layer) -> _Products:
        return _Products(
            qkv=FloatLinear(f"{index}.qkv", layer.qkv.weight),
            out=FloatLinear(f"{index}.out", layer.out.weight),
            up=FloatLinear(f"{index}.up", layer.up.weight),
            up_bias=layer.up.bias,
            down=FloatLinear(f"{index}.down", layer.down.weight),
        )

    def words(self, graph: Graph, table: Array, ids: str) -> str:
        return graph.op("Gather", graph.weight("words", table), ids)


class _Int8:
    """Products in eight bits, embeddings in eight bits with one scale a word."""

    def __init__(self, reaches: tuple[Reach, ...]) -> None:
        self._reaches = reaches

    def products(self, index: int, layer: Layer) -> _Products:
        reach = self._reaches[index]
        order = GeluLinear.order(reach.down)
        return _Products(
            qkv=SmoothedLinear(f"{index}.qkv", layer.qkv.weight, reach.qkv),
            out=SmoothedLinear(f"{index}.out", layer.out.weight, None),
            up=SmoothedLinear(f"{index}.up", layer.up.weight[:, order], reach.up),
            up_bias=layer.up.bias[order],
            down=GeluLinear(f"{index}.down", layer.down.weight[order]),
        )

    def words(self, graph: Graph, table: Array, ids: str) -> str:
        scales = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-12) / 127
        codes = graph.weight("words.codes", np.rint(table / scales).astype(np.int8))
        rows = graph.op("Cast", graph.op("Gather", codes, ids), to=onnx.TensorProto.FLOAT)
        return graph.op("Mul", rows, graph.op("Gather", graph.weight("words.scales", scales), ids))


def float_encoder(weights: Weights) -> onnx.ModelProto:
    """The encoder in float32: the reference, and what a GPU runs."""
    return _Writer(weights, _Float()).write().model("encoder")


def int8_encoder(weights: Weights, reaches: tuple[Reach, ...]) -> onnx.ModelProto:
    """The encoder in eight bits, for processors. `reaches` has one entry a layer."""
    return _Writer(weights, _Int8(reaches)).write().model("encoder")


def tapped_encoder(weights: Weights) -> onnx.ModelProto:
    """The float32 encoder with one more output for each product, `<layer>.<qkv|up|down>`: its reach per channel."""
    writer = _Writer(weights, _Float())
    graph = writer.write()
    axes = graph.weight("all_but_channels", np.array([0, 1]))
    for name, (tensor, bias) in writer.taps.items():
        stream = tensor if bias is None else graph.op("Sub", tensor, graph.weight(f"{name}.carried", bias))
        reach = graph.op("ReduceMax", graph.op("Abs", stream), axes, keepdims=0)
        graph.output(reach, name, ["channels"])
    return graph.model("encoder")


class _Writer:
    """Writes the graph layer by layer."""

    def __init__(self, weights: Weights, precision: _Precision) -> None:
        self._graph = Graph()
        self._weights = weights
        self._precision = precision
        self.taps: dict[str, tuple[str, Array | None]] = {}

    def write(self) -> Graph:
        graph = self._graph
        products = [self._precision.products(i, layer) for i, layer in enumerate(self._weights.layers)]
        attention = [p.out.offset + layer.out.bias for p, layer in zip(products, self._weights.layers, strict=True)]
        carried = [*attention, np.zeros(HIDDEN, np.float32)]
        x = self._embeddings(carried[0])
        mask = graph.input("mask", np.float32, [1, 1, "tokens", "tokens"])
        for i, layer in enumerate(self._weights.layers):
            x = self._layer(i, layer, products[i], x, mask, carried[i], carried[i + 1])
        self._pooled(x)
        return graph

    def _embeddings(self, carried: Array) -> str:
        graph = self._graph
        ids = graph.input("ids", np.int32, [1, "tokens"])
        places = graph.input("positions", np.int32, [1, "tokens"])
        words = self._precision.words(graph, self._weights.words, ids)
        positions = graph.op("Gather", graph.weight("positions.table", self._weights.positions), places)
        return self._norm("norm", graph.op("Add", words, positions), self._weights.norm, carried)

    def _layer(
        self, index: int, layer: Layer, use: _Products, x: str, mask: str, carried: Array, next_carried: Array
    ) -> str:
        graph = self._graph
        inner = use.down.offset + layer.down.bias
        self.taps[f"{index}.qkv.reach"] = (x, carried)
        context = self._attention(index, use.qkv, layer.qkv.bias - carried @ use.qkv.effective, x, mask)
        x = graph.op("Add", use.out.emit(graph, context), x)
        x = self._norm(f"{index}.attention_norm", x, layer.attention_norm, inner)
        self.taps[f"{index}.up.reach"] = (x, inner)
        bias = graph.weight(f"{index}.up.bias", use.up_bias - inner @ use.up.effective)
        active = graph.op("BiasGelu", use.up.emit(graph, x), bias, domain=CONTRIB)
        self.taps[f"{index}.down.reach"] = (active, None)
        x = graph.op("Add", use.down.emit(graph, active), x)
        return self._norm(f"{index}.output_norm", x, layer.output_norm, next_carried)

    def _attention(self, index: int, qkv: Linear, bias: Array, x: str, mask: str) -> str:
        graph = self._graph
        thirds = graph.weight("thirds", np.array([HIDDEN] * 3))
        query, key, value = graph.ops("Split", 3, qkv.emit(graph, x), thirds, axis=2)
        biases = graph.weight(f"{index}.qkv.bias", bias)
        inputs = (query, key, value, biases, "", mask)
        return graph.op("MultiHeadAttention", *inputs, domain=CONTRIB, num_heads=HEADS)

    def _norm(self, name: str, x: str, norm: Norm, carried: Array) -> str:
        graph = self._graph
        gain = graph.weight(f"{name}.gain", norm.gain)
        shift = graph.weight(f"{name}.shift", norm.shift + carried)
        return graph.op("LayerNormalization", x, gain, shift, axis=-1, epsilon=EPSILON)

    def _pooled(self, x: str) -> None:
        graph = self._graph
        pool = graph.input("pool", np.float32, ["texts", "tokens"])
        flat = graph.op("Reshape", x, graph.weight("rows", np.array([-1, HIDDEN])))
        mean = graph.op("MatMul", pool, flat)
        graph.output(graph.op("LpNormalization", mean, axis=1, p=2), "vectors", ["texts", HIDDEN])
