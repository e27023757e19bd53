"""Models that were added: a folder each, with a card that says whose it is and the hashes of its files."""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from core.generation.chat import read_template
from core.generation.decoder import SlotDecoder
from core.generation.layout import read_config
from core.generation.tokens import Tokens
from core.models.store import locked, sha256
from shared.errors import ModelInvalid

CARD = "nexus-model.json"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a model may be called: it names a folder, and a setting."""


NOT_NAMES = frozenset({"off"})
"""What the setting says instead of a name."""


class Card(Struct, frozen=True, forbid_unknown_fields=True):
    """What a folder holds. `context`: tokens of prompt and answer together, at most; `token_bytes`: cache of one of them."""

    name: str
    licence: str
    source: str
    context: int
    vocabulary: int
    token_bytes: int
    hashes: dict[str, str]

    @property
    def version(self) -> str:
        """Name and content: the same files have the same."""
        basis = "".join(f"{name}\0{digest}\0" for name, digest in sorted(self.hashes.items()))
        return f"{self.name}-{hashlib.sha256(basis.encode()).hexdigest()[:12]}"


class Origin(Struct, frozen=True):
    """What the operator says about a model."""

    name: str
    licence: str
    source: str


def add(models: Path, origin: Origin, fill: Callable[[Path], None]) -> Card:
    """Add a model to the folder of models; `fill` writes its files into an empty folder. Raises ModelInvalid.

    It is there whole or not at all; one of the same name is replaced.
    """
    if not NAME.fullmatch(origin.name) or origin.name in NOT_NAMES:
        raise ModelInvalid(f"a model may be called by letters, digits, dots and hyphens, not {origin.name!r}")
    target = models / origin.name
    with locked(models / ".lock"), tempfile.TemporaryDirectory(dir=models, prefix=".adding-") as place:
        fresh = Path(place) / "model"
        fresh.mkdir()
        fill(fresh)
        card = _card(fresh, origin)
        (fresh / CARD).write_bytes(msgspec.json.format(msgspec.json.encode(card)) + b"\n")
        if target.exists():
            os.rename(target, Path(place) / "old")
        os.rename(fresh, target)
    return card


def copied(source: Path) -> Callable[[Path], None]:
    """Fills a model's folder with the files of another; links are followed, folders in it are left out."""

    def fill(folder: Path) -> None:
        read_config(source)
        try:
            for path in sorted(source.iterdir()):
                if path.is_file() and not path.name.startswith(".") and path.name != CARD:
                    shutil.copyfile(path, folder / path.name)
        except OSError as error:
            raise ModelInvalid(f"{source} could not be copied: {error.strerror}") from error

    return fill


def names(models: Path) -> list[str]:
    """The models there are."""
    return sorted(path.parent.name for path in models.glob(f"[!.]*/{CARD}"))


def cards(models: Path) -> Iterator[Card]:
    """The cards of the models there are. Raises ModelInvalid for one that cannot be read."""
    return (read_card(models / name) for name in names(models))


def read_card(folder: Path) -> Card:
    """The card of a model. Raises ModelInvalid where there is none."""
    try:
        return msgspec.json.decode((folder / CARD).read_bytes(), type=Card)
    except FileNotFoundError:
        raise ModelInvalid(f"no model {folder.name}: `nexus models list` shows those there are") from None
    except (OSError, msgspec.DecodeError) as error:
        raise ModelInvalid(f"{folder / CARD} cannot be read: {error}") from error


def check(folder: Path) -> Card:
    """The card of a whole, unaltered model. Raises ModelInvalid, naming the files that are missing, altered or new."""
    card = read_card(folder)
    found = {path.name for path in folder.iterdir()} - {CARD}
    wrong = {f"{name} is missing" for name in set(card.hashes) - found}
    wrong |= {f"{name} does not belong there" for name in found - set(card.hashes)}
    wrong |= {f"{name} is altered" for name in found & set(card.hashes) if sha256(folder / name) != card.hashes[name]}
    if wrong:
        raise ModelInvalid(f"the model {card.name} is not what was added ({', '.join(sorted(wrong))}): add it again")
    return card


def remove(models: Path, name: str) -> None:
    """Delete a model. Raises ModelInvalid where there is none."""
    if not NAME.fullmatch(name) or not (models / name).is_dir():
        raise ModelInvalid(f"no model {name}: `nexus models list` shows those there are")
    with locked(models / ".lock"):
        shutil.rmtree(models / name)


def _card(folder: Path, origin: Origin) -> Card:
    """The card of a folder that was just filled, once everything in it was opened."""
    config = read_config(folder)
    tokens = Tokens(folder / "tokenizer.json")
    read_template(folder, tokens.special())
    if tokens.size > config.model.vocab_size:
        raise ModelInvalid(
            f"the tokenizer has {tokens.size} tokens, the graph {config.model.vocab_size}: they do not fit"
        )
    length = 16
    decoder = SlotDecoder(folder, slots=1, length=length)
    return Card(
        name=origin.name,
        licence=origin.licence,
        source=origin.source,
        context=config.model.context_length,
        vocabulary=config.model.vocab_size,
        token_bytes=decoder.stream_bytes // length,
        hashes={path.name: sha256(path) for path in sorted(folder.iterdir())},
    )
