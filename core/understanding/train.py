"""Trains a model over the encoder: reads the texts, fits heads and tagger, and gives what the folder of a model holds.

    python -m core.understanding.train ENCODER_FOLDER OUT_FOLDER LANGUAGE < rows.json

does it in a process of its own, so that the trainer's memory goes with it.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import onnx
from msgspec import Struct
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

from core.models.encoder import Encoder, Reading
from core.models.store import GRAPH, TOKENIZER, check
from core.understanding.facts import FORMAT, Card, Labels, Lexical, Source
from core.understanding.fit import Data, Fitted, fit, folds_for
from core.understanding.fit_tagger import fit_tagger
from core.understanding.folder import HEADS, LABELS, LEXICON, TAGGER, write_model
from core.understanding.graph import heads_graph
from core.understanding.lexical import Lexicon, grams, weighed
from core.understanding.rows import OUTSIDE, Row
from core.understanding.samples import variants
from core.understanding.spelling import said
from core.understanding.views import Texts, telling_grams
from core.understanding.words import readable
from shared.errors import DataInvalid

FEW = 4000
"""Rows; of fewer, other ways to write the same are learnt too."""


class Trained(Struct, frozen=True):
    """What a training came to: the files of the model's folder, and its scores (shares, 0 to 1)."""

    labels: Labels
    files: dict[str, bytes]
    scores: dict[str, float]


class _Lines(Struct, frozen=True):
    """What the heads are fitted on, a line each: texts, class numbers, folds, and whether somebody wrote it so."""

    texts: list[str]
    classes: list[int]
    folds: list[int]
    original: list[bool]


def train(rows: Sequence[Row], validation: Sequence[Row], encoder: Encoder) -> Trained:
    """A model of `rows`; `validation` sets its threshold and its weights. The same rows give the same model.

    Raises DataInvalid if there is nothing to tell apart (one intent only, and nothing out of scope), or if there are fewer
    than two examples an intent on average.
    """
    intents = tuple(sorted({row.intent for row in rows} - {OUTSIDE}))
    if len(intents) + any(row.intent == OUTSIDE for row in rows) < 2:
        raise DataInvalid(
            f"a model tells intents apart: it needs two or more, and the training data have {len(intents)}"
        )
    if len(rows) < 2 * len({row.intent for row in rows}):
        raise DataInvalid("a model needs two examples an intent or more; ten are a good start")
    places = {intent: n for n, intent in enumerate((*intents, OUTSIDE))}
    lines = _lines(rows, places)
    readings = encoder.read(lines.texts)
    lexicon, sparse = _lexicon(lines)
    data = _data(lines, readings, sparse, len(places))
    fitted = fit(data, _validation(validation, places, encoder, lexicon))
    tagger, network = fit_tagger(rows, readings, lines.texts, intents)
    labels = Labels(intents, fitted.scope.threshold, tagger)
    return Trained(
        labels, _files(labels, fitted, Lexical(lexicon, said(row.text for row in rows)), network), _scores(fitted)
    )


def _lines(rows: Sequence[Row], places: dict[str, int]) -> _Lines:
    """Rows in their order, then their variants, then the names of the intents, which say what they are for."""
    count = [0] * len(places)
    for row in rows:
        count[places[row.intent]] += 1
    lines, folds = _Lines([], [], [], []), folds_for(len(rows))
    seen = [0] * len(places)
    varied: list[tuple[str, int, int]] = []
    for row in rows:
        number = places[row.intent]
        fold = _fold(seen[number], count[number], folds, spread=row.intent == OUTSIDE)
        seen[number] += 1
        _add(lines, row.text, number, fold, True)
        if len(rows) < FEW and row.intent != OUTSIDE:
            varied += [(variant, number, fold) for variant in variants(row.text)]
    for text, number, fold in varied:
        _add(lines, text, number, fold, False)
    for intent, number in places.items():
        if intent != OUTSIDE:
            _add(lines, " ".join(readable(intent)) or intent, number, -1, False)
    return lines


def _add(lines: _Lines, text: str, number: int, fold: int, original: bool) -> None:
    lines.texts.append(text)
    lines.classes.append(number)
    lines.folds.append(fold)
    lines.original.append(original)


def _fold(place: int, count: int, folds: int, *, spread: bool) -> int:
    """The fold of a row. Neighbours often say nearly the same and go into one fold; rows out of scope, often listed by topic,
    are spread. A row that is alone is never held out."""
    if count < folds:
        return place if count > 1 else -1
    return place % folds if spread else place * folds // count


def _lexicon(lines: _Lines) -> tuple[Lexicon, csr_matrix]:
    """The grams worth knowing, and every line as their weights."""
    documents = [grams(text) for text in lines.texts]
    count: dict[str, int] = {}
    for document in documents:
        for gram in document:
            count[gram] = count.get(gram, 0) + 1
    often = [gram for gram, times in count.items() if times >= 2]
    idf = [float(np.log((1 + len(documents)) / (1 + count[gram])) + 1) for gram in often]
    every = _sparse(lines.texts, Lexicon(tuple(often), tuple(idf)))
    kept = telling_grams(every, np.array(lines.classes))
    lexicon = Lexicon(tuple(often[n] for n in kept), tuple(idf[n] for n in kept))
    return lexicon, _sparse(lines.texts, lexicon)


def _sparse(texts: Sequence[str], lexicon: Lexicon) -> csr_matrix:
    index = lexicon.index()
    rows = [weighed(text, index, lexicon.idf) for text in texts]
    ends = np.cumsum([0, *(len(places) for places, _ in rows)])
    columns = np.array([place for places, _ in rows for place in places], np.int32)
    weights = np.array([weight for _, values in rows for weight in values], np.float32)
    return csr_matrix((weights, columns, ends), shape=(len(texts), len(lexicon.grams)))


def _data(lines: _Lines, readings: Sequence[Reading], sparse: csr_matrix, count: int) -> Data:
    texts = Texts(np.stack([one.vector for one in readings]), np.stack([one.stream for one in readings]), sparse)
    return Data(texts, np.array(lines.classes), np.array(lines.folds), np.array(lines.original), count)


def _validation(rows: Sequence[Row], places: dict[str, int], encoder: Encoder, lexicon: Lexicon) -> Data | None:
    """Validation rows of known intents; None without any."""
    known = [row for row in rows if row.intent in places]
    if not known:
        return None
    texts = [row.text for row in known]
    lines = _Lines(texts, [places[row.intent] for row in known], [0] * len(known), [True] * len(known))
    return _data(lines, encoder.read(texts), _sparse(texts, lexicon), len(places))


def _files(labels: Labels, fitted: Fitted, lexical: Lexical, network: onnx.ModelProto | None) -> dict[str, bytes]:
    files = {
        HEADS: heads_graph(fitted).SerializeToString(),
        LABELS: msgspec.json.encode(labels),
        LEXICON: msgspec.json.encode(lexical),
    }
    return files if network is None else {**files, TAGGER: network.SerializeToString()}


def _scores(fitted: Fitted) -> dict[str, float]:
    return {"cv_accuracy": round(fitted.accuracy, 4), "cv_oos_auroc": round(fitted.auroc, 4)}


def card_of(trained: Trained, language: str, encoder_version: str, data: Sequence[Source], *, finetuned: bool) -> Card:
    """The card of a model that is about to be written."""
    tagger = trained.labels.tagger
    return Card(
        format=FORMAT,
        id="",
        language=language,
        encoder=encoder_version,
        finetuned=finetuned,
        intents=len(trained.labels.intents),
        slots=len(tagger.phrases.slots) if tagger is not None else 0,
        data=tuple(data),
        scores={} if finetuned else trained.scores,  # the encoder has seen every fold
        hashes={},
    )


def main(arguments: list[str]) -> int:
    """Train from the rows on standard input; returns the exit code."""
    folder, out, language = Path(arguments[0]), Path(arguments[1]), arguments[2]
    rows = msgspec.json.decode(sys.stdin.buffer.read(), type=tuple[Row, ...])
    trained = train(rows, (), Encoder(folder / GRAPH, folder / TOKENIZER))
    write_model(out, card_of(trained, language, check(folder).version, (), finetuned=False), trained.files)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
