"""Trained heads by content: trained once for given samples, encoder and version of this code, then read from a folder.

A file is named after what it was made from and after its own hash, so a damaged one is recognised and made again.
"""

import hashlib
import logging
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from core.models.store import locked, sha256
from core.understanding.samples import Samples
from shared.errors import ModelInvalid

log = logging.getLogger("nexus.understanding")

RECIPE = 1
"""Counts up when the same samples give other heads."""

_ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_S = 300


def trained(
    folder: Path, language: str, samples: Samples, encoder: Path, encoder_version: str, ready: Path | None = None
) -> Path:
    """The heads for `samples`, trained in a child process if neither `ready` nor `folder` holds them. Raises ModelInvalid.

    `ready` is only read. Of several processes at once one trains and the others wait. Heads of other samples are removed
    from `folder`.
    """
    basis = f"{RECIPE}\n{encoder_version}\n{samples.digest()}"
    prefix = f"heads-{language}-{hashlib.sha256(basis.encode()).hexdigest()[:16]}"
    if ready is not None and (found := _find(ready, prefix)):
        return found
    with locked(folder / ".lock"):
        found = _find(folder, prefix)
        if found is None:
            log.info("training", extra={"language": language, "intents": len(samples.intents)})
            found = _train(folder, prefix, samples, encoder)
        for old in set(folder.glob(f"heads-{language}-*.onnx")) - {found}:
            old.unlink(missing_ok=True)
    return found


def _find(folder: Path, prefix: str) -> Path | None:
    for path in folder.glob(f"{prefix}-*.onnx"):
        if path.stem.removeprefix(f"{prefix}-") == sha256(path)[:16]:
            return path
        log.warning("damaged heads are trained again", extra={"file": path.name})
    return None


def _train(folder: Path, prefix: str, samples: Samples, encoder: Path) -> Path:
    with tempfile.TemporaryDirectory(dir=folder, prefix=".training-") as place:
        out = Path(place).resolve() / "heads.onnx"
        command = [sys.executable, "-m", "core.understanding.train", str(encoder.resolve()), str(out)]
        try:
            done = subprocess.run(
                command,
                input=msgspec.json.encode(samples),
                capture_output=True,
                check=False,
                cwd=_ROOT,
                timeout=_PATIENCE_S,
            )
        except subprocess.TimeoutExpired as error:
            raise ModelInvalid(f"training took longer than {_PATIENCE_S} s and was stopped") from error
        if done.returncode != 0:
            raise ModelInvalid(f"training failed: {done.stderr.decode(errors='replace').strip()[-2000:]}")
        return out.rename(folder / f"{prefix}-{sha256(out)[:16]}.onnx")
