"""What every model service does around the models: a question made from a text, an understanding made from a meaning.

Meanings travel and are remembered without the words of their slots, which are filled in from the text by whoever holds it.
"""

import hashlib
import unicodedata

import msgspec

from core.understanding.meaning import Meaning, Part, Query
from shared.locales import language_of
from shared.text import clean
from shared.turn import SlotValue, Understanding

MOST_READ = 10_000
"""Characters of a text that are looked at."""


def query_of(text: str, locale: str, *, sure: bool) -> Query:
    """What is asked about `text`: composed characters, single spaces. Case is kept, for slots quote it."""
    plain = " ".join(unicodedata.normalize("NFC", clean(text[:MOST_READ])).split())
    return Query(plain, language_of(locale), sure)


def key_of(query: Query) -> bytes:
    """Stands for a text without holding it: what somebody said is not kept."""
    return hashlib.blake2b(f"{query.likely}\0{query.sure}\0{query.text}".encode(), digest_size=16).digest()


def without_words(meaning: Meaning) -> Meaning:
    """`meaning` without what was said."""
    slots = tuple(msgspec.structs.replace(slot, value="") for slot in meaning.slots)
    parts = tuple(msgspec.structs.replace(part, meaning=without_words(part.meaning)) for part in meaning.parts)
    return msgspec.structs.replace(meaning, slots=slots, parts=parts)


def understanding_of(meaning: Meaning, text: str) -> Understanding:
    """`meaning` with the words of its slots taken from `text`; of two slots of one name the first counts."""
    if meaning.parts:
        first, *more = (_clause(part, text) for part in meaning.parts)
        return msgspec.structs.replace(first, more=tuple(more), language=meaning.language)
    slots = {slot.slot: SlotValue(text[slot.start : slot.end]) for slot in reversed(meaning.slots)}
    return Understanding(
        meaning.intent, meaning.score, meaning.oos_score, slots, meaning.ranking, language=meaning.language
    )


def _clause(part: Part, text: str) -> Understanding:
    own = text[part.start : part.end]
    return msgspec.structs.replace(understanding_of(part.meaning, own), text=own)
