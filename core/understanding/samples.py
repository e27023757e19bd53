"""What the models of the skills are trained from: sample sentences by intent, and sentences that no skill answers."""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files

from core.understanding.rows import OUTSIDE, Row

_CONTRACTIONS = (
    ("what's", "what is"),
    ("where's", "where is"),
    ("who's", "who is"),
    ("how's", "how is"),
    ("that's", "that is"),
    ("i'm", "i am"),
    ("i've", "i have"),
    ("don't", "do not"),
    ("can't", "cannot"),
    ("let's", "let us"),
)
_PUNCTUATION = re.compile(r"[^\w\s']")


def samples(intents: Mapping[str, Sequence[Row]], language: str = "en") -> tuple[Row, ...]:
    """The samples of the skills in one language together with sentences out of scope, none of them twice."""
    rows = [row for name in sorted(intents) for row in intents[name]]
    return tuple({row.text: row for row in [*background(language), *rows]}.values())


def background(language: str = "en") -> tuple[Row, ...]:
    """Sentences that no starter skill answers; none in languages that NEXUS brings none for."""
    path = files("core.understanding").joinpath(f"out_of_scope.{language}.txt")
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    return tuple(Row(line, OUTSIDE) for line in lines if line and not line.startswith("#"))


def variants(sentence: str) -> Iterator[str]:
    """Other ways to write the same: without punctuation, with contractions made or undone. `sentence` is not among them."""
    plain = _PUNCTUATION.sub("", sentence).strip()
    found = [plain]
    lower = plain.lower()
    for short, long in _CONTRACTIONS:
        for one, other in ((short, long), (long, short)):
            if re.search(rf"\b{one}\b", lower):
                found.append(re.sub(rf"\b{one}\b", other, lower))
    yield from (variant for variant in dict.fromkeys(found) if variant and variant != sentence)
