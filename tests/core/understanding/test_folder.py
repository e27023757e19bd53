"""The folder of a model: written whole, refused with a clear error when anything is missing, altered or of another version."""

import json
import shutil
from pathlib import Path

import pytest

from core.understanding.facts import FORMAT
from core.understanding.folder import CARD, HEADS, LABELS, LEXICON, READ_ME, TAGGER, read_card, write_model
from core.understanding.model import Model
from core.understanding.predict import Predictor
from infra.models import encoder_folder
from shared.errors import ModelInvalid


@pytest.fixture
def folder(model_folder: Path, tmp_path: Path) -> Path:
    """A copy that may be spoilt."""
    return Path(shutil.copytree(model_folder, tmp_path / "model"))


def test_a_model_is_whole(folder: Path) -> None:
    card = read_card(folder)
    assert {path.name for path in folder.iterdir()} == {CARD, HEADS, TAGGER, LABELS, LEXICON, READ_ME}
    assert set(card.hashes) == {HEADS, TAGGER, LABELS, LEXICON}
    assert card.id.startswith("en-")
    assert (folder / READ_ME).read_text("utf-8").startswith(f"# {card.id}\n")


@pytest.mark.parametrize("name", [HEADS, TAGGER, LABELS, LEXICON])
def test_what_is_missing_is_named(name: str, folder: Path) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelInvalid, match=f"incomplete: {name}"):
        Model(folder, encoder_folder())


@pytest.mark.parametrize("name", [HEADS, TAGGER, LABELS, LEXICON])
def test_what_is_altered_is_named(name: str, folder: Path) -> None:
    with (folder / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(ModelInvalid, match=f"altered: {name}"):
        Model(folder, encoder_folder())


def test_another_format_is_refused(folder: Path) -> None:
    card = json.loads((folder / CARD).read_bytes())
    (folder / CARD).write_text(json.dumps({**card, "format": FORMAT + 1, "of the future": True}))
    with pytest.raises(ModelInvalid, match=f"format {FORMAT + 1}, and this NEXUS reads {FORMAT}"):
        Model(folder, encoder_folder())


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff\xfe", b'{"format": 1}'])
def test_a_card_that_is_none_is_refused(content: bytes, folder: Path) -> None:
    (folder / CARD).write_bytes(content)
    with pytest.raises(ModelInvalid, match="no part of a model"):
        read_card(folder)


def test_an_empty_folder_holds_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid, match="no trained model"):
        read_card(tmp_path)


def test_an_encoder_of_another_version_is_refused(folder: Path) -> None:
    with pytest.raises(ModelInvalid, match="reads with v1, and the encoder is minilm"):
        Predictor(folder, encoder_folder())


def test_written_again_it_is_replaced_whole(folder: Path) -> None:
    card = read_card(folder)
    again = write_model(folder, card, {HEADS: b"other"})
    assert again.id != card.id
    assert {path.name for path in folder.iterdir()} == {CARD, HEADS, READ_ME}
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
