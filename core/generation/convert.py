"""Makes a model folder of a GGUF file: graph, tokenizer, chat template, configuration. Needs `onnx`; what serves needs it not."""

from pathlib import Path
from typing import Any

import msgspec
import onnx
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from core.generation.gguf import Gguf
from core.generation.half import halved
from core.generation.layout import CONFIG, TEMPLATE, TOKENIZER, TOKENIZER_CONFIG
from core.generation.llama_graph import LlamaShape, llama_graph, llama_shape
from shared.errors import ModelInvalid

GRAPH = "model.onnx"
WEIGHTS = "model.onnx.data"
_CONTROL = 3  # the kind of a token that is not text
_MOST_GRAPH_BYTES = 1024  # larger tensors lie apart from the graph, and are mapped


def convert(source: Path, folder: Path, *, exact: bool = False, half: bool = False) -> None:
    """Write the model of a GGUF file into an empty folder. No weight is rounded. Raises ModelInvalid.

    `exact`: see `llama_graph`. `half`: see `halved`; for GPUs, and slow elsewhere.
    """
    gguf = Gguf(source)
    model = llama_graph(gguf, exact=exact or half)  # rounded inputs in float16 come out wrong on CPUs; GPUs round none
    if half:
        model = halved(model)
    onnx.save_model(
        model,
        str(folder / GRAPH),
        save_as_external_data=True,
        location=WEIGHTS,
        size_threshold=_MOST_GRAPH_BYTES,
    )
    (folder / WEIGHTS).chmod(0o644)  # onnx makes it readable to nobody else
    _tokenizer(gguf).save(str(folder / TOKENIZER))
    (folder / TEMPLATE).write_text(gguf.field("tokenizer.chat_template"), "utf-8")
    _write(folder / TOKENIZER_CONFIG, _tokenizer_config(gguf))
    _write(folder / CONFIG, _config(gguf, llama_shape(gguf)))


def _tokenizer(gguf: Gguf) -> Tokenizer:
    """Byte-level BPE with digits apart, as SmolLM was trained with (llama.cpp's pre-tokenizer "smollm")."""
    if (gguf.field("tokenizer.ggml.model"), gguf.field("tokenizer.ggml.pre")) != ("gpt2", "smollm"):
        raise ModelInvalid("only tokenizers of SmolLM's kind are converted")
    words = gguf.field("tokenizer.ggml.tokens")
    merges = [tuple(merge.split(" ")) for merge in gguf.field("tokenizer.ggml.merges")]
    tokenizer = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    kinds = gguf.field("tokenizer.ggml.token_type")
    control = [word for word, kind in zip(words, kinds, strict=True) if kind == _CONTROL]
    tokenizer.add_special_tokens([AddedToken(word, special=True, normalized=False) for word in control])
    return tokenizer


def _tokenizer_config(gguf: Gguf) -> dict[str, Any]:
    words = gguf.field("tokenizer.ggml.tokens")
    return {
        "bos_token": words[gguf.field("tokenizer.ggml.bos_token_id")],
        "eos_token": words[gguf.field("tokenizer.ggml.eos_token_id")],
        "chat_template": gguf.field("tokenizer.chat_template"),
        "model_max_length": gguf.field("llama.context_length"),
        "tokenizer_class": "PreTrainedTokenizerFast",
    }


def _config(gguf: Gguf, shape: LlamaShape) -> dict[str, Any]:
    past = {f"past_{one}_names": f"past_key_values.%d.{one}" for one in ("key", "value")}
    present = {f"present_{one}_names": f"present.%d.{one}" for one in ("key", "value")}
    return {
        "model": {
            "type": "llama",
            "bos_token_id": gguf.field("tokenizer.ggml.bos_token_id"),
            "eos_token_id": gguf.field("tokenizer.ggml.eos_token_id"),
            "pad_token_id": gguf.field("tokenizer.ggml.padding_token_id"),
            "context_length": shape.context,
            "vocab_size": shape.vocabulary,
            "decoder": {
                "session_options": {"log_id": "onnxruntime-genai", "provider_options": []},
                "filename": GRAPH,
                "head_size": shape.head,
                "hidden_size": shape.hidden,
                "num_attention_heads": shape.heads,
                "num_hidden_layers": shape.layers,
                "num_key_value_heads": shape.kv_heads,
                "inputs": {"input_ids": "input_ids", "attention_mask": "attention_mask", **past},
                "outputs": {"logits": "logits", **present},
            },
        },
        "search": {"do_sample": False, "max_length": shape.context, "past_present_share_buffer": True},
    }


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(content)) + b"\n")
