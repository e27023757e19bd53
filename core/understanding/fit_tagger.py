"""Fits the tagger: which words of a text are slots of its intent."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import onnx

from core.models.encoder import Reading
from core.models.graph import Graph
from core.understanding.facts import Tagger
from core.understanding.network import Network, train_network
from core.understanding.rows import OUTSIDE, Row
from core.understanding.tags import OUTSIDE_TAG, habits, tags_of
from core.understanding.tokens import Phrases, features, known_phrases, width
from core.understanding.words import words


def fit_tagger(
    rows: Sequence[Row], readings: Sequence[Reading], texts: Sequence[str], intents: Sequence[str]
) -> tuple[Tagger | None, onnx.ModelProto | None]:
    """The tagger and its network, or nothing where no row has slots. `readings[n]` is what was read of `rows[n]`.

    `texts` are the texts that were read; those of the rows come first.
    """
    taught = [(row, reading) for row, reading in zip(rows, readings, strict=False) if row.intent != OUTSIDE]
    slots = sorted({slot.slot for row, _ in taught for slot in row.slots})
    if not slots:
        return None, None
    tags = (OUTSIDE_TAG, *(f"{kind}-{slot}" for slot in slots for kind in "BI"))
    phrases = known_phrases(slots, [(s.slot, row.text[s.start : s.end]) for row, _ in taught for s in row.slots])
    numbers = {tag: n for n, tag in enumerate(tags)}
    places = {intent: n for n, intent in enumerate(intents)}
    tagged = [[numbers[tag] for tag in tags_of(row.slots, reading.words.spans)] for row, reading in taught]
    inputs = [_inputs(row, reading, places, phrases) for row, reading in taught]
    network = train_network(np.concatenate(inputs), np.array([n for row in tagged for n in row]), len(tags))
    allowed = _allowed([places[row.intent] for row, _ in taught], tagged, len(intents))
    follow = tuple(map(tuple, habits(tagged, len(tags)).tolist()))
    return Tagger(tags, allowed, phrases, follow), _graph(network, width(len(intents), phrases), len(tags))


def _inputs(row: Row, reading: Reading, places: dict[str, int], phrases: Phrases) -> np.ndarray:
    own = {" ".join(words(row.text[slot.start : slot.end])): slot.slot for slot in row.slots}
    return features(reading, row.text, places[row.intent], len(places), phrases, own)


def _allowed(intents: Sequence[int], tagged: Sequence[Sequence[int]], count: int) -> tuple[tuple[int, ...], ...]:
    """For each intent the tags that its rows have; no slot is always allowed."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for intent, tags in zip(intents, tagged, strict=True):
        found[intent] |= {*tags, *(tag + 1 for tag in tags if tag % 2 == 1)}  # who begins may go on
    return tuple(tuple(sorted(found[n] | {0})) for n in range(count))


def _graph(network: Network, inputs: int, tags: int) -> onnx.ModelProto:
    """`words` (words, inputs) → `scores` (words, tags), logarithms of chances."""
    graph = Graph()
    x = graph.input("words", np.float32, ["words", inputs])
    weights = [
        graph.weight(name, value.astype(np.float32))
        for name, value in (
            ("inner", network.inner),
            ("inner.bias", network.inner_bias),
            ("outer", network.outer),
            ("outer.bias", network.outer_bias),
        )
    ]
    hidden = graph.op("Relu", graph.op("Gemm", x, weights[0], weights[1]))
    scores = graph.op("Gemm", hidden, weights[2], weights[3])
    graph.output(graph.op("LogSoftmax", scores, axis=1), "scores", ["words", tags])
    return graph.model("tagger")
