"""Texts to token ids and back, piece by piece: a piece never ends within a character."""

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from shared.errors import ModelInvalid

MOST_HELD = 8
"""Tokens that may wait for a character to be whole. UTF-8 needs four; a model that writes no UTF-8 is not waited for."""

_BROKEN = "\N{REPLACEMENT CHARACTER}"


class Tokens:
    """The tokenizer of a model. May be used by several threads."""

    def __init__(self, path: Path) -> None:
        """Load `tokenizer.json`. Raises ModelInvalid if it does not load."""
        try:
            self._tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises bare Exception
            raise ModelInvalid(f"the tokenizer {path.name} does not load: {error}") from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return self._tokenizer.get_vocab_size()

    def special(self) -> list[str]:
        """The control tokens, and those that look like it ("<think>")."""
        added = self._tokenizer.get_added_tokens_decoder().values()
        return [one.content for one in added if one.special or one.content[:1] + one.content[-1:] in {"<>", "[]"}]

    def ids(self, text: str) -> list[int]:
        """The tokens of a rendered chat, whose control tokens count."""
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def text(self, ids: Sequence[int]) -> str:
        """What tokens say; control tokens say nothing."""
        return self._tokenizer.decode(list(ids), skip_special_tokens=True)


class Detokenizer:
    """The text of tokens as they come.

    Some tokenizers write a token differently at the beginning, so what is new is told from the text with the tokens before it.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._before: list[int] = []
        self._held: list[int] = []

    def add(self, token: int) -> str:
        """What `token` adds that is whole; "" while it is not."""
        self._held.append(token)
        new = self._new()
        if new.endswith(_BROKEN) and len(self._held) < MOST_HELD:
            return ""
        return self._give(new)

    def rest(self) -> str:
        """What was held back when no more will come; half a character is left out."""
        return self._give(self._new()).rstrip(_BROKEN) if self._held else ""

    def _new(self) -> str:
        known = self._tokens.text(self._before)
        return self._tokens.text([*self._before, *self._held])[len(known) :]

    def _give(self, new: str) -> str:
        if new or len(self._held) >= MOST_HELD:
            self._before, self._held = self._held, []
        return new
