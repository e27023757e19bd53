"""The graph of a llama against a llama in numpy, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from core.generation.convert import GRAPH, convert
from core.generation.decoder import SlotDecoder
from core.generation.gguf import Floats, Gguf
from core.generation.layout import CONFIG
from shared.errors import ModelInvalid
from tests.core.generation.reference import Reference
from tests.core.generation.tiny import WORDS, write_tiny

IDS = np.random.default_rng(7).integers(3, len(WORDS), 60).tolist()


def logits(folder: Path, ids: list[int], read: int) -> Floats:
    """The logits after `read` tokens, and after each one behind them, taken one by one."""
    decoder = SlotDecoder(folder, slots=1, length=len(ids) + 8)
    rows = [decoder.read(0, ids[:read], 0).copy()]
    rows += [decoder.step([token], [read + i])[0].copy() for i, token in enumerate(ids[read:])]
    return np.stack(rows)


@pytest.mark.parametrize("read", [1, 37, len(IDS)])
def test_the_exact_graph_is_the_model(exact: Path, gguf: Path, read: int) -> None:
    wanted = Reference(Gguf(gguf)).logits(IDS)[read - 1 :]
    np.testing.assert_allclose(logits(exact, IDS, read), wanted, rtol=1e-3, atol=1e-3 * np.abs(wanted).max())


def test_the_served_graph_is_nearly_the_model(folder: Path, gguf: Path) -> None:
    wanted, found = Reference(Gguf(gguf)).logits(IDS)[9:], logits(folder, IDS, 10)
    cosines = (wanted * found).sum(1) / np.linalg.norm(wanted, axis=1) / np.linalg.norm(found, axis=1)
    assert cosines.min() > 0.98
    assert np.median(cosines) > 0.999


@pytest.mark.parametrize("read", [1, 37, len(IDS)])
def test_the_graph_in_half_precision_is_nearly_the_model(half: Path, gguf: Path, read: int) -> None:
    decoder = SlotDecoder(half, slots=1, length=len(IDS) + 8)
    assert decoder.cache.kind is np.float16
    wanted, found = Reference(Gguf(gguf)).logits(IDS)[read - 1 :], logits(half, IDS, read)
    cosines = (wanted * found).sum(1) / np.linalg.norm(wanted, axis=1) / np.linalg.norm(found, axis=1)
    assert np.median(cosines) > 0.999


def test_a_prompt_read_in_parts_is_the_same_prompt(exact: Path) -> None:
    decoder = SlotDecoder(exact, slots=1, length=100)
    whole = decoder.read(0, IDS, 0).copy()
    decoder.read(decoder.staging, IDS[:23], 0)
    np.testing.assert_allclose(decoder.read(decoder.staging, IDS[23:], 23), whole, rtol=1e-3, atol=1e-3)


def test_a_graph_with_logits_for_every_token_and_positions_is_read_too(exact: Path, tmp_path: Path) -> None:
    model = onnx.load(exact / GRAPH)
    (gather,) = [node for node in model.graph.node if node.op_type == "Gather" and "last" in node.input]
    node = onnx.helper.make_node("Identity", gather.input[:1], gather.output, name="all")
    model.graph.node.insert(list(model.graph.node).index(gather), node)
    model.graph.node.remove(gather)
    (output,) = [one for one in model.graph.output if one.name == "logits"]
    output.type.tensor_type.shape.dim[1].dim_param = "tokens"
    model.graph.input.append(
        onnx.helper.make_tensor_value_info("position_ids", onnx.TensorProto.INT64, ["streams", "tokens"])
    )
    onnx.save_model(model, str(tmp_path / GRAPH))
    for path in exact.iterdir():
        if not path.name.startswith(GRAPH):
            (tmp_path / path.name).write_bytes(path.read_bytes())
    np.testing.assert_allclose(logits(tmp_path, IDS, 20), logits(exact, IDS, 20), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"general__architecture": "mamba"}, "only a llama"),
        ({"tokenizer__ggml__pre": "gpt-4o"}, "SmolLM's kind"),
        ({"llama__block_count": 3}, "no tensor blk.2"),
    ],
)
def test_what_cannot_be_converted_is_told(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    write_tiny(tmp_path / "odd.gguf", **changed)
    (tmp_path / "model").mkdir()
    with pytest.raises(ModelInvalid, match=said):
        convert(tmp_path / "odd.gguf", tmp_path / "model")


@pytest.mark.parametrize("length", [0, 3, 4, 40, 900, 5000])
def test_a_file_cut_short_is_told(gguf: Path, tmp_path: Path, length: int) -> None:
    path = tmp_path / "short.gguf"
    path.write_bytes(gguf.read_bytes()[:length])
    (tmp_path / "model").mkdir()
    with pytest.raises(ModelInvalid):
        convert(path, tmp_path / "model")


def test_a_graph_that_is_not_what_its_configuration_says_is_told(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    config = (tmp_path / CONFIG).read_text()
    (tmp_path / CONFIG).write_text(config.replace('"num_hidden_layers": 2', '"num_hidden_layers": 3'))
    with pytest.raises(ModelInvalid, match=r"past_key_values\.2\.key"):
        SlotDecoder(tmp_path, 1, 32)
    (tmp_path / CONFIG).write_text(config.replace('"head_size": 16', '"head_size": 8'))
    with pytest.raises(ModelInvalid, match="another shape"):
        SlotDecoder(tmp_path, 1, 32)
    (tmp_path / CONFIG).write_text(
        config.replace('"past_present_share_buffer": true', '"past_present_share_buffer": false')
    )
    with pytest.raises(ModelInvalid, match="fixed place"):
        SlotDecoder(tmp_path, 1, 32)
