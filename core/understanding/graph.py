"""The fitted heads as one ONNX graph.

Inputs: `vectors` (texts, 384), `streams` (texts, 768), `grams` (grams) and `weights` (texts, grams), see `lexical.Bags`.
Outputs: `probabilities` (texts, intents), given that the text is in scope, and `out_of_scope` (texts, 1), a chance.
"""

import numpy as np
import onnx

from core.models.encoder import SIZE, STREAMS
from core.models.graph import Graph
from core.understanding.fit import Fitted
from core.understanding.views import MISSING, SHARPNESS, Linear, Neighbours

_NEAREST = 5


def heads_graph(fitted: Fitted) -> onnx.ModelProto:
    """Write the graph."""
    return _Writer(fitted).write().model("heads")


class _Writer:
    """Writes the graph view by view. Scores have one column more than there are intents: out of scope."""

    def __init__(self, fitted: Fitted) -> None:
        self._fitted = fitted
        self._graph = Graph()
        self._intents = fitted.views.meaning.weight.shape[1] - 1

    def write(self) -> Graph:
        graph, views = self._graph, self._fitted.views
        vectors = graph.input("vectors", np.float32, ["texts", SIZE])
        streams = graph.input("streams", np.float32, ["texts", STREAMS])
        layers = self._dense("layers", graph.op("Concat", vectors, streams, axis=1), views.layers)
        letters = self._letters(views.letters)
        own, strange = self._cosines(vectors, views.neighbours)
        near = self._near(own, strange, views.neighbours)
        scores = [self._dense("meaning", vectors, views.meaning), layers, letters, near]
        mixed = self._mixed([self._split(one)[0] for one in scores])
        graph.output(graph.op("Softmax", mixed, axis=1), "probabilities", ["texts", self._intents])
        self._scope([*self._evidence(layers, letters, near, own, strange), self._margin(mixed)])
        return graph

    def _dense(self, name: str, inputs: str, linear: Linear) -> str:
        weight = self._graph.weight(f"{name}.weight", linear.weight)
        return self._graph.op("Gemm", inputs, weight, self._graph.weight(f"{name}.bias", linear.bias))

    def _letters(self, linear: Linear) -> str:
        graph = self._graph
        ids = graph.input("grams", np.int32, ["grams"])
        weights = graph.input("weights", np.float32, ["texts", "grams"])
        table = graph.weight("letters.weight", linear.weight.astype(np.float16))
        rows = graph.op("Cast", graph.op("Gather", table, ids), to=onnx.TensorProto.FLOAT)
        return graph.op("Add", graph.op("MatMul", weights, rows), graph.weight("letters.bias", linear.bias))

    def _cosines(self, vectors: str, neighbours: Neighbours) -> tuple[str, str]:
        """Cosines to the examples of intents, and to those out of scope."""
        inside = neighbours.classes != neighbours.count - 1
        tables = [("own", neighbours.vectors[inside]), ("strange", neighbours.vectors[~inside])]
        graph = self._graph
        own, strange = (
            graph.op("MatMul", vectors, graph.weight(f"neighbours.{name}", np.ascontiguousarray(table.T)))
            if len(table)
            else ""
            for name, table in tables
        )
        return own, strange

    def _near(self, own: str, strange: str, neighbours: Neighbours) -> str:
        graph = self._graph
        inside = neighbours.classes != neighbours.count - 1
        order = np.concatenate([np.flatnonzero(inside), np.flatnonzero(~inside)])
        cosines = graph.op("Concat", own, strange, axis=1) if strange else own
        sharp = graph.op("Mul", graph.op("Sub", cosines, graph.number(1.0)), graph.number(SHARPNESS))
        membership = graph.weight("neighbours.classes", neighbours.membership()[order])
        near = graph.op("MatMul", graph.op("Exp", sharp), membership)
        return graph.op("Log", graph.op("Max", near, graph.number(float(np.exp(MISSING)))))

    def _split(self, scores: str) -> tuple[str, str]:
        """The scores of the intents, and that of what is out of scope."""
        parts = self._graph.weight("parts", np.array([self._intents, 1]))
        inside, outside = self._graph.ops("Split", 2, scores, parts, axis=1)
        return inside, outside

    def _mixed(self, scores: list[str]) -> str:
        graph = self._graph
        logs = [graph.op("LogSoftmax", one, axis=1) for one in scores]
        weighed = [
            graph.op("Mul", log, graph.weight(f"blend.{n}", np.array(weight, np.float32)))
            for n, (log, weight) in enumerate(zip(logs, self._fitted.blend, strict=True))
        ]
        return graph.op("Sum", *weighed)

    def _evidence(self, layers: str, letters: str, near: str, own: str, strange: str) -> list[str]:
        """The columns of `fit.evidence`, in its order."""
        graph = self._graph
        inside, outside = self._split(layers)
        letter, no_letter = self._split(letters)
        best, best_letter = self._largest(inside), self._largest(letter)
        size = min(_NEAREST, int((self._fitted.views.neighbours.classes != self._intents).sum()))
        nearest = self._top(own, size)
        first = self._largest(nearest)
        lead = graph.op("Sub", first, self._largest(strange)) if strange else first
        mean = graph.op("ReduceMean", nearest, self._columns(), keepdims=1)
        return [
            best,
            graph.op("ReduceLogSumExp", inside, self._columns(), keepdims=1),
            graph.op("Sub", best, outside),
            best_letter,
            graph.op("Sub", best_letter, no_letter),
            first,
            mean,
            self._largest(self._split(near)[0]),
            lead,
        ]

    def _margin(self, mixed: str) -> str:
        graph = self._graph
        if self._intents < 2:
            return graph.op("Sub", mixed, mixed)
        parts = graph.weight("one_and_one", np.array([1, 1]))
        first, second = graph.ops("Split", 2, self._top(mixed, 2), parts, axis=1)
        return graph.op("Sub", first, second)

    def _scope(self, evidence: list[str]) -> None:
        graph, scope = self._graph, self._fitted.scope
        weight = graph.weight("scope.weight", scope.weight.astype(np.float32)[:, None])
        bias = graph.weight("scope.bias", np.array([scope.bias], np.float32))
        verdict = graph.op("Gemm", graph.op("Concat", *evidence, axis=1), weight, bias)
        graph.output(graph.op("Sigmoid", verdict), "out_of_scope", ["texts", 1])

    def _largest(self, scores: str) -> str:
        return self._graph.op("ReduceMax", scores, self._columns(), keepdims=1)

    def _top(self, scores: str, count: int) -> str:
        """The largest `count` of each row, the largest first."""
        return self._graph.ops("TopK", 2, scores, self._graph.weight(f"top_{count}", np.array([count])), axis=1)[0]

    def _columns(self) -> str:
        return self._graph.weight("columns", np.array([1]))
