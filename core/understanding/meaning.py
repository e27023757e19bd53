"""What is asked of the models about a text, and what they say it means. Imports nothing heavy: who only asks needs no models."""

from msgspec import Struct

from core.understanding.rows import Slot
from shared.turn import Ranked


class Query(Struct, frozen=True):
    """A clean text, the language it is likely in, and whether it is surely in that one."""

    text: str
    likely: str
    sure: bool = False


class Meaning(Struct, frozen=True):
    """What a text means. `intent` is None out of scope.

    `ranking` holds every intent with its chance, given that the text is in scope, best first; `oos_score` is the chance that it
    is not. `slots` are in the order of the text, for its likeliest intent; offsets are in code points. `parts` are the clauses
    of a sentence that says several things, two or more, each with a meaning of its own. `language` is the one it was read in.
    """

    intent: str | None
    score: float
    oos_score: float
    ranking: tuple[Ranked, ...]
    slots: tuple[Slot, ...] = ()
    parts: "tuple[Part, ...]" = ()
    language: str = ""


class Part(Struct, frozen=True):
    """A clause, `text[start:end]`, and what it means; the offsets of its slots count from its own start."""

    start: int
    end: int
    meaning: Meaning
