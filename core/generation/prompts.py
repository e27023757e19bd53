"""Prompts as a model reads them: checked, rendered, in tokens, with the beginning that others share."""

from collections.abc import Sequence

from cachetools import LRUCache
from msgspec import Struct

from core.generation.chat import ChatTemplate
from core.generation.prefixes import LEAST_TOKENS
from core.generation.sampling import check_sampling
from core.generation.tokens import Tokens
from shared.errors import Malformed
from shared.generating import Prompt

MOST_STOPS = 16
MOST_STOP_CHARACTERS = 256
_MOST_SYSTEMS = 32
_MOST_CHARACTERS_A_TOKEN = 16


class Reading(Struct, frozen=True):
    """A prompt in tokens. The first `shared` of them are those of the system message; `most` tokens may be answered."""

    ids: list[int]
    shared: int
    most: int


class Prompts:
    """Makes readings for one model."""

    def __init__(self, template: ChatTemplate, tokens: Tokens, length: int) -> None:
        """`length`: tokens of prompt and answer together, at most."""
        self._template, self._tokens, self._length = template, tokens, length
        self._systems: LRUCache[str, list[int]] = LRUCache(_MOST_SYSTEMS)

    def read(self, prompt: Prompt) -> Reading:
        """The tokens of a prompt. Raises Malformed where it asks for what cannot be, or is too long."""
        check_prompt(prompt)
        if sum(len(one.content) for one in prompt.messages) > _MOST_CHARACTERS_A_TOKEN * self._length:
            raise self._too_long()
        ids = self._tokens.ids(self._template.render(prompt.messages))
        if len(ids) >= self._length:
            raise self._too_long()
        if not ids:
            raise Malformed("nothing is asked of the model", ("messages",))
        return Reading(ids, self._shared(prompt, ids), min(prompt.most_tokens, self._length - len(ids)))

    def _shared(self, prompt: Prompt, ids: Sequence[int]) -> int:
        """How many tokens are those of the system message alone; the last of a prompt is never among them."""
        first = prompt.messages[0]
        if first.role != "system":
            return 0
        if first.content not in self._systems:
            try:
                self._systems[first.content] = self._tokens.ids(self._template.render([first], answer=False))
            except Malformed:  # the template wants somebody to speak
                self._systems[first.content] = []
        system = self._systems[first.content]
        count = _common(system, ids[:-1])
        return count if count >= LEAST_TOKENS else 0

    def _too_long(self) -> Malformed:
        return Malformed(f"the prompt is longer than the {self._length} tokens there are for it", ("messages",))


def check_prompt(prompt: Prompt) -> None:
    """Raises Malformed where a prompt asks for what no model can do."""
    check_sampling(prompt.sampling)
    if not prompt.messages:
        raise Malformed("nothing is asked of the model", ("messages",))
    if prompt.most_tokens < 1:
        raise Malformed("an answer has at least one token", ("most_tokens",))
    if len(prompt.stop) > MOST_STOPS or any(len(stop) > MOST_STOP_CHARACTERS for stop in prompt.stop):
        raise Malformed(
            f"at most {MOST_STOPS} stop strings of {MOST_STOP_CHARACTERS} characters are watched for", ("stop",)
        )


def _common(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens two sequences begin with alike."""
    return next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )
