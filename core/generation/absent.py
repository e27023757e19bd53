"""Stands for a language model that was chosen and cannot answer: it is being loaded, or did not load."""

from collections.abc import AsyncIterator
from typing import Self

from shared.errors import ModelUnavailable
from shared.generating import Piece, Prompt
from shared.ports import ModelState


class AbsentGenerator:
    """Implements `shared.generating.Generator` by saying why there is none."""

    def __init__(self, name: str, why: str) -> None:
        self._name, self._why = name, why

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing runs."""

    def generate(self, prompt: Prompt, deadline: float) -> AsyncIterator[Piece]:
        """See `Generator.generate`. Raises ModelUnavailable."""
        return _Refusal(self._why)

    def state(self) -> ModelState:
        """Its name, and that it is not ready."""
        return ModelState(self._name, (), False)


class _Refusal:
    """An answer that raises at its first piece."""

    def __init__(self, why: str) -> None:
        self._why = why

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Piece:
        raise ModelUnavailable(self._why)
