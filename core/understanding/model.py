"""A trained model at work: texts in, meaning out."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np

from core.models.encoder import Reading
from core.models.sessions import open_session, run
from core.models.store import TOKENIZER
from core.models.tokenizer import WordPieces
from core.understanding.clauses import clauses
from core.understanding.facts import Card, Labels, Lexical
from core.understanding.folder import HEADS, LABELS, LEXICON, TAGGER, read_card, read_part
from core.understanding.lexical import bags
from core.understanding.meaning import Meaning, Part
from core.understanding.rows import Slot
from core.understanding.spelling import Mended, Speller, general_words
from core.understanding.tags import Floats, likeliest, stretches, transitions
from core.understanding.tokens import features
from shared.errors import ModelInvalid
from shared.turn import Ranked

LONGEST = 2000
"""Characters; whatever is longer is a document, not something said to an assistant."""

SURE = 0.8
"""The least chance of every clause's intent where a sentence is taken for several."""

_NEVER = np.float32(-1e4)


class Reader(Protocol):
    """What reads texts (`core.models.encoder.Encoder`)."""

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """All that there is to know of each text."""
        ...


class Model:
    """The model of one language. Blocking, and not for several threads at once."""

    def __init__(self, folder: Path, encoder: Path) -> None:
        """Load the model in `folder`, to read with the encoder in the folder `encoder`. Raises ModelInvalid."""
        self.card: Card = read_card(folder)
        self.labels = read_part(folder, LABELS, Labels)
        lexical = read_part(folder, LEXICON, Lexical)
        self._index, self._idf = lexical.lexicon.index(), lexical.lexicon.idf
        vocabulary = WordPieces(encoder / TOKENIZER).vocabulary()
        self._speller = Speller(lexical.said, partial(general_words, vocabulary, self.card.language))
        self._heads = open_session(folder / HEADS)
        self._tagger = None if self.labels.tagger is None else _Tagger(folder / TAGGER, self.labels)

    def understand(self, texts: Sequence[str], reader: Reader) -> list[Meaning]:
        """The meaning of each clean text, and of its clauses where it says several things."""
        ways = [clauses(text, self.card.language) if _sayable(text) else [] for text in texts]
        spans = [(text, span) for text, found in zip(texts, ways, strict=True) for way in found for span in way]
        asked = [*texts, *(text[start:end] for text, (start, end) in spans)]
        meanings = self.read(asked, reader)
        clause = iter(meanings[len(texts) :])
        told = [[[Part(*span, next(clause)) for span in way] for way in found] for found in ways]
        return [self._whole(one, parts) for one, parts in zip(meanings, told, strict=False)]

    def read(self, texts: Sequence[str], reader: Reader) -> list[Meaning]:
        """The meaning of each clean text, taken as one."""
        mended = [self.prepare(text) for text in texts]
        return self.interpret(texts, mended, reader.read([one.text for one in mended]))

    def _whole(self, meaning: Meaning, ways: Sequence[Sequence[Part]]) -> Meaning:
        """`meaning` with the parts of the first way to cut it in which every clause is surely meant by itself.

        A slot that goes over a seam ("remember that Ann likes tea and cake") speaks against cutting there, and so does a clause
        that lacks what the whole has ("remember this, the code is 5120").
        """
        for way in ways:
            seams = [(one.end, other.start) for one, other in pairwise(way)]
            whole = any(slot.start < end and slot.end > start for slot in meaning.slots for start, end in seams)
            lacking = meaning.slots and any(
                part.meaning.intent == meaning.intent and not part.meaning.slots for part in way
            )
            if not whole and not lacking and all(self._is_sure(part.meaning) for part in way):
                return msgspec.structs.replace(meaning, parts=tuple(way))
        return meaning

    def _is_sure(self, meaning: Meaning) -> bool:
        return meaning.intent is not None and meaning.score * (1.0 - meaning.oos_score) >= SURE

    def prepare(self, text: str) -> Mended:
        """The text as the encoder shall read it: its misspelt words mended."""
        return self._speller.mended(text) if _sayable(text) else Mended(text)

    def interpret(self, texts: Sequence[str], mended: Sequence[Mended], readings: Sequence[Reading]) -> list[Meaning]:
        """The meaning of each text, given what `prepare` made of it and what the encoder read there."""
        known = bags([one.text if _sayable(one.text) else "" for one in mended], self._index, self._idf)
        inputs = {
            "vectors": np.stack([one.vector for one in readings]),
            "streams": np.stack([one.stream for one in readings]),
            "grams": known.ids,
            "weights": known.weights,
        }
        probabilities, outside = run(self._heads, ["probabilities", "out_of_scope"], inputs)
        return [
            self._meaning(text, one, reading, row, float(score))
            for text, one, reading, row, score in zip(
                texts, mended, readings, probabilities, outside[:, 0], strict=True
            )
        ]

    def _meaning(self, text: str, mended: Mended, reading: Reading, chances: Floats, outside: float) -> Meaning:
        order = np.argsort(-chances, kind="stable").tolist()
        ranking = tuple(Ranked(self.labels.intents[n], float(chances[n])) for n in order)
        if not _sayable(text):
            return Meaning(None, ranking[0].score, 1.0, ranking)
        slots = self._tagger.slots(text, mended, reading, order[0]) if self._tagger is not None else ()
        intent = ranking[0].intent if outside < self.labels.threshold else None
        return Meaning(intent, ranking[0].score, outside, ranking, slots)


class _Tagger:
    """Finds the slots of an intent in a text."""

    def __init__(self, path: Path, labels: Labels) -> None:
        tagger = labels.tagger
        if tagger is None:
            raise ModelInvalid(f"{path.name} has no tags")
        self._session = open_session(path)
        self._tags, self._phrases, self._count = tagger.tags, tagger.phrases, len(labels.intents)
        self._begin, follow = transitions(tagger.tags)
        self._follow = follow + np.array(tagger.habits, np.float32)
        self._forbidden = np.full((self._count, len(tagger.tags)), _NEVER, np.float32)
        for intent, numbers in enumerate(tagger.allowed):
            self._forbidden[intent, list(numbers)] = 0.0

    def slots(self, text: str, mended: Mended, reading: Reading, intent: int) -> tuple[Slot, ...]:
        """The slots of `intent`, as they stand in `text`."""
        spans = reading.words.spans
        if not spans:
            return ()
        inputs = features(reading, mended.text, intent, self._count, self._phrases, {})
        (scores,) = run(self._session, ["scores"], {"words": inputs})
        path = likeliest(scores + self._forbidden[intent], self._begin, self._follow)
        found = stretches([self._tags[n] for n in path])
        return tuple(self._slot(text, mended, slot, spans[first][0], spans[last - 1][1]) for slot, first, last in found)

    def _slot(self, text: str, mended: Mended, slot: str, start: int, end: int) -> Slot:
        start, end = mended.original(start, end)
        return Slot(slot, start, end, text[start:end])


def _sayable(text: str) -> bool:
    """Whether this can mean anything: two letters or digits at least, and not a document."""
    return len(text) <= LONGEST and sum(map(str.isalnum, text)) >= 2
