"""Models that take no time and give themselves away: for every test of a service around models, in this process or another."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np

from core.models.batches import Batches
from core.models.encoder import SIZE, STREAMS, Reading, Vectors
from core.models.tokenizer import Words
from core.server import ModelServer
from core.understanding.meaning import Meaning, Part
from core.understanding.model import Reader
from core.understanding.polyglot import Polyglot
from core.understanding.rows import Slot
from core.understanding.tongues import Tongues
from infra.system import SystemClock
from shared.errors import Malformed
from shared.generating import Piece, Prompt
from shared.ports import ModelState
from shared.turn import Ranked

VERSION = "toy-1"
SLOW_S = 0.4


class ToyEncoder:
    """A vector of the text's length. "fail" fails, "slow" takes `SLOW_S`."""

    providers: tuple[str, ...] = ("ToyProvider",)

    def encode(self, texts: Sequence[str]) -> Vectors:
        if any(text.startswith("fail") for text in texts):
            raise RuntimeError("as asked")
        if any(text.startswith("slow") for text in texts):
            time.sleep(SLOW_S)
        return np.array([np.full(SIZE, len(text)) for text in texts], np.float32).reshape(-1, SIZE)

    def read(self, texts: Sequence[str]) -> list[Reading]:
        blank = np.zeros(STREAMS, np.float32), np.zeros((0, 3 * SIZE), np.float32)
        return [Reading(Words([], [], []), vector, *blank) for vector in self.encode(texts)]


class ToyInterpreter:
    """Takes a text for an intent of its own name, with a slot that is its first letter; "A / B" is two of them."""

    def understand(self, texts: Sequence[str], reader: Reader) -> list[Meaning]:
        return [self._meaning(text, one) for text, one in zip(texts, reader.read(texts), strict=True)]

    def _meaning(self, text: str, reading: Reading) -> Meaning:
        parts: list[Part] = []
        for part in text.split(" / ") if " / " in text else ():
            start = text.index(part)
            parts.append(Part(start, start + len(part), self._meaning(part, reading)))
        intent = f"{text}/{reading.vector[0]:.0f}"
        ranking = (Ranked(intent, 0.875), Ranked("other", 0.125))
        return Meaning(intent, 0.875, 0.25, ranking, (Slot("letter", 0, 1, text[:1]),), tuple(parts))


def toy_polyglot(*languages: str) -> Polyglot:
    """Understands these languages, by name only."""
    return Polyglot({language: ToyInterpreter() for language in languages}, Tongues({}))


def toy_batches(*languages: str) -> Batches:
    """Toys, at work once entered."""
    return Batches(ToyEncoder(), toy_polyglot(*languages), VERSION, SystemClock())


class ToyGenerator:
    """Says the last message back, a word a piece, as many as asked for. "forever" goes on, "refuse" does not fit."""

    def __init__(self) -> None:
        self.said = 0
        self.closed = asyncio.Event()

    async def generate(self, prompt: Prompt, deadline: float) -> AsyncIterator[Piece]:
        words = prompt.messages[-1].content.split()
        if words == ["refuse"]:
            raise Malformed("this does not fit the model")
        if words == ["break"]:
            raise RuntimeError("as asked")
        try:
            if words == ["forever"]:
                while True:
                    await asyncio.sleep(0.001)
                    self.said += 1
                    yield Piece("on and on ")
            for word in words[: prompt.most_tokens]:
                yield Piece(word + " ")
            cut = len(words) > prompt.most_tokens
            yield Piece("", "length" if cut else "stop", len(words), min(len(words), prompt.most_tokens))
        finally:
            self.closed.set()

    def state(self) -> ModelState:
        return ModelState("parrot-1", ("ToyProvider",), True)


async def serve(path: Path) -> None:
    """A model process of toys, until it is ended."""
    with toy_batches("en", "de") as batches:
        async with ModelServer(batches, SystemClock(), ToyGenerator()).listening(path):
            print("ready", flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
