"""Texts to token ids, as the encoder was trained: lower case, WordPiece, [CLS] and [SEP]."""

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from shared.errors import ModelInvalid
from shared.text import clean

MOST_TOKENS = 256
"""What all-MiniLM-L6-v2 was trained on; the rest of a longer text is not read."""

MOST_CHARACTERS = 4 * MOST_TOKENS
"""No more of a text is tokenized, so that a huge one costs no more than a long one."""


class WordPieces:
    """Token ids of texts."""

    def __init__(self, path: Path) -> None:
        """Load `tokenizer.json`. Raises ModelInvalid if it does not load."""
        try:
            self._tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises bare Exception
            raise ModelInvalid(f"the tokenizer {path.name} does not load: {error}") from error
        self._tokenizer.no_padding()  # the packaged file pads every text to 128 tokens, which costs eight times the work
        self._tokenizer.enable_truncation(MOST_TOKENS)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Between 2 and `MOST_TOKENS` ids a text, the special ones included."""
        return [self._tokenizer.encode(clean(text[:MOST_CHARACTERS])).ids for text in texts]
