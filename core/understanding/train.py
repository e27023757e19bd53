"""Trains the heads and writes them as one ONNX graph. Runs as a child process, so that the trainer's memory goes with it.

python -m core.understanding.train ENCODER_FOLDER OUT.onnx < samples.json
"""

import sys
from pathlib import Path

import msgspec
import numpy as np
import onnx

from core.models.encoder import SIZE, Encoder
from core.models.graph import Graph
from core.models.store import GRAPH, TOKENIZER
from core.understanding.fit import FOLDS, Data, Fitted, fit
from core.understanding.heads import Facts
from core.understanding.samples import Samples, variants


def train(samples: Samples, encoder: Encoder) -> onnx.ModelProto:
    """The heads for these samples."""
    labels = tuple(samples.intents)
    fitted = fit(_data(samples, encoder))
    facts = Facts(labels, fitted.threshold, round(fitted.accuracy, 4), round(fitted.auroc, 4))
    model = _graph(fitted).model("heads")
    onnx.helper.set_model_props(model, {"facts": msgspec.json.encode(facts).decode()})
    return model


def _data(samples: Samples, encoder: Encoder) -> Data:
    groups = [*samples.intents.values(), samples.background]
    texts: list[str] = []
    rows: list[tuple[int, int, bool]] = []
    for number, group in enumerate(groups):
        shuffled = number == len(groups) - 1
        for place, sentence in enumerate(group):
            fold = _fold(place, len(group), shuffled)
            texts.append(sentence)
            rows.append((number, fold, True))
            for variant in variants(sentence) if not shuffled else ():
                texts.append(variant)
                rows.append((number, fold, False))
    table = np.array(rows, np.int64)
    vectors = encoder.encode(texts).astype(np.float64)
    return Data(vectors, table[:, 0], table[:, 1], table[:, 2].astype(bool), len(groups) - 1)


def _fold(place: int, count: int, shuffled: bool) -> int:
    """The fold of a sentence. Sentences of one template are neighbours and go into the same fold; those out of scope, which
    are listed by topic, are spread. Intents with fewer sentences than folds are never held out."""
    if count < FOLDS:
        return -1
    return place % FOLDS if shuffled else place * FOLDS // count


def _graph(fitted: Fitted) -> Graph:
    """vectors (n, 384) → probabilities (n, intents) given that it is in scope, and the chance (n) that it is not."""
    graph = Graph()
    intents = fitted.intents
    count = intents.weight.shape[1] - 1
    vectors = graph.input("vectors", np.float32, ["texts", SIZE])
    weight = graph.weight("intents.weight", intents.weight.astype(np.float32))
    logits = graph.op("Gemm", vectors, weight, graph.weight("intents.bias", intents.bias.astype(np.float32)))
    inside, outside = graph.ops("Split", 2, logits, graph.weight("parts", np.array([count, 1])), axis=1)
    scaled = graph.op("Div", inside, graph.number(fitted.temperature))
    graph.output(graph.op("Softmax", scaled, axis=1), "probabilities", ["texts", count])
    last = graph.weight("last_axis", np.array([1]))
    best = graph.op("ReduceMax", inside, last, keepdims=1)
    cosines = graph.op("MatMul", vectors, graph.weight("samples", intents.nearest.astype(np.float32)))
    nearest = graph.op("ReduceMax", cosines, last, keepdims=1)
    evidence = graph.op("Concat", best, graph.op("Sub", best, outside), nearest, axis=1)
    scope = graph.weight("scope.weight", fitted.scope_weight.astype(np.float32)[:, None])
    verdict = graph.op("Gemm", evidence, scope, graph.weight("scope.bias", np.array([fitted.scope_bias], np.float32)))
    graph.output(graph.op("Sigmoid", verdict), "out_of_scope", ["texts", 1])
    return graph


def main(arguments: list[str]) -> int:
    """Train from the samples on standard input; returns the exit code."""
    folder, out = Path(arguments[0]), Path(arguments[1])
    samples = msgspec.json.decode(sys.stdin.buffer.read(), type=Samples)
    encoder = Encoder(folder / GRAPH, folder / TOKENIZER)
    onnx.save_model(train(samples, encoder), str(out))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
