"""Sentences of different intents that lie so close that a model may take one for the other."""

import os
from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct

from core.models.encoder import Encoder
from core.models.store import GRAPH, TOKENIZER
from core.skillbook import LoadedSkill, SkillBook
from infra.models import encoder_folder

CLOSE = 0.85
"""The cosine from which two intents are told of. A "please" more or less leaves about 0.9, a free paraphrase 0.75 to 0.9; of the
skills that come with NEXUS ten pairs of intents come as close, such as "what day …" and "what time is it in Auckland" (0.90)."""


class Close(Struct, frozen=True):
    """The two most alike sentences of two intents, and their cosine."""

    cosine: float
    intent: str
    text: str
    other: str
    other_text: str


def close_pairs(skills: Sequence[LoadedSkill], name: str) -> list[Close]:
    """For each pair of intents, one of them the skill's called `name`, its closest sentences from CLOSE on; nearest first.

    Languages are looked at one by one, those that the skill speaks. Raises ModelInvalid where no encoder is.
    """
    book, folder = SkillBook(skills), encoder_folder()
    encoder = Encoder(folder / GRAPH, folder / TOKENIZER, threads=os.cpu_count() or 1)
    found: dict[tuple[str, str], Close] = {}
    for language in book.languages():
        rows = [(intent, row.text) for intent, rows in book.utterances(language).items() for row in rows]
        ours = [number for number, (intent, _) in enumerate(rows) if _owner(book, intent) == name]
        for pair in _pairs(encoder, rows, ours) if ours else ():
            key = (min(pair.intent, pair.other), max(pair.intent, pair.other))
            if key not in found or pair.cosine > found[key].cosine:
                found[key] = pair
    return sorted(found.values(), key=lambda pair: -pair.cosine)


def _owner(book: SkillBook, intent: str) -> str:
    skill = book.of(intent)
    return skill.manifest.name if skill else ""


def _pairs(encoder: Encoder, rows: Sequence[tuple[str, str]], ours: Sequence[int]) -> Iterator[Close]:
    vectors = encoder.encode([text for _, text in rows])
    cosines = vectors[list(ours)] @ vectors.T
    for place, number in np.argwhere(cosines >= CLOSE):
        (intent, text), (other, other_text) = rows[ours[place]], rows[number]
        if intent != other:
            yield Close(float(cosines[place, number]), intent, text, other, other_text)
