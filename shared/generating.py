"""Asking a language model: what it is asked, how it chooses its words, and the pieces its answer comes in."""

from collections.abc import AsyncIterator
from typing import Literal, Protocol

from msgspec import Struct

from shared.ports import ModelState


class ChatMessage(Struct, frozen=True):
    """One message of a chat with a language model. `role` is "system", "user" or "assistant"."""

    role: Literal["system", "user", "assistant"]
    content: str


class Sampling(Struct, frozen=True):
    """How tokens are chosen. `temperature` 0 takes the likeliest; the same `seed` gives the same text on the same model."""

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0  # 0: all
    repetition_penalty: float = 1.0
    seed: int = 0


class Prompt(Struct, frozen=True):
    """What a language model is asked. `stop`: strings at which it ends, which are not part of the answer."""

    messages: tuple[ChatMessage, ...]
    most_tokens: int = 256
    sampling: Sampling = Sampling()
    stop: tuple[str, ...] = ()


class Piece(Struct, frozen=True):
    """A piece of generated text. `end` is set on the last one only: why it ended; the counts are of the whole then."""

    text: str
    end: Literal["", "stop", "length"] = ""
    prompt_tokens: int = 0
    tokens: int = 0


class Generator(Protocol):
    """A language model that answers in pieces."""

    def generate(self, prompt: Prompt, deadline: float) -> AsyncIterator[Piece]:
        """The answer, piece by piece; to stop early, close the iterator. `deadline` is in Unix seconds.

        Raises ModelUnavailable, DeadlineExceeded, or Malformed for a prompt that does not fit the model.
        """
        ...

    def state(self) -> ModelState:
        """What runs now."""
        ...
