"""Choices read off a string of bytes: Hypothesis draws one value an example, which is quick, and shrinks it well."""

import math
import struct
from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Choices:
    """Choices, a byte each, the plainest one first; where the bytes end, always that one."""

    def __init__(self, drawn: bytes) -> None:
        self._drawn = iter(drawn)

    def number(self, most: int) -> int:
        """A number from 0 to `most`, which is at most 65,535."""
        if most < 256:
            return next(self._drawn, 0) % (most + 1)
        return (next(self._drawn, 0) << 8 | next(self._drawn, 0)) % (most + 1)

    def maybe(self) -> bool:
        """Yes or no; the plainest is no."""
        return bool(self.number(1))

    def one_of(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.number(len(options) - 1)]

    def some(self, one: Callable[[], T], most: int) -> tuple[T, ...]:
        """None to `most` of what `one` gives."""
        return tuple(one() for _ in range(self.number(most)))

    def part(self, number: int) -> "Choices":
        """The next `number` bytes for themselves, so that what is chosen there shrinks without moving what follows."""
        return Choices(bytes(next(self._drawn, 0) for _ in range(number)))

    def octets(self, most: int) -> bytes:
        """Up to `most` bytes."""
        return bytes(self.some(lambda: self.number(255), most))

    def integer(self) -> int:
        """An integer of up to 80 bits, either way."""
        return int.from_bytes(self.octets(10), "big", signed=True)

    def fraction(self) -> float:
        """Any float that is a number."""
        (value,) = struct.unpack(">d", self.octets(8).ljust(8, b"\0"))
        return value if math.isfinite(value) else 0.0

    def text(self, most: int) -> str:
        """Up to `most` characters from anywhere, lone surrogates among them."""
        return "".join(self.some(lambda: chr(self.number(0x10) << 16 | self.number(0xFFFF)), most))


def drawn(number: int, read: Callable[[Choices], T]) -> st.SearchStrategy[T]:
    """What `read` makes of so many bytes."""
    return st.binary(min_size=number, max_size=number).map(lambda octets: read(Choices(octets)))
