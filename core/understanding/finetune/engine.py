"""Fine-tunes the packaged encoder for one set of rows, and builds it as every encoder is built: no graph is exported from torch.

Needs torch, the extra `train`. The heads are fitted afterwards over the tuned encoder, by `core.understanding.train`.
"""

import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from core.models.build import build
from core.models.tokenizer import WordPieces
from core.understanding.finetune.progress import Epoch
from core.understanding.finetune.settings import Settings, suited
from core.understanding.rows import OUTSIDE, Row
from core.understanding.words import readable
from shared.errors import DataInvalid, ModelInvalid


def finetune(
    rows: Sequence[Row],
    validation: Sequence[Row],
    weights: Path,
    tokenizer: Path,
    out: Path,
    settings: Settings | None = None,
    told: Callable[[Epoch], None] = lambda epoch: None,
) -> Path:
    """Tune the checkpoint `weights` to the intents and slots of `rows`; build the encoder in the folder `out`, which is returned.

    The version in its manifest comes from the hash of the tuned weights. `validation` tells which epoch was the best, and when
    to stop; `told` hears of each. Rows out of scope are not learnt from: what the heads are told about them must not be known
    already. The same rows on the same machine give the same encoder.

    Raises ModelInvalid (torch is missing, or the checkpoint is not this encoder's), DataInvalid (neither two intents nor slots).
    """
    inside = learnt(rows)
    settings = settings or suited(inside)
    require_torch()
    from core.understanding.finetune import bert, loop  # torch takes seconds to load, and is seldom there

    joint = loop.tune(inside, validation, bert.load(weights), WordPieces(tokenizer), settings, told)
    with tempfile.TemporaryDirectory(prefix="nexus-") as folder:
        checkpoint = Path(folder) / "tuned.safetensors"
        bert.save(joint.encoder, checkpoint)
        build(checkpoint, tokenizer, out, settings.precision)
    return out


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
