"""What the heads are trained from: sample sentences by intent, and sentences that no skill answers."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files

import msgspec
from msgspec import Struct

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


class Samples(Struct, frozen=True):
    """Sentences by intent, and sentences out of scope."""

    intents: dict[str, tuple[str, ...]]
    background: tuple[str, ...]

    def digest(self) -> str:
        """A hash of all of it; the order of intents does not matter."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


def samples(intents: Mapping[str, Sequence[str]]) -> Samples:
    """The samples of the skills together with the sentences out of scope that come with NEXUS. Empty intents are left out."""
    kept = {name: tuple(dict.fromkeys(intents[name])) for name in sorted(intents) if intents[name]}
    return Samples(kept, background())


def background() -> tuple[str, ...]:
    """English sentences that no starter skill answers."""
    text = files("core.understanding").joinpath("out_of_scope.en.txt").read_text("utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


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
