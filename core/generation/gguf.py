"""Reads GGUF files: their metadata, and tensors as they are stored (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).

Only what a converter needs: version 3, little-endian; tensors in float32, Q4_1 and Q8_0.
"""

import mmap
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from shared.errors import ModelInvalid

BLOCK = 32
"""Weights that share a scale."""

_MAGIC, _VERSION = b"GGUF", 3
_ALIGNMENT = 32
_FLOAT32, _Q4_1, _Q8_0 = 0, 3, 8
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_TEXT, _ARRAY = 8, 9

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]


class FourBits(Struct, frozen=True):
    """A matrix of Q4_1: weight = scale * code + least, one scale and one least a block.

    `codes` is (rows, blocks, 32) of 0 to 15; `scales` and `least` are (rows, blocks).
    """

    codes: Codes
    scales: Floats
    least: Floats

    def values(self) -> Floats:
        """The weights themselves, (rows, columns)."""
        found = self.scales[..., None] * self.codes + self.least[..., None]
        return found.reshape(len(self.codes), -1).astype(np.float32)


class EightBits(Struct, frozen=True):
    """A matrix of Q8_0: weight = scale * (code - 128). Shapes as in FourBits."""

    codes: Codes
    scales: Floats

    def values(self) -> Floats:
        """The weights themselves, (rows, columns)."""
        found = self.scales[..., None] * (self.codes.astype(np.float32) - 128)
        return found.reshape(len(self.codes), -1).astype(np.float32)


class _Place(Struct, frozen=True):
    shape: tuple[int, ...]  # rows first
    kind: int
    offset: int


class Gguf:
    """An open file. `fields` is its metadata by name."""

    def __init__(self, path: Path) -> None:
        """Read the metadata; tensors are mapped. Raises ModelInvalid."""
        try:
            with path.open("rb") as file:
                self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            reader = _Reader(self._data)
            self.fields, self._places = _header(reader)
        except (OSError, ValueError, struct.error, KeyError, UnicodeDecodeError) as error:
            raise ModelInvalid(f"{path.name} is no GGUF file of version {_VERSION}: {error}") from error
        alignment = int(self.fields.get("general.alignment", _ALIGNMENT))
        self._start = -(-reader.at // alignment) * alignment

    def field(self, name: str) -> Any:
        """A value of the metadata. Raises ModelInvalid where it is missing."""
        if name not in self.fields:
            raise ModelInvalid(f"the GGUF file does not say {name}")
        return self.fields[name]

    def has(self, name: str) -> bool:
        """Whether there is such a tensor."""
        return name in self._places

    def floats(self, name: str) -> Floats:
        """A tensor of float32."""
        place = self._place(name, _FLOAT32)
        return np.frombuffer(self._bytes(name, place, 4, 1), "<f4").reshape(place.shape).astype(np.float32)

    def four_bits(self, name: str) -> FourBits:
        """A matrix of Q4_1: a block is scale and least in half precision, then 16 bytes, low halves first."""
        raw = self._blocks(name, _Q4_1, 20)
        codes = np.concatenate([raw[..., 4:] & 15, raw[..., 4:] >> 4], -1).astype(np.uint8)
        return FourBits(codes, _halves(raw[..., 0:2]), _halves(raw[..., 2:4]))

    def eight_bits(self, name: str) -> EightBits:
        """A matrix of Q8_0: a block is a scale in half precision, then 32 signed bytes."""
        raw = self._blocks(name, _Q8_0, 34)
        return EightBits(np.bitwise_xor(raw[..., 2:], np.uint8(0x80), dtype=np.uint8), _halves(raw[..., 0:2]))

    def _blocks(self, name: str, kind: int, size: int) -> Codes:
        place = self._place(name, kind)
        rows, columns = place.shape
        return np.frombuffer(self._bytes(name, place, size, BLOCK), np.uint8).reshape(rows, columns // BLOCK, size)

    def _place(self, name: str, kind: int) -> _Place:
        place = self._places.get(name)
        if place is None or place.kind != kind:
            raise ModelInvalid(f"the GGUF file has no tensor {name} of the kind {kind}")
        return place

    def _bytes(self, name: str, place: _Place, size: int, block: int) -> memoryview:
        start = self._start + place.offset
        length = int(np.prod(place.shape)) // block * size
        if start + length > len(self._data):
            raise ModelInvalid(f"the GGUF file ends within {name}")
        return memoryview(self._data)[start : start + length]


def _halves(raw: Codes) -> Floats:
    return raw.copy().view("<f2")[..., 0].astype(np.float32)


def _header(reader: "_Reader") -> tuple[Mapping[str, Any], Mapping[str, _Place]]:
    if reader.take(4) != _MAGIC or reader.scalar("<I") != _VERSION:
        raise ValueError("it does not begin as one")
    tensors, fields = reader.scalar("<Q"), reader.scalar("<Q")
    found = {reader.text(): reader.value(reader.scalar("<I")) for _ in range(fields)}
    return found, {reader.text(): _placed(reader) for _ in range(tensors)}


def _placed(reader: "_Reader") -> _Place:
    shape = [reader.scalar("<Q") for _ in range(reader.scalar("<I"))]
    return _Place(tuple(reversed(shape)), reader.scalar("<I"), reader.scalar("<Q"))


class _Reader:
    """Reads one value after the other."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self.at = 0

    def take(self, length: int) -> bytes:
        if length > len(self._data) - self.at:
            raise ValueError("it ends too early")
        self.at += length
        return self._data[self.at - length : self.at]

    def scalar(self, form: str) -> Any:
        (value,) = struct.unpack(form, self.take(struct.calcsize(form)))
        return value

    def text(self) -> str:
        return self.take(self.scalar("<Q")).decode()

    def value(self, kind: int) -> Any:
        if kind == _TEXT:
            return self.text()
        if kind == _ARRAY:
            read = self._item(self.scalar("<I"))
            return [read() for _ in range(self.scalar("<Q"))]
        return self.scalar(_SCALARS[kind])

    def _item(self, kind: int) -> Callable[[], Any]:
        return lambda: self.value(kind)
