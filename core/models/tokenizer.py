"""Texts to token ids, as the encoder was trained: lower case, WordPiece, [CLS] and [SEP]."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from tokenizers import Encoding, Tokenizer

from shared.errors import ModelInvalid
from shared.text import clean

MOST_TOKENS = 256
"""What all-MiniLM-L6-v2 was trained on; the rest of a longer text is not read."""

MOST_CHARACTERS = 4 * MOST_TOKENS
"""No more of a text is tokenized, so that a huge one costs no more than a long one."""


class Words(Struct, frozen=True):
    """A text as the encoder reads it: token ids, and for each word where it stands in the text and its first token.

    `spans` are (start, end) in code points of the text that was given; `first` are places in `ids`.
    """

    ids: list[int]
    spans: list[tuple[int, int]]
    first: list[int]


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

    def words(self, text: str) -> Words:
        """The words of a clean text, a punctuation mark being one, with their tokens."""
        encoding = self._tokenizer.encode(text[:MOST_CHARACTERS])
        return Words(encoding.ids, *_words(encoding))

    def vocabulary(self) -> list[tuple[str, int]]:
        """Every piece with its id; in BERT's vocabulary, ids of whole words count up as the words get rarer."""
        return list(self._tokenizer.get_vocab().items())


def _words(encoding: Encoding) -> tuple[list[tuple[int, int]], list[int]]:
    spans: list[tuple[int, int]] = []
    first: list[int] = []
    last = None
    for place, (word, (start, end)) in enumerate(zip(encoding.word_ids, encoding.offsets, strict=True)):
        if word is None:  # a special token
            continue
        if word == last:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
            first.append(place)
        last = word
    return spans, first
