"""The folder of a trained model: written whole or not at all, read only if it is whole and unaltered.

model.json     the card: version id, data hashes, scores, and the hash of every other file
heads.onnx     which intent, and whether any
tagger.onnx    slots, where the training data have some
labels.json    intents, tags, the threshold
lexicon.json   grams and words
encoder/       the encoder with its tokenizer; left out where NEXUS has it already
README.md      the card for people
"""

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from core.models.store import sha256
from core.understanding.facts import FORMAT, Card
from shared.errors import ModelInvalid

CARD = "model.json"
HEADS = "heads.onnx"
TAGGER = "tagger.onnx"
LABELS = "labels.json"
LEXICON = "lexicon.json"
ENCODER = "encoder"
READ_ME = "README.md"

T = TypeVar("T")


def write_model(folder: Path, card: Card, files: Mapping[str, bytes], encoder: Path | None = None) -> Card:
    """Write a model to `folder`, in place of what is there, with a copy of the folder `encoder` if one is given.

    The card that is returned has the id and the hashes filled in.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".model-") as place:
        fresh = Path(place) / "model"
        fresh.mkdir()
        for name, content in files.items():
            (fresh / name).write_bytes(content)
        if encoder is not None:
            shutil.copytree(encoder, fresh / ENCODER)
        whole = _identified(card, fresh)
        (fresh / CARD).write_bytes(msgspec.json.format(msgspec.json.encode(whole)))
        (fresh / READ_ME).write_text(_told(whole), "utf-8")
        if folder.exists():
            folder.rename(Path(place) / "old")
        fresh.rename(folder)
    return whole


def read_card(folder: Path) -> Card:
    """The card of a whole, unaltered model. Raises ModelInvalid, which says what is missing, altered or of another version."""
    try:
        content = (folder / CARD).read_bytes()
    except OSError as error:
        raise ModelInvalid(f"there is no trained model in {folder}: it has no {CARD}") from error
    version = _decoded(content, _Format, folder / CARD).format
    if version != FORMAT:
        raise ModelInvalid(
            f"the model in {folder} is of format {version}, and this NEXUS reads {FORMAT}: train it again"
        )
    card = _decoded(content, Card, folder / CARD)
    missing = [name for name in card.hashes if not (folder / name).is_file()]
    if missing:
        raise ModelInvalid(f"the model in {folder} is incomplete: {', '.join(sorted(missing))} not there")
    altered = [name for name, known in card.hashes.items() if sha256(folder / name) != known]
    if altered:
        raise ModelInvalid(f"the model in {folder} is altered: {', '.join(sorted(altered))}")
    return card


def read_part(folder: Path, name: str, kind: type[T]) -> T:
    """A JSON file of the model. Raises ModelInvalid."""
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise ModelInvalid(f"the model in {folder} is incomplete: {name} not there") from error
    return _decoded(content, kind, folder / name)


class _Format(msgspec.Struct):
    format: int


def _decoded(content: bytes, kind: type[T], path: Path) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ModelInvalid(f"{path} is no part of a model: {error}") from error


def _identified(card: Card, folder: Path) -> Card:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    hashes = {str(path.relative_to(folder)): sha256(path) for path in paths}
    digest = hashlib.sha256(msgspec.json.encode([card.encoder, card.language, sorted(hashes.items())])).hexdigest()
    return msgspec.structs.replace(card, id=f"{card.language}-{digest[:12]}", hashes=hashes)


def _told(card: Card) -> str:
    data = "\n".join(f"| {one.name} | {one.rows} | `{one.sha256}` |" for one in card.data)
    scores = "\n".join(f"| {name} | {value:.4f} |" for name, value in card.scores.items())
    kind = "fine-tuned encoder" if card.finetuned else "heads over the frozen encoder"
    return (
        f"# {card.id}\n\n{card.intents} intents, {card.slots} slots; language `{card.language}`; {kind} `{card.encoder}`.\n\n"
        f"| data | rows | SHA-256 |\n|---|---|---|\n{data}\n\n| score | share |\n|---|---|\n{scores}\n"
    )
