"""The folder of a decoder-only model in the layout of onnxruntime-genai's builder, and what its genai_config.json says."""

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from shared.errors import ModelInvalid

CONFIG = "genai_config.json"
TOKENIZER = "tokenizer.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
TEMPLATE = "chat_template.jinja"
MOST_BYTES = 64 * 1024 * 1024
"""Of a file that is read whole: settings, template, tokenizer."""


class _Inputs(Struct):
    input_ids: str = "input_ids"
    attention_mask: str = "attention_mask"
    position_ids: str = "position_ids"
    past_key_names: str = "past_key_values.%d.key"
    past_value_names: str = "past_key_values.%d.value"


class _Outputs(Struct):
    logits: str = "logits"
    present_key_names: str = "present.%d.key"
    present_value_names: str = "present.%d.value"


class Decoder(Struct):
    """The graph: its file, its measures, and how its inputs and outputs are called."""

    filename: str
    head_size: int
    num_hidden_layers: int
    num_key_value_heads: int
    inputs: _Inputs = field(default_factory=_Inputs)
    outputs: _Outputs = field(default_factory=_Outputs)
    sliding_window: dict[str, Any] | None = None


class _Model(Struct):
    context_length: int
    vocab_size: int
    decoder: Decoder
    type: str = ""
    bos_token_id: int | list[int] | None = None
    eos_token_id: int | list[int] | None = None


class _Search(Struct):
    past_present_share_buffer: bool = False


class Config(Struct):
    """genai_config.json, as far as it is used."""

    model: _Model
    search: _Search = field(default_factory=_Search)

    @property
    def ends(self) -> frozenset[int]:
        """The tokens that end an answer."""
        found = self.model.eos_token_id
        return frozenset([found] if isinstance(found, int) else found or [])


def read_config(folder: Path) -> Config:
    """The configuration of a model folder. Raises ModelInvalid, saying what is missing or not supported."""
    path = folder / CONFIG
    try:
        config = msgspec.json.decode(read_bounded(path), type=Config)
    except msgspec.DecodeError as error:
        raise ModelInvalid(f"{path} is no configuration of a decoder-only model: {error}") from error
    decoder = config.model.decoder
    if Path(decoder.filename).name != decoder.filename:
        raise ModelInvalid(f"{path} names a graph outside its folder")
    for name in (decoder.filename, TOKENIZER):
        if not (folder / name).is_file():
            raise ModelInvalid(f"{folder} holds no {name}: a model is {CONFIG}, its graph and {TOKENIZER} side by side")
    if not config.search.past_present_share_buffer or decoder.sliding_window is not None:
        raise ModelInvalid(
            f"{path}: this graph does not keep its cache in a fixed place (past_present_share_buffer, no sliding window), "
            "so streams cannot share it. Build it again with onnxruntime-genai's builder in a precision that uses "
            "GroupQueryAttention (on CPU: int4 or fp32)"
        )
    if not config.ends:
        raise ModelInvalid(f"{path} does not say which token ends an answer (eos_token_id)")
    return config


def read_bounded(path: Path) -> bytes:
    """A small file. Raises ModelInvalid where it cannot be read, or is not small."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ModelInvalid(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise ModelInvalid(f"{path} is larger than {MOST_BYTES} bytes")
    return content
