"""Moves what is learnt: the loss of a batch, AdamW (Loshchilov and Hutter 2019), and the rates of the layers over time."""

import re
from collections import defaultdict
from collections.abc import Sequence

import torch  # pyright: ignore[reportMissingImports]
from torch.nn import functional as nn  # pyright: ignore[reportMissingImports]

from core.models.weights import LAYERS
from core.understanding.finetune import heads
from core.understanding.finetune.examples import Example
from core.understanding.finetune.joint import Joint
from core.understanding.finetune.settings import Settings

LARGEST_SLOPE = 1.0
"""The length that the slope of all parameters together is cut to."""

_LAYER = re.compile(r"encoder\.layer\.(\d+)\.")


class Steps:
    """So many steps, `count`: rates rise, then fall to nothing."""

    def __init__(self, joint: Joint, settings: Settings, count: int) -> None:
        self._joint, self._settings = joint, settings
        self._learnt = list(joint.learnt().values())
        self._adam = torch.optim.AdamW(groups(joint, settings), foreach=True)
        rising = max(1, round(settings.warm_up * count))

        def share(done: int) -> float:
            return min((done + 1) / rising, max(0.0, (count - done) / max(1, count - rising)))

        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._adam, share)

    def step(self, examples: Sequence[Example]) -> float:
        """Learn from a batch; returns its loss."""
        value = loss(self._joint, examples, self._settings)
        self._adam.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(self._learnt, LARGEST_SLOPE)
        self._adam.step()
        self._schedule.step()
        return float(value.detach())


def loss(joint: Joint, examples: Sequence[Example], settings: Settings) -> torch.Tensor:
    """How wrong the intents and the tags of a batch are, and how far its sentences from others of their intent."""
    said, right = joint.read(examples, settings.dropout), heads.targets(examples)
    value = nn.cross_entropy(heads.intent_scores(joint.directions, said), right.intents)
    if settings.contrast:
        value = value + settings.contrast * heads.contrast(said.means, right.intents)
    if joint.tagger:
        value = value + settings.slots * nn.cross_entropy(joint.tag_scores(said, right, learning=True), right.tags)
    return value


def groups(joint: Joint, settings: Settings) -> list[dict[str, object]]:
    """The parameters by how fast they move; those of one dimension (biases, norms) do not decay."""
    found: defaultdict[tuple[float, float], list[torch.Tensor]] = defaultdict(list)
    for name, value in joint.learnt().items():
        value.requires_grad_(True)
        found[rate(name, settings), settings.decay if value.ndim > 1 else 0.0].append(value)
    return [{"params": values, "lr": speed, "weight_decay": decay} for (speed, decay), values in found.items()]


def rate(name: str, settings: Settings) -> float:
    """The largest step of a parameter: the further down in the encoder, the smaller."""
    if not name.startswith(("embeddings.", "encoder.")):
        return settings.heads_rate
    layer = _LAYER.match(name)
    below = LAYERS - 1 - int(layer[1]) if layer else LAYERS
    return settings.rate * settings.fade**below
