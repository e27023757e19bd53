"""The tuned tagger as the network that reads the built encoder, in place of one fitted to rows the encoder knows by heart."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch  # pyright: ignore[reportMissingImports]

from core.models.encoder import SIZE, STATES, Encoder
from core.understanding.finetune import bert
from core.understanding.finetune.joint import Joint
from core.understanding.network import Network

FIRST, LAST = 5, 6
"""Columns among the shapes of a word (`core.understanding.tokens`) that say it is the first or the last of its text."""

Floats = npt.NDArray[np.float32]


def shift(joint: Joint, encoder: Encoder, texts: Sequence[str]) -> Floats:
    """How far the states of the built encoder lie from those in torch (1152): a constant for each channel that its graph carries
    along, and what rounding to eight bits adds."""
    readings = encoder.read(texts)
    with torch.no_grad():
        states = bert.encode(joint.encoder, bert.batch([one.words.ids for one in readings])).states.numpy()
    apart = [one.states - states[n][one.words.first] for n, one in enumerate(readings)]
    return np.asarray(np.concatenate(apart).mean(axis=0), np.float32)


def network(joint: Joint, apart: Floats) -> Network:
    """The tagger with its standardisation folded in, for states that lie `apart` (1152, see `shift`) from those in torch."""
    tagger = {name: value.detach().numpy() for name, value in joint.tagger.items()}
    inner = tagger["inner"] / joint.spread.numpy()[:, None]
    bias = tagger["inner_bias"] - joint.centre.numpy() @ inner
    own, before, behind = np.split(inner[: STATES + 2 * SIZE], [STATES, STATES + SIZE])
    last = apart[-SIZE:]
    bias = bias - apart @ own - last @ before - last @ behind
    shapes = STATES + 2 * SIZE + len(joint.directions)
    inner[shapes + FIRST] += last @ before  # nothing stands before, and nothing is not shifted
    inner[shapes + LAST] += last @ behind
    return Network(inner, bias, tagger["outer"], tagger["outer_bias"])
