"""The trained heads at work: sentence vectors in, meaning out."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from core.models.encoder import Vectors
from core.models.sessions import open_session, run
from shared.errors import ModelInvalid
from shared.turn import Ranked, Understanding

LONGEST = 2000
"""Characters; whatever is longer is a document, not something said to an assistant."""


class Facts(Struct, frozen=True, forbid_unknown_fields=True):
    """What is stored with the heads: intents in the order of the outputs, the out-of-scope score from which on nothing is
    taken as meant, and accuracy and area under the ROC curve in cross-validation."""

    labels: tuple[str, ...]
    threshold: float
    accuracy: float
    auroc: float


class Heads:
    """The heads of one language. Blocking, and not for several threads at once."""

    def __init__(self, path: Path) -> None:
        """Load heads written by `core.understanding.train`. Raises ModelInvalid."""
        self._session = open_session(path)
        facts = self._session.get_modelmeta().custom_metadata_map.get("facts", "")
        try:
            self.facts = msgspec.json.decode(facts, type=Facts)
        except msgspec.DecodeError as error:
            raise ModelInvalid(f"{path.name} holds no heads: {error}") from error

    def interpret(self, texts: Sequence[str], vectors: Vectors) -> list[Understanding]:
        """The meaning of each text, given its vector. The scores of a ranking and the out-of-scope score add up to 1."""
        probabilities, outside = run(self._session, ["probabilities", "out_of_scope"], {"vectors": vectors})
        return [
            self._understanding(row, float(score)) if _sayable(text) else self._understanding(row, 1.0)
            for text, row, score in zip(texts, probabilities, outside[:, 0], strict=True)
        ]

    def _understanding(self, probabilities: np.ndarray, outside: float) -> Understanding:
        scores = (probabilities.astype(np.float64) * (1.0 - outside)).tolist()
        order = np.argsort(-probabilities, kind="stable").tolist()
        ranking = tuple(Ranked(self.facts.labels[i], scores[i]) for i in order)
        intent = ranking[0].intent if outside < self.facts.threshold else None
        return Understanding(intent, ranking[0].score, oos_score=outside, ranking=ranking)


def _sayable(text: str) -> bool:
    """Whether this can mean anything: two letters or digits at least, and not a document."""
    return len(text) <= LONGEST and sum(map(str.isalnum, text)) >= 2
