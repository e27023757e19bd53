"""The encoder in torch, to be tuned: what `core.models.encoder_graph` computes, with gradients.

Parameters keep the names and shapes of the checkpoint (see `core.models.weights`), so that what was tuned is saved as it is.
Nothing here is a module with a state: a function of parameters and texts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch  # pyright: ignore[reportMissingImports]
from safetensors.torch import load_file, save_file
from torch.nn import functional as nn  # pyright: ignore[reportMissingImports]

from core.models.encoder_graph import TAPPED
from core.models.weights import EPSILON, HEADS, HIDDEN, LAYERS, read_weights

Parameters = Mapping[str, torch.Tensor]


@dataclass(frozen=True)
class Batch:
    """Token ids (texts, width) and which of them are there (texts, width): 1 for a token, 0 behind the end of a text."""

    ids: torch.Tensor
    present: torch.Tensor


@dataclass(frozen=True)
class Said:
    """What the encoder says of a batch: `means` (texts, 384) over tokens, which divided by their length are the sentence
    vectors, and `states` (texts, width, 1152) of every token in the tapped layers."""

    means: torch.Tensor
    states: torch.Tensor


def load(path: Path) -> dict[str, torch.Tensor]:
    """The parameters of a checkpoint, by name; those that the encoder does not use are left out. Raises ModelInvalid."""
    read_weights(path)
    return {name: value for name, value in load_file(path).items() if _used(name)}


def _used(name: str) -> bool:
    """Whether the sentence vectors depend on the parameter of this name."""
    return name.startswith(("embeddings.", "encoder.")) and not name.endswith("position_ids")


def save(parameters: Parameters, path: Path) -> None:
    """Write a checkpoint that `core.models.weights.read_weights` reads."""
    save_file({name: value.detach().contiguous() for name, value in parameters.items()}, path)


def batch(texts: Sequence[Sequence[int]]) -> Batch:
    """Token ids of texts, padded to the longest."""
    width = max(map(len, texts))
    ids = torch.tensor([[*one, *[0] * (width - len(one))] for one in texts])
    present = torch.tensor([[1.0] * len(one) + [0.0] * (width - len(one)) for one in texts])
    return Batch(ids, present)


def encode(parameters: Parameters, texts: Batch, dropout: float = 0.0) -> Said:
    """Run the encoder. `dropout` is the share of channels that is dropped; 0 where nothing is learnt."""
    x = _embedded(parameters, texts.ids, dropout)
    mask = texts.present[:, None, None, :].bool()
    layers = {}
    for number in range(LAYERS):
        x = layers[number + 1] = _layer(parameters, f"encoder.layer.{number}", x, mask, dropout)
    share = texts.present / texts.present.sum(dim=1, keepdim=True)
    means = (layers[LAYERS].float() * share[:, :, None]).sum(dim=1)
    return Said(means, torch.cat([layers[number] for number in TAPPED], dim=2))


def _embedded(parameters: Parameters, ids: torch.Tensor, dropout: float) -> torch.Tensor:
    words = nn.embedding(ids, parameters["embeddings.word_embeddings.weight"])
    places = parameters["embeddings.position_embeddings.weight"][: ids.shape[1]]
    x = words + places + parameters["embeddings.token_type_embeddings.weight"][0]
    return nn.dropout(_norm(parameters, "embeddings.LayerNorm", x), dropout)


def _layer(parameters: Parameters, at: str, x: torch.Tensor, mask: torch.Tensor, dropout: float) -> torch.Tensor:
    """One transformer layer: attention and a GELU network, each added to its input and normalised."""
    context = _attention(parameters, f"{at}.attention.self", x, mask, dropout)
    added = nn.dropout(_dense(parameters, f"{at}.attention.output.dense", context), dropout)
    x = _norm(parameters, f"{at}.attention.output.LayerNorm", x + added)
    inner = nn.gelu(_dense(parameters, f"{at}.intermediate.dense", x))
    added = nn.dropout(_dense(parameters, f"{at}.output.dense", inner), dropout)
    return _norm(parameters, f"{at}.output.LayerNorm", x + added)


def _attention(parameters: Parameters, at: str, x: torch.Tensor, mask: torch.Tensor, dropout: float) -> torch.Tensor:
    texts, width, _ = x.shape
    query, key, value = (
        _dense(parameters, f"{at}.{name}", x).view(texts, width, HEADS, HIDDEN // HEADS).transpose(1, 2)
        for name in ("query", "key", "value")
    )
    context = nn.scaled_dot_product_attention(query, key, value, mask, dropout)
    return context.transpose(1, 2).reshape(texts, width, HIDDEN)


def _dense(parameters: Parameters, name: str, x: torch.Tensor) -> torch.Tensor:
    return nn.linear(x, parameters[f"{name}.weight"], parameters[f"{name}.bias"])


def _norm(parameters: Parameters, name: str, x: torch.Tensor) -> torch.Tensor:
    gain, shift = parameters[f"{name}.weight"], parameters[f"{name}.bias"]
    return nn.layer_norm(x, (HIDDEN,), gain, shift, EPSILON)
