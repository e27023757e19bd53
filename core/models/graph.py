"""A small writer of ONNX graphs: nodes are appended in order, weights are added once, tensors are named for you."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

CONTRIB = "com.microsoft"
"""The domain of onnxruntime's fused operators."""

_OPSET = 21
_IR_VERSION = 10


class Graph:
    """Nodes, weights, inputs and outputs of a graph that is being written."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._weights: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def input(self, name: str, kind: type[np.generic], shape: Sequence[int | str]) -> str:
        """Declare an input; a string in `shape` is a free dimension."""
        self._inputs.append(_value(name, kind, shape))
        return name

    def output(self, tensor: str, name: str, shape: Sequence[int | str]) -> None:
        """Give `tensor` to the outside as `name` (float32)."""
        self._nodes.append(helper.make_node("Identity", [tensor], [name], name=name))
        self._outputs.append(_value(name, np.float32, shape))

    def declare(self, name: str, kind: type[np.generic], shape: Sequence[int | str]) -> None:
        """Give a tensor that has the right name already to the outside, without a copy."""
        self._outputs.append(_value(name, kind, shape))

    def weight(self, name: str, value: np.ndarray) -> str:
        """Add a constant. Adding the same name again keeps the first."""
        if name not in self._weights:
            self._weights[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def number(self, value: float) -> str:
        """A float32 constant of no dimensions."""
        return self.weight(f"number_{value!r}", np.array(value, np.float32))

    def op(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Append a node with one output and return that output's name."""
        return self.ops(kind, 1, *inputs, domain=domain, **attributes)[0]

    def ops(self, kind: str, outputs: int, *inputs: str, domain: str = "", **attributes: Any) -> list[str]:
        """Append a node with several outputs and return their names."""
        name = f"{len(self._nodes)}_{kind}"
        return self.named(kind, [f"{name}_{i}" for i in range(outputs)], *inputs, domain=domain, **attributes)

    def named(self, kind: str, results: Sequence[str], *inputs: str, domain: str = "", **attributes: Any) -> list[str]:
        """Append a node whose outputs have names of their own ("": one that is left out), and return them."""
        name = f"{len(self._nodes)}_{kind}"
        self._nodes.append(helper.make_node(kind, inputs, results, name=name, domain=domain, **attributes))
        return list(results)

    def model(self, name: str, *, checked: bool = True) -> onnx.ModelProto:
        """The finished model, checked by onnx unless it uses what only onnxruntime knows of."""
        weights = list(self._weights.values())
        graph = helper.make_graph(self._nodes, name, self._inputs, self._outputs, weights)
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(CONTRIB, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="nexus")
        if checked:
            onnx.checker.check_model(model)
        return model


def _value(name: str, kind: type[np.generic], shape: Sequence[int | str]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(kind)), shape)
