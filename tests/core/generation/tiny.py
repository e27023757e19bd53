"""A GGUF file of a tiny random llama with SmolLM's kind of tokenizer: what a converter reads, a few kilobytes long."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import pre_tokenizers

LAYERS, HIDDEN, INNER, HEADS, KV_HEADS, CONTEXT = 2, 64, 96, 4, 2, 192
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MERGES = ["t h", "Ġ t", "h e", "i n", "e r", "Ġt he", "ð Ł"]
WORDS = [*SPECIAL, *sorted(pre_tokenizers.ByteLevel.alphabet()), *(merge.replace(" ", "") for merge in MERGES)]
TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
_ALIGNMENT = 32
_FLOAT32, _Q4_1, _Q8_0 = 0, 3, 8


def write_tiny(path: Path, seed: int = 0, **changed: Any) -> None:
    """Write the file. `changed` replaces fields, `__` standing for a dot."""
    fields = {**_fields(), **{name.replace("__", "."): value for name, value in changed.items()}}
    tensors = _tensors(np.random.default_rng(seed))
    body, table = b"", b""
    for name, (shape, kind, data) in tensors.items():
        table += _text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *reversed(shape))
        table += struct.pack("<IQ", kind, len(body))
        body += data + b"\0" * (-len(data) % _ALIGNMENT)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(fields))
    head += b"".join(_text(name) + _value(value) for name, value in fields.items()) + table
    path.write_bytes(head + b"\0" * (-len(head) % _ALIGNMENT) + body)


def _fields() -> dict[str, Any]:
    return {
        "general.architecture": "llama",
        "llama.block_count": LAYERS,
        "llama.context_length": CONTEXT,
        "llama.embedding_length": HIDDEN,
        "llama.feed_forward_length": INNER,
        "llama.attention.head_count": HEADS,
        "llama.attention.head_count_kv": KV_HEADS,
        "llama.rope.freq_base": 10000.0,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.vocab_size": len(WORDS),
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "smollm",
        "tokenizer.ggml.tokens": WORDS,
        "tokenizer.ggml.token_type": [3] * len(SPECIAL) + [1] * (len(WORDS) - len(SPECIAL)),
        "tokenizer.ggml.merges": MERGES,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.padding_token_id": 2,
        "tokenizer.chat_template": TEMPLATE,
    }


_Tensor = tuple[tuple[int, ...], int, bytes]


def _tensors(random: np.random.Generator) -> dict[str, _Tensor]:
    kv = HIDDEN // HEADS * KV_HEADS
    shapes = {
        "attn_q": (HIDDEN, HIDDEN),
        "attn_k": (kv, HIDDEN),
        "attn_v": (kv, HIDDEN),
        "attn_output": (HIDDEN, HIDDEN),
        "ffn_gate": (INNER, HIDDEN),
        "ffn_up": (INNER, HIDDEN),
        "ffn_down": (HIDDEN, INNER),
    }
    found = {"token_embd.weight": _eight_bits(random, len(WORDS), HIDDEN), "output_norm.weight": _gain(random)}
    for layer in range(LAYERS):
        found |= {f"blk.{layer}.{name}.weight": _four_bits(random, *shape) for name, shape in shapes.items()}
        found |= {f"blk.{layer}.{name}.weight": _gain(random) for name in ("attn_norm", "ffn_norm")}
    return found


def _gain(random: np.random.Generator) -> _Tensor:
    return (HIDDEN,), _FLOAT32, random.uniform(0.5, 1.5, HIDDEN).astype("<f4").tobytes()


def _four_bits(random: np.random.Generator, rows: int, columns: int) -> _Tensor:
    blocks = rows * columns // 32
    scales = random.uniform(0.02, 0.06, (blocks, 1)).astype("<f2")
    raw = [scales.view(np.uint8), (scales * random.uniform(-9, -6, (blocks, 1))).astype("<f2").view(np.uint8)]
    codes = random.integers(0, 256, (blocks, 16), np.uint8)
    return (rows, columns), _Q4_1, np.concatenate([*raw, codes], 1).tobytes()


def _eight_bits(random: np.random.Generator, rows: int, columns: int) -> _Tensor:
    blocks = rows * columns // 32
    scales = random.uniform(0.001, 0.006, (blocks, 1)).astype("<f2").view(np.uint8)
    return (
        (rows, columns),
        _Q8_0,
        np.concatenate([scales, random.integers(0, 256, (blocks, 32), np.uint8)], 1).tobytes(),
    )


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _value(value: Any) -> bytes:
    match value:
        case str():
            return struct.pack("<I", 8) + _text(value)
        case int():
            return struct.pack("<II", 4, value)
        case float():
            return struct.pack("<If", 6, value)
        case [str(), *_]:
            return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(_text(one) for one in value)
        case _:
            return struct.pack("<IIQ", 9, 5, len(value)) + struct.pack(f"<{len(value)}i", *value)
