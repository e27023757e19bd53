"""All that is tuned together, and how it begins: the encoder as it was, intents at the means of their sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch  # pyright: ignore[reportMissingImports]
from torch.nn import functional as nn  # pyright: ignore[reportMissingImports]

from core.models.encoder import SIZE
from core.understanding.finetune import bert, heads
from core.understanding.finetune.examples import Example, Labels
from core.understanding.finetune.settings import Settings

WORDS = "embeddings.word_embeddings.weight"
"""Not tuned: words that the rows do not say would stay behind. It is half of all parameters."""

TOGETHER = 64
"""Texts read at once where nothing is learnt."""

_LEAST_SPREAD = 1e-2

Parameters = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Joint:
    """The encoder's parameters, the intents' directions (intents, 384), and the tagger with what its inputs are standardised by;
    these three are empty where there are no slots. `half`: products are computed in bfloat16."""

    encoder: Parameters
    directions: torch.Tensor
    tagger: Parameters
    centre: torch.Tensor
    spread: torch.Tensor
    half: bool

    def read(self, examples: Sequence[Example], dropout: float = 0.0) -> bert.Said:
        """What the encoder says of the texts."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            return bert.encode(self.encoder, bert.batch([one.ids for one in examples]), dropout)

    def tag_scores(self, said: bert.Said, right: heads.Targets, *, learning: bool) -> torch.Tensor:
        """(words, tags)."""
        inputs = (heads.read_words(said, right) - self.centre) / self.spread
        return heads.tag_scores(self.tagger, inputs, learning=learning)

    def learnt(self) -> Parameters:
        """Everything that changes, by name."""
        tuned = {name: value for name, value in self.encoder.items() if name != WORDS}
        tagger = {f"tagger.{name}": value for name, value in self.tagger.items()}
        return {**tuned, **tagger, "directions": self.directions}

    def copy(self) -> Parameters:
        """Everything that changes, as it is now."""
        return {name: value.detach().clone() for name, value in self.learnt().items()}

    def restore(self, copy: Parameters) -> None:
        """Make it what it was."""
        with torch.no_grad():
            for name, value in self.learnt().items():
                value.copy_(copy[name])


def begin(encoder: Parameters, examples: Sequence[Example], labels: Labels, settings: Settings) -> Joint:
    """What is tuned, before it is. `examples`: some of every intent."""
    empty = torch.zeros(0)
    joint = Joint(encoder, torch.zeros(len(labels.intents), SIZE), {}, empty, empty, _half(settings))
    inputs = []
    with torch.no_grad():
        for part in in_parts(examples):
            said, right = joint.read(part), heads.targets(part)
            joint.directions.index_add_(0, right.intents, nn.normalize(said.means, dim=1))
            inputs.append(heads.read_words(said, right) if labels.tags else empty)
    if not labels.tags:
        return joint
    known = torch.cat(inputs)
    tagger = heads.new_tagger(known.shape[1], len(labels.tags), settings.seed)
    return replace(joint, tagger=tagger, centre=known.mean(dim=0), spread=known.std(dim=0) + _LEAST_SPREAD)


def in_parts(examples: Sequence[Example]) -> Iterator[Sequence[Example]]:
    """Some at a time, those of like length together."""
    ordered = sorted(examples, key=lambda one: len(one.ids))
    return (ordered[start : start + TOGETHER] for start in range(0, len(ordered), TOGETHER))


def _half(settings: Settings) -> bool:
    """Whether products are computed in bfloat16."""
    if settings.half is not None:
        return settings.half
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))
