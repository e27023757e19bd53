"""`nexus nlu`: trains models of understanding, asks them, scores them."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from core.models.encoder import Encoder
from core.models.store import GRAPH, TOKENIZER, check, sha256
from core.understanding.facts import Card, Source
from core.understanding.finetune.progress import Epoch
from core.understanding.meaning import Meaning
from core.understanding.predict import Predictor
from core.understanding.rows import Row, read_rows
from infra.models import checkpoint, encoder_folder, prepare
from infra.runtime import check_runtime

MOST_WARNINGS = 10
"""Of one file; the rest is counted."""


def train_model(train: Sequence[Path], validation: Sequence[Path], out: Path, language: str, *, finetune: bool) -> None:
    """Train on rows and write the model to `out`; what is odd about the rows goes to stderr.

    Raises DataInvalid, ModelInvalid.
    """
    from core.understanding.evaluate import (
        evaluate,
    )  # with the trainer: scikit-learn and onnx, which the others need not
    from core.understanding.folder import write_model
    from core.understanding.train import card_of
    from core.understanding.train import train as fit

    check_runtime()
    started = time.monotonic()
    rows = _read(train)
    held_out = _read(validation, distinct=False) if validation else []
    if finetune:
        rows, held_out = _parted(rows, held_out)
    with tempfile.TemporaryDirectory(prefix="nexus-") as folder:
        encoder = _tuned(rows, held_out, Path(folder)) if finetune else _frozen()
        trained = fit(rows, held_out, _open(encoder))
        card = card_of(trained, language, check(encoder).version, _sources((*train, *validation)), finetuned=finetune)
        card = write_model(out, card, trained.files, encoder)
        if held_out:
            scores = evaluate(held_out, list(Predictor(out).stream(row.text for row in held_out)))
            measured = {f"val_{name}": value for name, value in _shares(msgspec.structs.asdict(scores)).items()}
            card = msgspec.structs.replace(card, scores={**card.scores, **measured})
            card = write_model(out, card, trained.files, encoder)
    print(_told(card, out, time.monotonic() - started))


def _parted(rows: list[Row], held_out: list[Row]) -> tuple[list[Row], list[Row]]:
    """Rows to tune to, and rows that are not: those given, else some of the others. Raises ModelInvalid without torch."""
    from core.understanding.finetune.engine import require_torch
    from core.understanding.finetune.split import split

    require_torch()
    return (rows, held_out) if held_out else split(rows)


def _frozen() -> Path:
    prepare(encoder_folder())
    return encoder_folder()


def _tuned(rows: Sequence[Row], held_out: Sequence[Row], folder: Path) -> Path:
    """An encoder tuned to `rows`, built in `folder`; how it goes is told on stderr."""
    from core.understanding.finetune.engine import finetune

    return finetune(rows, held_out, *checkpoint(), folder / "encoder", told=_tell_epoch)


def _tell_epoch(epoch: Epoch) -> None:
    shares = (("intents", epoch.intents), ("tags", epoch.tags), ("frames", epoch.frames))
    right = "".join(f", {name} {share:.3f}" for name, share in shares if share is not None)
    print(f"nexus: read {epoch.number} of {epoch.of} times, loss {epoch.loss:.3f}{right}", file=sys.stderr)


def _sources(paths: Sequence[Path]) -> tuple[Source, ...]:
    return tuple(Source(path.name, sha256(path), len(read_rows(path, distinct=False).rows)) for path in paths)


def predict_lines(folder: Path) -> None:
    """Print the meaning of each line of standard input. Raises ModelInvalid."""
    check_runtime()
    predictor = Predictor(folder)
    lines = (line.removesuffix("\n").removesuffix("\r") for line in _input())
    if sys.stdin.isatty():
        found: Iterator[Meaning] = (predictor.predict([line])[0] for line in lines)
    else:
        found = predictor.stream(lines)
    for meaning in found:
        print(msgspec.json.encode(_shown(meaning)).decode(), flush=True)


def evaluate_model(folder: Path, test: Sequence[Path]) -> None:
    """Print how well a model does on rows. Raises DataInvalid, ModelInvalid."""
    from core.understanding.evaluate import evaluate

    check_runtime()
    predictor = Predictor(folder)
    rows = _read(test, distinct=False)
    scores = evaluate(rows, list(predictor.stream(row.text for row in rows)))
    print(
        msgspec.json.format(
            msgspec.json.encode({"model": predictor.model.card.id, **msgspec.structs.asdict(scores)})
        ).decode()
    )


def _open(encoder: Path) -> Encoder:
    return Encoder(encoder / GRAPH, encoder / TOKENIZER, os.cpu_count() or 1)


def _read(paths: Sequence[Path], *, distinct: bool = True) -> list[Row]:
    rows: list[Row] = []
    for path in paths:
        loaded = read_rows(path, distinct=distinct)
        rows += loaded.rows
        _warn(path, loaded.warnings)
    return rows


def _warn(path: Path, warnings: Sequence[str]) -> None:
    for warning in warnings[:MOST_WARNINGS]:
        print(f"nexus: {warning}", file=sys.stderr)
    if (more := len(warnings) - MOST_WARNINGS) > 0:
        print(f"nexus: {path}: {more} more rows like these", file=sys.stderr)


def _input() -> Iterator[str]:
    """The lines of standard input, whatever bytes they are made of; only a line feed ends one."""
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", "replace")


def _shown(meaning: Meaning) -> dict[str, Any]:
    """The line of a meaning, in the form of the outside contract."""
    return {
        "intent": meaning.intent,
        "in_scope": meaning.intent is not None,
        "score": meaning.score,
        "oos_score": meaning.oos_score,
        "slots": meaning.slots,
        "ranking": meaning.ranking,
    }


def _shares(scores: dict[str, Any]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in scores.items() if name != "rows" and value is not None}


def _told(card: Card, out: Path, seconds: float) -> str:
    scores = ", ".join(f"{name} {value:.3f}" for name, value in card.scores.items())
    return f"{out}: {card.id}, {card.intents} intents, {card.slots} slots, {seconds:.0f} s\n{scores}"
