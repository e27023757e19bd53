"""Trained models by content: trained once for given rows, encoder and version of this code, then read from a folder.

A model is named after what it was made from, and holds the hashes of its files: a damaged one is recognised and made again.
"""

import hashlib
import logging
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from core.models.store import locked
from core.understanding.folder import read_card
from core.understanding.rows import Row
from shared.errors import ModelInvalid

log = logging.getLogger("nexus.understanding")

RECIPE = 8
"""Counts up when the same rows give another model."""

_ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_S = 600


def trained(
    folder: Path, language: str, rows: Sequence[Row], encoder: Path, encoder_version: str, ready: Path | None = None
) -> Path:
    """The folder of the model of `rows`, trained in a child process if neither `ready` nor `folder` holds it.

    `ready` is only read. Of several processes at once one trains and the others wait. Models of other rows are removed from
    `folder`. Raises ModelInvalid.
    """
    content = msgspec.json.encode(list(rows))
    basis = f"{RECIPE}\n{encoder_version}\n{hashlib.sha256(content).hexdigest()}"
    name = f"model-{language}-{hashlib.sha256(basis.encode()).hexdigest()[:16]}"
    if ready is not None and _whole(ready / name):
        return ready / name
    with locked(folder / f".{language}.lock"):
        if not _whole(folder / name):
            log.info("training", extra={"language": language, "intents": len({row.intent for row in rows})})
            _train(folder / name, language, content, encoder)
        for old in set(folder.glob(f"model-{language}-*")) - {folder / name}:
            shutil.rmtree(old, ignore_errors=True)
    return folder / name


def _whole(folder: Path) -> bool:
    if not folder.exists():
        return False
    try:
        read_card(folder)
    except ModelInvalid:
        log.warning("a damaged model is trained again", extra={"file": folder.name})
        return False
    return True


def _train(out: Path, language: str, rows: bytes, encoder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".training-") as place:
        fresh = Path(place).resolve() / "model"
        command = [sys.executable, "-m", "core.understanding.train", str(encoder.resolve()), str(fresh), language]
        try:
            done = subprocess.run(command, input=rows, capture_output=True, check=False, cwd=_ROOT, timeout=_PATIENCE_S)
        except subprocess.TimeoutExpired as error:
            raise ModelInvalid(f"training took longer than {_PATIENCE_S} s and was stopped") from error
        if done.returncode != 0:
            raise ModelInvalid(f"training failed: {done.stderr.decode(errors='replace').strip()[-2000:]}")
        if out.exists():
            shutil.rmtree(out)
        fresh.rename(out)
