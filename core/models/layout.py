"""Tokens of several texts laid end to end, and the grid attention sees them in: what the encoder graph takes."""

from collections.abc import Sequence

import numpy as np

Feed = dict[str, np.ndarray]


def feed(texts: Sequence[Sequence[int]]) -> Feed:
    """The inputs of the encoder graph (see `core.models.encoder_graph`) for token ids, one non-empty sequence a text."""
    lengths = np.fromiter((len(ids) for ids in texts), np.int32, len(texts))
    width = int(lengths.max())
    present = np.arange(width, dtype=np.int32) < lengths[:, None]
    owners, positions = np.nonzero(present)
    slots = np.zeros(present.shape, np.int32)
    slots[present] = tokens = np.arange(len(owners), dtype=np.int32)
    pool = np.zeros((len(texts), len(owners)), np.float32)
    pool[owners, tokens] = 1.0 / lengths[owners]
    return {
        "ids": np.fromiter((i for ids in texts for i in ids), np.int32, len(owners)),
        "positions": positions.astype(np.int32),
        "slots": slots,
        "present": present.astype(np.int32),
        "cells": np.flatnonzero(present).astype(np.int32),
        "pool": pool,
    }
