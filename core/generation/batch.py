"""Answers side by side: prompts are read one at a time, a part a turn, and all answers go on by one token a turn."""

from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from core.generation.answers import Answer
from core.generation.decoder import MOST_AT_ONCE, SlotDecoder
from core.generation.prefixes import Prefixes
from core.generation.prompts import Reading
from core.generation.sampling import Logits
from shared.generating import Piece


class Wanted(Protocol):
    """An answer that somebody waits for."""

    @property
    def reading(self) -> Reading:
        """The prompt."""
        ...

    @property
    def answer(self) -> Answer:
        """What has been said so far."""
        ...


W = TypeVar("W", bound=Wanted)


class _Stream(Generic[W]):
    """An answer in a place of the cache: `length` tokens lie there, `token` comes next."""

    __slots__ = ("length", "token", "wanted")

    def __init__(self, wanted: W, length: int, token: int) -> None:
        self.wanted, self.length, self.token = wanted, length, token


class Batch(Generic[W]):
    """The streams of a decoder. For one thread.

    Nothing depends on who else is there but the last bits of the logits: a prompt is always read in the same parts, whether
    its beginning is known already or not.
    """

    def __init__(self, decoder: SlotDecoder, prefixes: Prefixes) -> None:
        self._decoder, self._prefixes = decoder, prefixes
        self._streams: list[_Stream[W]] = []
        self._joining: W | None = None
        self._parts: Iterator[Logits | None] = iter(())

    @property
    def busy(self) -> bool:
        """Whether there is anything to do."""
        return bool(self._streams) or self._joining is not None

    @property
    def streams(self) -> int:
        """How many answers are being given."""
        return len(self._streams)

    @property
    def room(self) -> bool:
        """Whether another may join."""
        return self._joining is None and len(self._streams) < self._decoder.slots

    def everyone(self) -> list[W]:
        """Whose answers are being given, the one that joins included."""
        joining = [self._joining] if self._joining is not None else []
        return [stream.wanted for stream in self._streams] + joining

    def join(self, wanted: W) -> None:
        """Begin to read a prompt; there must be `room`."""
        self._joining, self._parts = wanted, self._read(wanted.reading)

    def advance(self) -> list[tuple[W, Piece]]:
        """One turn: a part of the prompt that is being read, and a token for every answer. What may be said of each."""
        said = self._step()
        if self._joining is not None and (logits := next(self._parts)) is not None:
            said += self._begun(self._joining, logits)
        return said

    def drop(self, gone: Callable[[W], bool]) -> list[W]:
        """Take out those that are not waited for."""
        left = [wanted for wanted in self.everyone() if gone(wanted)]
        if self._joining is not None and gone(self._joining):
            self._joining = None
        self._remove([i for i, stream in enumerate(self._streams) if gone(stream.wanted)])
        return left

    def clear(self) -> None:
        """Take out all."""
        self._streams.clear()
        self._joining = None

    def _step(self) -> list[tuple[W, Piece]]:
        if not self._streams:
            return []
        logits = self._decoder.step([s.token for s in self._streams], [s.length for s in self._streams])
        said: list[tuple[W, Piece]] = []
        for stream, row in zip(self._streams, logits, strict=True):
            stream.length += 1
            stream.token, piece = stream.wanted.answer.add(row)
            said.append((stream.wanted, piece))
        self._remove([i for i, (_, piece) in enumerate(said) if piece.end])
        return said

    def _read(self, reading: Reading) -> Iterator[Logits | None]:
        """Read a prompt part by part in the staging place; the last gives its logits."""
        decoder, ids, shared = self._decoder, reading.ids, reading.shared
        known = self._prefixes.find(ids[:shared]) if shared else None
        if known is not None:
            decoder.restore(decoder.staging, known)
        else:
            for start, end in _parts(0, shared):
                decoder.read(decoder.staging, ids[start:end], start)
                yield None
            if shared:
                self._prefixes.keep(ids[:shared], decoder.save(decoder.staging, shared))
        for start, end in _parts(shared, len(ids)):
            logits = decoder.read(decoder.staging, ids[start:end], start)
            yield logits if end == len(ids) else None

    def _begun(self, wanted: W, logits: Logits) -> list[tuple[W, Piece]]:
        """The prompt is read: its first token, and a place among the others."""
        self._joining = None
        token, piece = wanted.answer.add(logits)
        if not piece.end:
            length = len(wanted.reading.ids)
            self._decoder.move(self._decoder.staging, len(self._streams), length)
            self._streams.append(_Stream(wanted, length, token))
        return [(wanted, piece)]

    def _remove(self, places: list[int]) -> None:
        """Free these places; the last stream moves into each, so that there are no gaps."""
        for place in reversed(places):
            last = self._streams.pop()
            if place < len(self._streams):
                self._decoder.move(len(self._streams), place, last.length)
                self._streams[place] = last


def _parts(start: int, end: int) -> Iterator[tuple[int, int]]:
    for at in range(start, end, MOST_AT_ONCE):
        yield at, min(at + MOST_AT_ONCE, end)
