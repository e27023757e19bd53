"""Tunes the encoder to rows, epoch by epoch."""

from collections.abc import Callable, Iterator, Sequence
from random import Random

import torch  # pyright: ignore[reportMissingImports]

from core.models.tokenizer import WordPieces
from core.understanding.finetune import heads
from core.understanding.finetune.examples import Example, batches, example, labels_of, paired, some
from core.understanding.finetune.joint import Joint, Parameters, begin, in_parts
from core.understanding.finetune.noise import values, varied
from core.understanding.finetune.progress import Epoch
from core.understanding.finetune.settings import Settings
from core.understanding.finetune.steps import Steps
from core.understanding.rows import Row

ASKED = 512
"""Validation rows that are asked after each epoch."""


def tune(
    rows: Sequence[Row],
    validation: Sequence[Row],
    encoder: Parameters,
    tokenizer: WordPieces,
    settings: Settings,
    told: Callable[[Epoch], None],
) -> Joint:
    """Tune `encoder` in place to `rows`, all in scope. The best epoch by `validation` counts, the last one without any."""
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    course = _Course(rows, validation, encoder, tokenizer, settings)
    best, score, waited = course.joint.copy(), -1.0, 0
    for number in range(1, settings.epochs + 1):
        epoch = course.epoch(number)
        told(epoch)
        if epoch.frames is None or epoch.frames >= score:
            best, score, waited = course.joint.copy(), epoch.frames or 0.0, 0
        elif (waited := waited + 1) >= settings.patience:
            break
    course.joint.restore(best)
    return course.joint


class _Course:
    """Reads all rows, once an epoch, and asks some of the validation rows after it."""

    def __init__(
        self,
        rows: Sequence[Row],
        validation: Sequence[Row],
        encoder: Parameters,
        tokenizer: WordPieces,
        settings: Settings,
    ) -> None:
        self._rows, self._tokenizer, self._settings = rows, tokenizer, settings
        self._labels = labels_of(rows)
        self._random = Random(settings.seed)  # noqa: S311  # no secret is drawn
        self._lengths = [len(row.text) for row in rows]
        self._values = values(rows)
        known = [row for row in validation if row.intent in self._labels.intents]
        self._asked = [self._example(row, taught=False) for row in self._random.sample(known, min(len(known), ASKED))]
        sample = [self._example(row, taught=True) for row in some(rows, self._random)]
        self.joint = begin(encoder, sample, self._labels, settings)
        self._steps = Steps(self.joint, settings, settings.epochs * sum(1 for _ in self._batches()))

    def epoch(self, number: int) -> Epoch:
        """Learn from every row once."""
        losses = [self._steps.step([self._noisy(place) for place in places]) for places in self._batches()]
        return judged(self.joint, self._asked, Epoch(number, self._settings.epochs, sum(losses) / len(losses)))

    def _batches(self) -> Iterator[list[int]]:
        return batches(paired(self._rows, self._random), self._lengths, self._settings.batch, self._random)

    def _noisy(self, place: int) -> Example:
        row = varied(self._rows[place], self._values, self._settings.noise, self._settings.swaps, self._random)
        return self._example(row, taught=True)

    def _example(self, row: Row, *, taught: bool) -> Example:
        return example(row, self._labels, self._tokenizer, taught=taught)


def judged(joint: Joint, asked: Sequence[Example], epoch: Epoch) -> Epoch:
    """An epoch with its scores on validation."""
    if not asked:
        return epoch
    right = [_right(joint, part) for part in in_parts(asked)]
    intents, tags = (torch.cat(flags) for flags in zip(*right, strict=True))
    shares = [float(flags.float().mean()) for flags in (intents, tags, intents & tags)]
    return Epoch(epoch.number, epoch.of, epoch.loss, *shares)


def _right(joint: Joint, part: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor]:
    """Which texts have the right intent, and which the right tags."""
    with torch.no_grad():
        said, right = joint.read(part), heads.targets(part)
        intents = heads.intent_scores(joint.directions, said).argmax(dim=1) == right.intents
        tags = torch.ones_like(intents)
        if joint.tagger:
            wrong = joint.tag_scores(said, right, learning=False).argmax(dim=1) != right.tags
            tags[right.owners[wrong]] = False
    return intents, tags
