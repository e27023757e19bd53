"""The keys and values of all layers: a fixed piece of memory each, on the host or on a GPU, with a place a stream.

Parts of it are bound and copied by address, which is the same on both; only what copies differs.
"""

import ctypes
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime as ort  # type: ignore[import-untyped]  # it carries no types

from core.models.sessions import Device
from shared.errors import ModelInvalid

Copy = Callable[[int, int, int], None]
"""Copies bytes: target, source, count."""

_ANYWHERE = 4  # cudaMemcpyDefault: the addresses say which way


class Memory:
    """A piece of memory on a device, blank at first."""

    def __init__(self, shape: tuple[int, ...], kind: type[np.generic], device: Device) -> None:
        blank = np.zeros(shape, kind)
        self.nbytes = blank.nbytes
        value = None if device == "cpu" else ort.OrtValue.ortvalue_from_numpy(blank, device, 0)
        self.address = int(blank.ctypes.data if value is None else value.data_ptr())
        self._keep = blank if value is None else value


class Snapshot:
    """The beginning of a stream's cache: (kv heads, tokens, head size) for each layer's keys and values."""

    def __init__(self, memories: list[Memory], length: int) -> None:
        self.memories, self.length = memories, length

    @property
    def nbytes(self) -> int:
        """What it takes."""
        return sum(memory.nbytes for memory in self.memories)


class Cache:
    """`arrays` pieces of memory of the shape (places, *row); `row` is (kv heads, length, head size)."""

    def __init__(
        self, arrays: int, places: int, row: tuple[int, int, int], kind: type[np.generic], device: Device
    ) -> None:
        """Raises ModelInvalid where the device cannot copy."""
        self._device: Device = device
        self.kind, self.places, self.row = kind, places, row
        self._token_bytes = row[2] * np.dtype(kind).itemsize
        self._head_bytes = row[1] * self._token_bytes
        self._memories = [Memory((places, *row), kind, device) for _ in range(arrays)]
        self._copy, self._done = copier(device)

    @property
    def device(self) -> Device:
        """Where it lies."""
        return self._device

    @property
    def place_bytes(self) -> int:
        """What one place takes, in all arrays."""
        return len(self._memories) * self.row[0] * self._head_bytes

    def address(self, array: int, place: int) -> int:
        """Where a place begins in an array."""
        return self._memories[array].address + place * self.row[0] * self._head_bytes

    def move(self, source: int, target: int, length: int) -> None:
        """Copy the first `length` tokens of a place to another."""
        for array in range(len(self._memories)):
            self._copy_heads(self.address(array, source), self.address(array, target), length, self.row[1], self.row[1])
        self._done()

    def save(self, place: int, length: int) -> Snapshot:
        """A copy of the first `length` tokens of a place."""
        shape = (self.row[0], length, self.row[2])
        saved = [Memory(shape, self.kind, self._device) for _ in self._memories]
        for array, memory in enumerate(saved):
            self._copy_heads(self.address(array, place), memory.address, length, self.row[1], length)
        self._done()
        return Snapshot(saved, length)

    def restore(self, place: int, snapshot: Snapshot) -> None:
        """Let a place begin with what was saved."""
        length = snapshot.length
        for array, memory in enumerate(snapshot.memories):
            self._copy_heads(memory.address, self.address(array, place), length, length, self.row[1])
        self._done()

    def _copy_heads(self, source: int, target: int, length: int, source_row: int, target_row: int) -> None:
        """The first `length` tokens of each head; rows are as many tokens long as there is room for, here and there."""
        if not 0 <= length <= self.row[1]:
            raise ValueError(f"{length} tokens of {self.row[1]}")
        for head in range(self.row[0]):
            here, there = head * source_row * self._token_bytes, head * target_row * self._token_bytes
            self._copy(target + there, source + here, length * self._token_bytes)


def copier(device: Device) -> tuple[Copy, Callable[[], None]]:
    """What copies on a device, and what waits until that is done. Raises ModelInvalid."""
    if device == "cpu":
        return _on_host, lambda: None
    cudart = ctypes.CDLL(_cudart())
    cudart.cudaMemcpy.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]

    def copy(target: int, source: int, count: int) -> None:
        _check(cudart.cudaMemcpy(target, source, count, _ANYWHERE))

    return copy, lambda: _check(cudart.cudaDeviceSynchronize())


def _on_host(target: int, source: int, count: int) -> None:
    ctypes.memmove(target, source, count)


def _cudart() -> str:
    """CUDA's runtime, which ONNX Runtime has loaded."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        if "/libcudart.so" in line:
            return line[line.index("/") :]
    raise ModelInvalid("CUDA's runtime is not loaded, though ONNX Runtime says that it computes on a GPU")


def _check(code: int) -> None:
    if code:
        raise RuntimeError(f"CUDA says {code}")
