"""Matrix products of the encoder, in float32 and in eight bits.

The eight-bit ones quantise each token's row by itself, so a text's vector does not depend on what else is in the
batch (a scale for the whole tensor, as `DynamicQuantizeLinear` takes it, does: cosine 0.95 alone against in a batch).
One scale a row is too coarse where single channels are far larger than the others. Two remedies, chosen by what a
channel was seen to do in calibration:

- `SmoothedLinear` divides each channel by a constant and multiplies the weights by it (SmoothQuant, Xiao et al. 2023).
- `GeluLinear` computes the few largest channels in float32, and shifts the rest by the minimum of GELU so that the
  whole range of an unsigned byte is used.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.models.graph import CONTRIB, Graph
from core.models.weights import Array

_ALPHA = 0.65
"""How much of a channel's range moves into the weights (0 none, 1 all); found on held-out texts."""

_LARGEST = 16
"""Channels of the GELU network kept in float32, of 1536."""

_GELU_MINIMUM = 0.17
"""GELU is nowhere below -0.16998."""


class Linear(Protocol):
    """A product with a fixed matrix. `effective` (in, out) is the matrix it really multiplies with, after rounding, and
    `offset` (out) what has to be added to the product."""

    effective: Array
    offset: Array

    def emit(self, graph: Graph, x: str) -> str:
        """Append the product of `x` (tokens, in); returns (tokens, out)."""
        ...


@dataclass(frozen=True)
class _Rounded:
    """A matrix in signed bytes with one scale a column."""

    codes: np.ndarray
    scales: Array

    @property
    def effective(self) -> Array:
        return self.codes.astype(np.float32) * self.scales


def _rounded(weight: Array) -> _Rounded:
    scales = (np.maximum(np.abs(weight).max(axis=0), 1e-12) / 127).astype(np.float32)
    return _Rounded(np.rint(weight / scales).astype(np.int8), scales)


def _product(graph: Graph, x: str, largest: str, matrix: _Rounded, name: str, zero_point: int) -> str:
    """Quantise the rows of `x`, whose magnitudes reach `largest` (tokens, 1), multiply, and scale back."""
    one = graph.number(1.0)
    zero = graph.weight(f"zero_{zero_point}", np.array(zero_point, np.uint8))
    step = graph.op("Mul", largest, graph.number(1.0 / (255 - zero_point)))
    codes = graph.op("QuantizeLinear", graph.op("Div", x, step), one, zero)
    product = graph.op(
        "MatMulIntegerToFloat",
        codes,
        graph.weight(f"{name}.codes", matrix.codes),
        one,
        graph.weight(f"{name}.scales", matrix.scales),
        zero,
        graph.weight("zero_weight", np.array(0, np.int8)),
        domain=CONTRIB,
    )
    return graph.op("Mul", product, step)


def _largest(graph: Graph, x: str) -> str:
    return graph.op("ReduceMax", x, graph.weight("channel_axis", np.array([1])), keepdims=1)


class FloatLinear:
    """The product in float32."""

    def __init__(self, name: str, weight: Array) -> None:
        self._name = name
        self.effective = weight
        self.offset = np.zeros(weight.shape[1], np.float32)

    def emit(self, graph: Graph, x: str) -> str:
        return graph.op("MatMul", x, graph.weight(self._name, self.effective))


class SmoothedLinear:
    """Eight bits a row. `reach` (in) is the largest magnitude seen a channel; None leaves channels as they are."""

    def __init__(self, name: str, weight: Array, reach: Array | None) -> None:
        self._name = name
        self._smoothing = None if reach is None else _smoothing(weight, reach)
        spread = weight if self._smoothing is None else weight * self._smoothing[:, None]
        self._matrix = _rounded(spread)
        rounded = self._matrix.effective
        self.effective = rounded if self._smoothing is None else rounded / self._smoothing[:, None]
        self.offset = np.zeros(weight.shape[1], np.float32)

    def emit(self, graph: Graph, x: str) -> str:
        if self._smoothing is not None:
            x = graph.op("Mul", x, graph.weight(f"{self._name}.smoothing", 1 / self._smoothing))
        largest = _largest(graph, graph.op("Abs", x))
        return _product(graph, x, largest, self._matrix, self._name, zero_point=128)


def _smoothing(weight: Array, reach: Array) -> Array:
    strength = np.maximum(np.abs(weight).max(axis=1), 1e-5)
    factors: Array = np.maximum(reach, 1e-3) ** _ALPHA / strength ** (1 - _ALPHA)
    middle: Array = np.exp(np.log(factors).mean(keepdims=True))
    return factors / middle


class GeluLinear:
    """Eight bits a row for what GELU gives, its largest channels in float32.

    Expects the channels in the order `order(reach)`, the largest first.
    """

    def __init__(self, name: str, weight: Array) -> None:
        self._name = name
        self._top = weight[:_LARGEST]
        self._matrix = _rounded(weight[_LARGEST:])
        rest = self._matrix.effective
        self.effective = np.vstack([self._top, rest])
        self.offset = (-_GELU_MINIMUM * rest.sum(axis=0)).astype(np.float32)

    @staticmethod
    def order(reach: Array) -> np.ndarray:
        """Channel numbers, the one with the largest `reach` first."""
        return np.argsort(-reach, kind="stable")

    def emit(self, graph: Graph, x: str) -> str:
        parts = np.array([_LARGEST, len(self.effective) - _LARGEST])
        top, rest = graph.ops("Split", 2, x, graph.weight("gelu_parts", parts), axis=1)
        rest = graph.op("Add", rest, graph.number(_GELU_MINIMUM))
        product = _product(graph, rest, _largest(graph, rest), self._matrix, self._name, zero_point=0)
        exact = graph.op("MatMul", top, graph.weight(f"{self._name}.top", self._top))
        return graph.op("Add", product, exact)
