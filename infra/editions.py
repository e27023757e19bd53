"""Which edition of NEXUS and its skills this is: another one whenever code, words or manifests differ.

Answers that are kept for later are kept for one edition: after a change nobody hears what was answered before it.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

import shared
from core.skillbook import LoadedSkill
from infra.version import VERSION

_LARGEST = 1_000_000  # bytes of a file that are read; of a larger one the size counts
_encode = msgspec.msgpack.Encoder(order="deterministic").encode


def edition_of(folder: Path) -> str:
    """A digest of all files below `folder`, but for what Python compiled."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        size = path.stat().st_size
        body = path.read_bytes() if size <= _LARGEST else b""
        digest.update(_encode((path.relative_to(folder).as_posix(), size, body)))
    return digest.hexdigest()


def edition(skills: Iterable[LoadedSkill]) -> bytes:
    """What all answers of these skills depend on besides the question: NEXUS, and every skill's manifest, words and code."""
    known = sorted((one.manifest.name, one.manifest, one.locales, one.edition) for one in skills)
    return hashlib.sha256(_encode((VERSION, edition_of(Path(shared.__file__).parent), known))).digest()
