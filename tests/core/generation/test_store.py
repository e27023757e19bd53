"""Models that are added: whole or not at all, with a card, and checked again."""

import shutil
from pathlib import Path

import msgspec
import pytest

from core.generation.layout import CONFIG, TOKENIZER
from core.generation.store import CARD, Origin, add, cards, check, copied, names, read_card, remove
from core.models.store import sha256
from shared.errors import ModelInvalid
from tests.core.generation.tiny import CONTEXT, WORDS

ORIGIN = Origin("tiny", "Apache-2.0", "https://example.org/tiny")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def source(folder: Path, tmp_path: Path) -> Path:
    """A copy of the model that may be spoilt."""
    return Path(shutil.copytree(folder, tmp_path / "source"))


def test_what_is_added_has_a_card(models: Path, folder: Path) -> None:
    card = add(models, ORIGIN, copied(folder))
    assert (card.name, card.licence, card.source) == ("tiny", "Apache-2.0", "https://example.org/tiny")
    assert (card.context, card.vocabulary, card.token_bytes) == (CONTEXT, len(WORDS), 2 * 2 * 2 * 16 * 4)
    assert card.hashes == {path.name: sha256(path) for path in folder.iterdir()}
    assert check(models / "tiny") == read_card(models / "tiny") == card
    assert list(cards(models)) == [card]
    assert add(models, ORIGIN, copied(folder)).version == card.version
    remove(models, "tiny")
    assert names(models) == []


def test_what_was_altered_is_named(models: Path, folder: Path) -> None:
    add(models, ORIGIN, copied(folder))
    (models / "tiny" / "chat_template.jinja").write_text("{{ 1 }}")
    (models / "tiny" / "tokenizer_config.json").unlink()
    (models / "tiny" / "new.txt").touch()
    with pytest.raises(ModelInvalid) as told:
        check(models / "tiny")
    for said in ("chat_template.jinja is altered", "tokenizer_config.json is missing", "new.txt does not belong"):
        assert said in str(told.value)


@pytest.mark.parametrize("missing", ["model.onnx", "model.onnx.data", CONFIG, TOKENIZER])
def test_a_folder_that_is_not_whole_is_not_added(models: Path, source: Path, folder: Path, missing: str) -> None:
    add(models, ORIGIN, copied(folder))
    before = check(models / "tiny")
    (source / missing).unlink()
    with pytest.raises(ModelInvalid):
        add(models, ORIGIN, copied(source))
    assert check(models / "tiny") == before
    assert [path.name for path in models.iterdir() if path.is_dir()] == ["tiny"]


def test_weights_outside_the_folder_are_not_read(models: Path, source: Path, tmp_path: Path) -> None:
    shutil.copyfile(source / "model.onnx.data", tmp_path / "else.data")
    graph = (source / "model.onnx").read_bytes()
    (source / "model.onnx").write_bytes(graph.replace(b"model.onnx.data", b"../../else.data"))
    with pytest.raises(ModelInvalid, match="does not load"):
        add(models, ORIGIN, copied(source))


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ('"vocab_size": ', '"vocab_size": 1', "do not fit|does not load|tokens"),
        ('"filename": "model.onnx"', '"filename": "../model.onnx"', "outside its folder"),
        ('"eos_token_id": 2', '"eos_token_id": []', "which token ends"),
        ('"model"', '"else"', "no configuration"),
    ],
)
def test_a_configuration_that_does_not_fit_is_told(
    models: Path, source: Path, was: str, becomes: str, said: str
) -> None:
    config = (source / CONFIG).read_text()
    assert was in config
    if "vocab_size" in was:
        becomes, was = '"vocab_size": 17', f'"vocab_size": {len(WORDS)}'
    (source / CONFIG).write_text(config.replace(was, becomes))
    with pytest.raises(ModelInvalid, match=said):
        add(models, ORIGIN, copied(source))
    assert names(models) == []


@pytest.mark.parametrize("name", ["", "..", "a/b", "-x", "off", "x" * 65, "a b"])
def test_a_name_that_is_none_is_refused(models: Path, folder: Path, name: str) -> None:
    with pytest.raises(ModelInvalid):
        add(models, msgspec.structs.replace(ORIGIN, name=name), copied(folder))
    with pytest.raises(ModelInvalid):
        remove(models, name)
    assert not (models / CARD).exists()
