"""Fine-tunes the packaged encoder for one set of rows, and builds it as every encoder is built: no graph is exported from torch.

Needs torch, the extra `train`. The heads are fitted afterwards over the tuned encoder, by `core.understanding.train`.
"""

import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from msgspec import Struct

from core.models.build import build
from core.models.encoder import Encoder
from core.models.store import GRAPH, TOKENIZER
from core.models.tokenizer import WordPieces
from core.understanding.finetune.progress import Epoch
from core.understanding.finetune.settings import Settings, suited
from core.understanding.network import Network
from core.understanding.rows import OUTSIDE, Row
from core.understanding.words import readable
from shared.errors import DataInvalid, ModelInvalid

MEASURED = 128
"""Texts on which the built encoder is compared with the one in torch."""


class Tuned(Struct, frozen=True):
    """What came of a tuning: the folder of the encoder, and the tagger that was tuned with it, None where there are no slots.

    The tagger takes `tokens.features` of that encoder's readings and gives the tags that `fit_tagger` has for the same rows. It
    is better than one fitted anew: over rows that the encoder knows by heart that one learns to trust it too much.
    """

    encoder: Path
    tagger: Network | None


def tune(
    rows: Sequence[Row],
    validation: Sequence[Row],
    weights: Path,
    tokenizer: Path,
    out: Path,
    settings: Settings | None = None,
    told: Callable[[Epoch], None] = lambda epoch: None,
) -> Tuned:
    """Tune the checkpoint `weights` to the intents and slots of `rows`, and build the encoder in the folder `out`.

    The version in its manifest comes from the hash of the tuned weights. `validation` tells which epoch was the best, and when
    to stop; `told` hears of each. Rows out of scope are not learnt from: what the heads are told about them must not be known
    already. The same rows on the same machine give the same encoder.

    Raises ModelInvalid (torch is missing, or the checkpoint is not this encoder's), DataInvalid (neither two intents nor slots).
    """
    inside = learnt(rows)
    settings = settings or suited(inside)
    require_torch()
    from core.understanding.finetune import bert, handover, loop  # torch takes seconds to load, and is seldom there

    joint = loop.tune(inside, validation, bert.load(weights), WordPieces(tokenizer), settings, told)
    with tempfile.TemporaryDirectory(prefix="nexus-") as folder:
        checkpoint = Path(folder) / "tuned.safetensors"
        bert.save(joint.encoder, checkpoint)
        build(checkpoint, tokenizer, out, settings.precision)
    encoder = Encoder(out / GRAPH, out / TOKENIZER, settings.threads)
    texts = [row.text for row in inside[:MEASURED]]
    return Tuned(out, handover.network(joint, handover.shift(joint, encoder, texts)) if joint.tagger else None)


def finetune(
    rows: Sequence[Row],
    validation: Sequence[Row],
    weights: Path,
    tokenizer: Path,
    out: Path,
    settings: Settings | None = None,
    told: Callable[[Epoch], None] = lambda epoch: None,
) -> Path:
    """`tune` for those who fit a tagger of their own: the folder of the encoder."""
    return tune(rows, validation, weights, tokenizer, out, settings, told).encoder


def learnt(rows: Sequence[Row]) -> list[Row]:
    """What is learnt from: rows in scope, and the names of the intents, which say what they are for. Raises DataInvalid."""
    inside = [row for row in rows if row.intent != OUTSIDE]
    intents = sorted({row.intent for row in inside})
    if not intents or (len(intents) == 1 and not any(row.slots for row in inside)):
        raise DataInvalid("an encoder is tuned to two intents or more, or to slots, and the training data have neither")
    return [*inside, *(Row(" ".join(readable(intent)) or intent, intent) for intent in intents)]


def require_torch() -> None:
    """Raise ModelInvalid with what to do where torch is not installed."""
    if find_spec("torch") is None:
        raise ModelInvalid("fine-tuning needs torch, which is not installed: pip install 'nexus-gateway[train]'")
