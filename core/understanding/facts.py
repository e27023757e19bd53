"""What is stored beside the graphs of a model: labels, thresholds, words; and the card that says where they come from."""

from msgspec import Struct

from core.understanding.lexical import Lexicon
from core.understanding.tokens import Phrases

FORMAT = 1
"""Of the folder; another one is refused."""


class Tagger(Struct, frozen=True, forbid_unknown_fields=True):
    """How words are tagged: all tags, the numbers of those that each intent may have, values known from training, and what is
    added where one tag follows another (see `tags.habits`)."""

    tags: tuple[str, ...]
    allowed: tuple[tuple[int, ...], ...]
    phrases: Phrases
    habits: tuple[tuple[float, ...], ...]


class Labels(Struct, frozen=True, forbid_unknown_fields=True):
    """Intents in the order of the graph's output, the out-of-scope score from which on nothing is taken as meant, and the
    tagger where there are slots."""

    intents: tuple[str, ...]
    threshold: float
    tagger: Tagger | None = None


class Lexical(Struct, frozen=True, forbid_unknown_fields=True):
    """The grams that the heads know, and how often each word was said in training (for spelling)."""

    lexicon: Lexicon
    said: dict[str, int]


class Source(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of data that a model was made with: its name, its hash (SHA-256) and how many rows it holds."""

    name: str
    sha256: str
    rows: int


class Card(Struct, frozen=True, forbid_unknown_fields=True):
    """`model.json`: what the model is, what it was made from, how well it did, and the hashes of its files.

    `id` names this very model; `encoder` is the version of the encoder whose readings it takes. `scores` are shares, 0 to 1:
    in cross-validation (`cv_…`) and, where a validation set was given, on it (`val_…`).
    """

    format: int
    id: str
    language: str
    encoder: str
    finetuned: bool
    intents: int
    slots: int
    data: tuple[Source, ...]
    scores: dict[str, float]
    hashes: dict[str, str]
