"""The folder of a built encoder: the graph, its weights, the tokenizer, and `manifest.json` with their hashes.

The weights lie apart from the graph so that they are mapped, not read: workers share them."""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import msgspec
from msgspec import Struct

from shared.errors import ModelInvalid

GRAPH = "encoder.onnx"
WEIGHTS = "encoder.weights"
TOKENIZER = "tokenizer.json"
MANIFEST = "manifest.json"
FILES = (GRAPH, WEIGHTS, TOKENIZER)
RECIPE = 2
"""Counts up when the same weights give another graph."""


def calibration() -> list[str]:
    """The sentences an eight-bit encoder is calibrated on."""
    return files("core.models").joinpath("calibration.en.txt").read_text("utf-8").splitlines()


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """What a folder holds. `version` names the vectors: those of one version can be compared."""

    version: str
    recipe: int
    precision: str
    hashes: dict[str, str]


def sha256(path: Path) -> str:
    """The hash of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path`, made if need be; other processes wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def version(weights_hash: str, precision: str) -> str:
    """The name of the vectors of these weights, this precision and this recipe."""
    basis = "\n".join([weights_hash, precision, str(RECIPE), *calibration()])
    return f"minilm-l6-{precision}-{hashlib.sha256(basis.encode()).hexdigest()[:12]}"


def check(folder: Path, expected: str | None = None) -> Manifest:
    """The manifest of a whole, unaltered folder. Raises ModelInvalid; also when its version is not `expected`."""
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
        altered = [name for name in FILES if sha256(folder / name) != manifest.hashes.get(name)]
    except (OSError, msgspec.DecodeError) as error:
        raise ModelInvalid(f"no whole encoder in {folder}: run `make setup`, or `python -m infra.models`") from error
    if altered:
        raise ModelInvalid(f"the encoder is altered ({', '.join(altered)}): delete {folder} and run `make setup`")
    if expected is not None and manifest.version != expected:
        raise ModelInvalid(f"the encoder is {manifest.version}, not {expected}: run `make setup`")
    return manifest
