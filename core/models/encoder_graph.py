"""The sentence encoder as an ONNX graph: token ids in, one unit vector a text out, and what its layers say of every token.

Several texts are laid end to end, without padding, except inside attention, where each text gets a row of a grid as
wide as the longest: `slots` (texts, width) says which token stands where, `present` (texts, width) is 1 where one stands
and 0 behind a text's end, `cells` (tokens) says which cell of the grid, counted row by row, holds a token. Behind the end
everything is exactly zero, so a text's own numbers are bit for bit what they are alone. `pool` (texts, tokens) holds
1 / length where a token belongs to a text.

Biases cost no node of their own: the residual stream carries the bias of the branch that will be added to it (it is
part of the shift of the normalisation before), and what reads the stream meanwhile subtracts it in its own bias. What is
given out of a layer still carries it: a constant for each channel, the same for every text.

Outputs: `vectors` (texts, 384), unit length; `streams` (texts, 384 each), the mean over tokens of the layers `POOLED`;
`states` (tokens, 384 each), every token after the layers `TAPPED`.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import onnx

from core.models.graph import CONTRIB, Graph
from core.models.linear import FloatLinear, GeluLinear, Linear, SmoothedLinear
from core.models.weights import EPSILON, HEADS, HIDDEN, Array, Layer, Norm, Weights

POOLED = (4, 6)
"""Layers, counted from 1, whose mean over tokens tells intents apart where the sentence vector does not."""

TAPPED = (2, 4, 6)
"""Layers whose tokens slots are read from: form is known early, meaning late."""

_GRID = (
    ("slots", np.int32, ["texts", "width"]),
    ("present", np.int32, ["texts", "width"]),
    ("cells", np.int32, ["tokens"]),
)


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
    axes = graph.weight("token_axis", np.array([0]))
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
        for name, kind, shape in _GRID:
            graph.input(name, kind, shape)
        after = {}
        for i, layer in enumerate(self._weights.layers):
            x = after[i + 1] = self._layer(i, layer, products[i], x, carried[i], carried[i + 1])
        self._pooled(x, after)
        return graph

    def _embeddings(self, carried: Array) -> str:
        graph = self._graph
        ids = graph.input("ids", np.int32, ["tokens"])
        places = graph.input("positions", np.int32, ["tokens"])
        words = self._precision.words(graph, self._weights.words, ids)
        positions = graph.op("Gather", graph.weight("positions.table", self._weights.positions), places)
        return self._norm("norm", graph.op("Add", words, positions), self._weights.norm, carried)

    def _layer(self, index: int, layer: Layer, use: _Products, x: str, carried: Array, next_carried: Array) -> str:
        graph = self._graph
        inner = use.down.offset + layer.down.bias
        self.taps[f"{index}.qkv.reach"] = (x, carried)
        context = self._attention(index, use.qkv, _less(layer.qkv.bias, carried, use.qkv), x)
        x = graph.op("Add", use.out.emit(graph, context), x)
        x = self._norm(f"{index}.attention_norm", x, layer.attention_norm, inner)
        self.taps[f"{index}.up.reach"] = (x, inner)
        bias = graph.weight(f"{index}.up.bias", _less(use.up_bias, inner, use.up))
        active = graph.op("BiasGelu", use.up.emit(graph, x), bias, domain=CONTRIB)
        self.taps[f"{index}.down.reach"] = (active, None)
        x = graph.op("Add", use.down.emit(graph, active), x)
        return self._norm(f"{index}.output_norm", x, layer.output_norm, next_carried)

    def _attention(self, index: int, qkv: Linear, bias: Array, x: str) -> str:
        graph = self._graph
        grid = graph.op("Gather", qkv.emit(graph, x), "slots")
        query, key, value = graph.ops("Split", 3, grid, graph.weight("thirds", np.array([HIDDEN] * 3)), axis=2)
        inputs = (query, key, value, graph.weight(f"{index}.qkv.bias", bias), "present")
        context = graph.op("MultiHeadAttention", *inputs, domain=CONTRIB, num_heads=HEADS)
        rows = graph.op("Reshape", context, graph.weight("rows", np.array([-1, HIDDEN])))
        return graph.op("Gather", rows, "cells")

    def _norm(self, name: str, x: str, norm: Norm, carried: Array) -> str:
        graph = self._graph
        gain = graph.weight(f"{name}.gain", norm.gain)
        shift = graph.weight(f"{name}.shift", norm.shift + carried)
        return graph.op("LayerNormalization", x, gain, shift, axis=-1, epsilon=EPSILON)

    def _pooled(self, x: str, after: dict[int, str]) -> None:
        graph = self._graph
        pool = graph.input("pool", np.float32, ["texts", "tokens"])
        mean = graph.op("MatMul", pool, x)
        graph.output(graph.op("LpNormalization", mean, axis=1, p=2), "vectors", ["texts", HIDDEN])
        streams = graph.op("MatMul", pool, graph.op("Concat", *(after[n] for n in POOLED), axis=1))
        graph.output(streams, "streams", ["texts", HIDDEN * len(POOLED)])
        states = graph.op("Concat", *(after[n] for n in TAPPED), axis=1)
        graph.output(states, "states", ["tokens", HIDDEN * len(TAPPED)])


def _less(bias: Array, carried: Array, product: Linear) -> Array:
    """The bias of a product whose input carries something that is not meant for it."""
    return np.asarray(bias - carried @ product.effective, np.float32)
