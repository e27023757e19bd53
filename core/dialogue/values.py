"""What texts stand for: the port through which a dialogue reads values. `core.understanding.values` is one."""

from collections.abc import Sequence
from typing import Protocol

from core.understanding.values import Context, Span
from shared.turn import SlotValue


class Values(Protocol):
    """Reads values of the types that slots have."""

    def resolve(self, type: str, text: str, context: Context, /) -> SlotValue | None:
        """What all of `text`, an answer, stands for; None where it is no value of `type`."""
        ...

    def find(self, type: str, text: str, context: Context, /) -> Sequence[Span]:
        """The values of `type` that stand somewhere in `text`, in order, without overlap."""
        ...
