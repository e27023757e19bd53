"""Understanding on public data sets, where they lie beside the repository (`../shared/data/nlu`), as a table in Markdown.

    python -m bench.understanding [--finetune] [clinc] [banking] [snips] [latency] [languages]

Models are trained on the training rows. Every other row of the development set sets weights and threshold, and the rest is what
is scored, so that no row is judged by what was set on it.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from bench.languages import measure as measure_languages
from bench.noise import heard, misspelt
from core.models.encoder import Encoder
from core.models.store import GRAPH, TOKENIZER, check
from core.understanding.evaluate import Scores, evaluate
from core.understanding.folder import write_model
from core.understanding.predict import Predictor
from core.understanding.rows import OUTSIDE, Row, read_rows
from core.understanding.train import card_of, train
from infra.models import checkpoint, encoder_folder, prepare

DATA = Path(__file__).parents[2] / "shared" / "data" / "nlu"
TEXT = "what time is it in tokyo right now please ok"
"""12 tokens with the two special ones."""

_ROUNDS = 400


class Line(Struct, frozen=True):
    """A figure beside what it shall be, both in per cent unless the name says otherwise."""

    name: str
    measured: str
    target: str


class Task(Struct, frozen=True):
    """Files of rows to learn from, and of rows that were kept apart."""

    train: tuple[str, ...]
    validation: tuple[str, ...]


TASKS = {
    "clinc": Task(
        ("clinc150/train.jsonl", "clinc150/oos_train.jsonl"), ("clinc150/val.jsonl", "clinc150/oos_val.jsonl")
    ),
    "banking": Task(("banking77/train.jsonl",), ("banking77/val.jsonl",)),
    "banking-5": Task(("banking77/train_5shot.jsonl",), ("banking77/val.jsonl",)),
    "banking-10": Task(("banking77/train_10shot.jsonl",), ("banking77/val.jsonl",)),
    "snips": Task(("snips/train.jsonl",), ("snips/val.jsonl",)),
}


class Trained(Struct, frozen=True):
    """A model, the rows that it was not shown, what it made of them, and the seconds of the processor that fitting took."""

    predictor: Predictor
    asked: list[Row]
    scores: Scores
    seconds: float


def measure(task: Task, folder: Path, *, finetune: bool) -> Trained:
    """Train on a task's rows and score the rest."""
    rows = [row for name in task.train for row in read_rows(DATA / name).rows]
    kept = [row for name in task.validation for row in read_rows(DATA / name, distinct=False).rows]
    shown, asked = kept[::2], kept[1::2]
    encoder = _tuned(rows, shown, folder) if finetune else encoder_folder()
    reader = _Timed(encoder)
    started = time.process_time()
    trained = train(rows, shown, reader)
    seconds = time.process_time() - started - reader.seconds
    place = folder / "model"
    write_model(place, card_of(trained, "en", check(encoder).version, (), finetuned=finetune), trained.files)
    predictor = Predictor(place, encoder)
    return Trained(predictor, asked, evaluate(asked, _meant(predictor, asked)), seconds)


class _Timed(Encoder):
    """The encoder, which counts the seconds of the processor that it takes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / GRAPH, folder / TOKENIZER, 2)
        self.seconds = 0.0

    def read(self, texts: Sequence[str]):  # type: ignore[no-untyped-def]
        started = time.process_time()
        found = super().read(texts)
        self.seconds += time.process_time() - started
        return found


def _tuned(rows: Sequence[Row], shown: Sequence[Row], folder: Path) -> Path:
    from core.understanding.finetune.engine import finetune  # needs torch, the extra `train`

    return finetune(rows, shown, *checkpoint(), folder / "encoder")


def _meant(predictor: Predictor, rows: Sequence[Row]) -> list:  # type: ignore[type-arg]
    return list(predictor.stream(row.text for row in rows))


def _clinc(folder: Path, *, finetune: bool) -> Iterator[Line]:
    found = measure(TASKS["clinc"], folder, finetune=finetune)
    scores = found.scores
    yield Line("CLINC150, accuracy in scope", _percent(scores.accuracy), "97" if finetune else "96.0")
    refused = f"{_percent(scores.oos_recall)} / {_percent(scores.oos_auroc)} ({_percent(scores.oos_fpr)} refused)"
    yield Line(
        "out of scope at 5 % in scope refused: recall / AUROC", refused, "94 / 98.6" if finetune else "91 / 98.2"
    )
    inside = [row for row in found.asked if row.intent != OUTSIDE]
    source = random.Random(1)
    typos = []
    for count in (1, 2):
        rows = [replace(row, text=misspelt(row.text, count, source), slots=()) for row in inside]
        typos.append(_percent(evaluate(rows, _meant(found.predictor, rows)).accuracy))
    yield Line("with one / two typos a sentence", " / ".join(typos), "93 / 90" if finetune else "91 / 86")
    rows = [replace(row, text=heard(row.text, source), slots=()) for row in inside]
    yield Line(
        "as a speech recogniser mishears it", _percent(evaluate(rows, _meant(found.predictor, rows)).accuracy), "–"
    )
    yield Line("expected calibration error", _percent(scores.ece), "≤ 1" if finetune else "≤ 2")
    if not finetune:
        yield Line("fitting 150 intents × 100 rows, after encoding", f"{found.seconds:.0f} s CPU", "≤ 60 s, two cores")


def _banking(folder: Path, *, finetune: bool) -> Iterator[Line]:
    full = measure(TASKS["banking"], folder, finetune=finetune).scores.accuracy
    yield Line("BANKING77", _percent(full), "94" if finetune else "93.3")
    few = [measure(TASKS[name], folder, finetune=finetune).scores.accuracy for name in ("banking-5", "banking-10")]
    yield Line(
        "BANKING77, 5 / 10 rows an intent", " / ".join(map(_percent, few)), "84 / 88.5" if finetune else "82 / 87"
    )


def _snips(folder: Path, *, finetune: bool) -> Iterator[Line]:
    scores = measure(TASKS["snips"], folder, finetune=finetune).scores
    figures = " / ".join(map(_percent, (scores.accuracy, scores.slot_f1, scores.frame_accuracy)))
    yield Line("SNIPS, intent / slot F1 / whole frame", figures, "99 / 96.5 / 92" if finetune else "98 / 90 / 80")


def _latency(folder: Path, *, finetune: bool) -> Iterator[Line]:
    """One text after the other, spelling, letters, encoder, heads and tagger included, by the model of the shipped skills."""
    place = next((encoder_folder().parent / "skills").glob("model-en-*"))
    predictor = Predictor(place, encoder_folder())
    times = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        predictor.predict([TEXT])
        times.append(1000 * (time.perf_counter() - started))
    p50, p99 = np.percentile(times, [50, 99])
    yield Line("latency of 12 tokens, one thread, all included", f"p50 {p50:.1f} ms, p99 {p99:.1f} ms", "p50 ≤ 3.5 ms")


def _languages(folder: Path, *, finetune: bool) -> Iterator[Line]:
    """The models of the shipped skills, whatever is asked for."""
    for one in measure_languages():
        figures = (one.understood, one.found_out, one.told, one.refused)
        name = (
            f"skills in {one.language}: {one.count} paraphrases understood / language found out too / found / refused"
        )
        yield Line(name, " / ".join(map(_percent, figures)), "–")


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"


PARTS = {"clinc": _clinc, "banking": _banking, "snips": _snips, "latency": _latency, "languages": _languages}


def main() -> int:
    """Measure and print the table; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.understanding", description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(PARTS), help=f"of {', '.join(PARTS)}; all if none is named")
    parser.add_argument("--finetune", action="store_true", help="with the encoder tuned too; needs torch")
    options = parser.parse_args()
    if not DATA.is_dir():
        print("bench.understanding: the data sets are not there (../shared/data/nlu)", file=sys.stderr)
        return 1
    prepare(encoder_folder())
    print("| | measured | target |\n|---|---|---|", flush=True)
    for part in options.parts:
        with tempfile.TemporaryDirectory(prefix="nxb-") as folder:
            for line in PARTS[part](Path(folder), finetune=options.finetune):
                print(f"| {line.name} | {line.measured} | {line.target} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
