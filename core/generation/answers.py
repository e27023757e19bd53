"""One answer while it is generated: from tokens to what may be said."""

from collections.abc import Sequence

from core.generation.prompts import Reading
from core.generation.sampling import Logits, Sampler
from core.generation.stops import Stops
from core.generation.tokens import Detokenizer, Tokens
from shared.generating import Piece, Prompt


class Answer:
    """Chooses tokens until the answer ends."""

    def __init__(self, prompt: Prompt, reading: Reading, tokens: Tokens, ends: frozenset[int]) -> None:
        self._sampler = Sampler(prompt.sampling, reading.ids)
        self._words = Detokenizer(tokens)
        self._stops = Stops(prompt.stop)
        self._ends = ends
        self._reading = reading
        self._count = 0

    def add(self, logits: Logits) -> tuple[int, Piece]:
        """The next token, and what it lets us say, which may be nothing yet. The piece says when the answer has ended."""
        token = self._sampler.choose(logits)
        if token in self._ends:
            return token, self._last("", "stop")
        self._count += 1
        text = self._stops.add(self._words.add(token))
        if self._stops.hit:
            return token, self._ended(text, "stop")
        if self._count >= self._reading.most:
            return token, self._last(text, "length")
        return token, Piece(text)

    def _last(self, text: str, end: str) -> Piece:
        """The end, with what was held back."""
        text += self._stops.add(self._words.rest())
        return self._ended(text + self._stops.rest(), end)

    def _ended(self, text: str, end: str) -> Piece:
        counts = {"prompt_tokens": len(self._reading.ids), "tokens": self._count}
        return Piece(text, "length" if end == "length" and not self._stops.hit else "stop", **counts)


def joined(pieces: Sequence[Piece]) -> str:
    """The whole text of an answer."""
    return "".join(piece.text for piece in pieces)
