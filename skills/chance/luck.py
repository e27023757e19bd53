"""Chance that is fair, and the same again for the same message.

A handler may run twice for one message, so its dice cannot be thrown anew each time. They are read from BLAKE2b over the
names of the app, the channel, the conversation and the message (RFC 7693, in counter mode), which spreads evenly whatever
goes in. A number below `n` is taken from as many bits as it needs; what is too large is thrown away and read on, so that
none comes up oftener than another.

What this is not: a secret. The key is no more than a name, and this code is public, so whoever chooses the message's id
(who calls the REST API can) may try ids until the dice fall as they like, or work out beforehand how they will. Carriers and
voice platforms name messages themselves, and there the person who speaks can do neither. It is good for games and for
decisions that hardly matter; never for lotteries, stakes or passwords.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import TypeVar

from shared.turn import Request

T = TypeVar("T")
_KEY = b"nexus.skills.chance"


class Luck:
    """A stream of numbers for one thing that is asked: the `time`-th of a message, as one may ask for several."""

    def __init__(self, request: Request, time: int = 0) -> None:
        self._seed = _written(request.app, request.channel, request.conversation, request.message_id, str(time))
        self._bytes = self._stream()

    def below(self, n: int) -> int:
        """A number from 0 to `n` - 1, each as likely as the others."""
        size, spare = _room(n)
        while True:
            drawn = int.from_bytes(bytes(next(self._bytes) for _ in range(size)), "big") >> spare
            if drawn < n:
                return drawn

    def between(self, low: int, high: int) -> int:
        """A number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def one(self, of: Sequence[T]) -> T:
        """One of several."""
        return of[self.below(len(of))]

    def some(self, of: Sequence[T], count: int) -> list[T]:
        """`count` of several, none of them twice, in the order they were drawn (Fisher and Yates)."""
        left = list(of)
        return [left.pop(self.below(len(left))) for _ in range(count)]

    def _stream(self) -> Iterator[int]:
        block = 0
        while True:
            yield from blake2b(self._seed + block.to_bytes(8, "big"), key=_KEY).digest()
            block += 1


def _room(n: int) -> tuple[int, int]:
    """The bytes that hold a number below `n`, and how many of their bits are too many."""
    bits = max(1, (n - 1).bit_length())
    size = -(-bits // 8)
    return size, 8 * size - bits


def _written(*names: str) -> bytes:
    """Names one after another, each behind its length, so that no two lists of names look the same."""
    parts = [name.encode("utf-8", "surrogatepass") for name in names]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
