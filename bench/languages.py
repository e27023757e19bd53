"""The skills in every language: what of the held-out paraphrases is understood, and how often the language is found."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from core.models.encoder import Encoder
from core.models.store import GRAPH, TOKENIZER
from core.skillbook import SkillBook
from core.understanding.meaning import Meaning, Query
from core.understanding.model import Model
from core.understanding.polyglot import Polyglot
from core.understanding.tongues import Tongues
from infra.models import encoder_folder, heads_folder
from infra.plugins import load_plugins

PARAPHRASES = Path(__file__).parents[1] / "tests" / "skills" / "paraphrases"
OUT_OF_SCOPE = "out_of_scope"


class Found(Struct, frozen=True):
    """Of one language, as shares: paraphrases understood when the language is known, the same with it found out (people who
    last used English), the language found without a hint, and sentences out of scope refused. `count` is of paraphrases."""

    language: str
    count: int
    understood: float
    found_out: float
    told: float
    refused: float


def measure() -> Iterator[Found]:
    """One language after the other."""
    book = SkillBook(load_plugins(home=None).skills)
    place = encoder_folder()
    encoder = Encoder(place / GRAPH, place / TOKENIZER, 2)
    languages = [one for one in book.languages() if (PARAPHRASES / one).is_dir()]
    models = {one: Model(next(heads_folder().glob(f"model-{one}-*")), place) for one in languages}
    tongues = Tongues({one: [row.text for rows in book.utterances(one).values() for row in rows] for one in languages})
    polyglot = Polyglot(models, tongues)
    for language in languages:
        said = paraphrases(language)
        outside = said.pop(OUT_OF_SCOPE)
        rows = [(intent, text) for intent, texts in said.items() for text in texts]
        texts = [text for _, text in rows]
        known = polyglot.understand([Query(text, language, sure=True) for text in texts], encoder)
        guessed = polyglot.understand([Query(text, "en") for text in texts], encoder)
        told = sum(next(iter(tongues.chances(text, ""))) == language for text in texts) / len(texts)
        refused = polyglot.understand([Query(text, language, sure=True) for text in outside], encoder)
        share = sum(one.intent is None for one in refused) / len(outside)
        yield Found(language, len(texts), _right(rows, known), _right(rows, guessed), told, share)


def paraphrases(language: str) -> dict[str, list[str]]:
    """The held-out sentences of a language, by intent."""
    found: dict[str, list[str]] = {}
    for path in sorted((PARAPHRASES / language).glob("*.toml")):
        found |= tomllib.loads(path.read_text("utf-8"))
    return found


def _right(rows: list[tuple[str, str]], meant: list[Meaning]) -> float:
    return sum(intent == one.intent for (intent, _), one in zip(rows, meant, strict=True)) / len(rows)
