"""What is learnt along with the encoder: intents as directions among the sentence vectors, and the tagger of slots.

The tagger has the shape of `core.understanding.network` and reads what that one reads, so the encoder is tuned for it; the one
that is kept is fitted anew, over the built encoder, and does as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch  # pyright: ignore[reportMissingImports]
from torch.nn import functional as nn  # pyright: ignore[reportMissingImports]

from core.models.encoder import SIZE
from core.understanding.finetune.bert import Said
from core.understanding.finetune.examples import Example
from core.understanding.network import DROP_HIDDEN, DROP_INPUT, HIDDEN
from core.understanding.views import SHARPNESS


@dataclass(frozen=True)
class Targets:
    """What is right for a batch: `intents` (texts), `tags` (words), and of every word its text, the place of its first token,
    its facts (words, facts), and whether a word of the same text stands before and behind it (words, 1)."""

    intents: torch.Tensor
    tags: torch.Tensor
    owners: torch.Tensor
    places: torch.Tensor
    facts: torch.Tensor
    led: torch.Tensor
    followed: torch.Tensor


def targets(examples: Sequence[Example]) -> Targets:
    """The targets of a batch; those of words are empty where there are no slots."""
    counts = [len(one.first) for one in examples]
    places = [place for one in examples for place in one.first]
    return Targets(
        intents=torch.tensor([one.intent for one in examples]),
        tags=torch.tensor([tag for one in examples for tag in one.tags], dtype=torch.long),
        owners=torch.tensor([n for n, count in enumerate(counts) for _ in range(count)], dtype=torch.long),
        places=torch.tensor(places, dtype=torch.long),
        facts=torch.from_numpy(np.concatenate([one.facts for one in examples])),
        led=torch.tensor([[float(n > 0)] for count in counts for n in range(count)]),
        followed=torch.tensor([[float(n < count - 1)] for count in counts for n in range(count)]),
    )


def intent_scores(directions: torch.Tensor, said: Said) -> torch.Tensor:
    """(texts, intents): the cosines to the intents' directions (intents, 384), sharpened as among neighbours."""
    return SHARPNESS * nn.normalize(said.means, dim=1) @ nn.normalize(directions, dim=1).T


def contrast(means: torch.Tensor, intents: torch.Tensor) -> torch.Tensor:
    """How far sentences of one intent are from one another, compared with others (Khosla et al. 2020); 0 without a pair."""
    vectors = nn.normalize(means, dim=1)
    cosines = (SHARPNESS * vectors @ vectors.T).masked_fill(torch.eye(len(vectors), dtype=torch.bool), -1e4)
    same = (intents[:, None] == intents[None, :]).float().fill_diagonal_(0.0)
    near = (nn.log_softmax(cosines, dim=1) * same).sum(dim=1) / same.sum(dim=1).clamp(min=1.0)
    return -near.sum() / (same.sum(dim=1) > 0).sum().clamp(min=1)


def read_words(said: Said, right: Targets) -> torch.Tensor:
    """(words, 1920 + facts): what is said of each word and of its neighbours, zero where there is none, and what is known."""
    own = said.states[right.owners, right.places].float()
    last = own[:, -SIZE:]
    return torch.cat([own, last.roll(1, 0) * right.led, last.roll(-1, 0) * right.followed, right.facts], dim=1)


def new_tagger(width: int, tags: int, seed: int) -> dict[str, torch.Tensor]:
    """A tagger that has learnt nothing."""
    random = torch.Generator().manual_seed(seed)
    return {
        "inner": torch.randn(width, HIDDEN, generator=random) * (2 / width) ** 0.5,
        "inner_bias": torch.zeros(HIDDEN),
        "outer": torch.randn(HIDDEN, tags, generator=random) * (1 / HIDDEN) ** 0.5,
        "outer_bias": torch.zeros(tags),
    }


def tag_scores(tagger: Mapping[str, torch.Tensor], inputs: torch.Tensor, *, learning: bool) -> torch.Tensor:
    """(words, tags) of standardised inputs (words, width)."""
    x = nn.dropout(inputs, DROP_INPUT, learning)
    hidden = nn.relu(x @ tagger["inner"] + tagger["inner_bias"])
    return nn.dropout(hidden, DROP_HIDDEN, learning) @ tagger["outer"] + tagger["outer_bias"]
