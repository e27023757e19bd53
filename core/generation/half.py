"""A graph in float16 instead of float32, as GPUs want it: their attention takes nothing else.

What a float16 holds is not rounded; scales of quantised weights were float16 before.
"""

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with every float32 in it a float16: weights, inputs, outputs, casts. It is changed in place."""
    graph = model.graph
    for weight in graph.initializer:
        if weight.data_type == TensorProto.FLOAT:
            weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float16), weight.name))
    for value in (*graph.input, *graph.output):
        if value.type.tensor_type.elem_type == TensorProto.FLOAT:
            value.type.tensor_type.elem_type = TensorProto.FLOAT16
    for node in graph.node:
        for attribute in node.attribute:
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i == TensorProto.FLOAT:
                attribute.i = TensorProto.FLOAT16
    return model
