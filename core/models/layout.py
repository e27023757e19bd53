"""Tokens of several texts laid end to end: what the encoder graph takes."""

from collections.abc import Sequence

import numpy as np

Feed = dict[str, np.ndarray]

_NEVER = np.float32(-1e30)
"""Added to a score, it makes the softmax exactly zero."""


def feed(texts: Sequence[Sequence[int]]) -> Feed:
    """The inputs `ids`, `positions`, `mask` and `pool` for token ids, one sequence a text, none of them empty."""
    lengths = np.fromiter((len(ids) for ids in texts), np.int64, len(texts))
    tokens = int(lengths.sum())
    owners = np.repeat(np.arange(len(texts)), lengths)
    starts = np.repeat(np.cumsum(lengths) - lengths, lengths)
    pool = np.zeros((len(texts), tokens), np.float32)
    pool[owners, np.arange(tokens)] = 1.0 / lengths[owners]
    return {
        "ids": np.concatenate([np.asarray(ids, np.int32) for ids in texts])[None],
        "positions": (np.arange(tokens) - starts).astype(np.int32)[None],
        "mask": np.where(owners[:, None] == owners, np.float32(0), _NEVER)[None, None],
        "pool": pool,
    }
