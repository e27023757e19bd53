"""Cuts a stream of text at the ends of sentences, so that speech can begin before the whole is there."""

import re
from collections.abc import AsyncIterator

from shared.generating import Piece

MOST_CHARACTERS = 400
"""A longer sentence is cut at a comma or a space: nobody waits for its end."""

_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s)|[。！？]+[」』”]*|\n+")
_NO_END = re.compile(
    r"(?:\b(?:(?<!['’])[A-Za-z]|Dr|Mr|Mrs|Ms|Prof|Sr|Sra|St|No|Nr|vs|etc|approx|ca|bzw|usw|evtl|Jr|Mt|Inc|Ltd|Co)|(?<!\d)\d{1,2}|\.[A-Za-z])\.$"
)
"""A full stop behind an initial, a number that may be a day ("am 3. Mai") or one of these does not end a sentence."""

_SOFT = re.compile(r"[,;:–—]\s|\s")


class Sentences:
    """Takes pieces, gives whole sentences, each without blanks around it."""

    def __init__(self) -> None:
        self._text = ""

    def add(self, text: str) -> list[str]:
        """The sentences that are whole now."""
        self._text += text
        found: list[str] = []
        while (end := self._end()) is not None:
            found.append(self._text[:end].strip())
            self._text = self._text[end:]
        return [sentence for sentence in found if sentence]

    def rest(self) -> str:
        """What is left when no more will come."""
        text, self._text = self._text.strip(), ""
        return text

    def _end(self) -> int | None:
        for match in _END.finditer(self._text):
            if not _NO_END.search(self._text[: match.end()].rstrip("\"'”’»)]")) or "\n" in match.group():
                return match.end()
        if len(self._text) <= MOST_CHARACTERS:
            return None
        soft = [match.end() for match in _SOFT.finditer(self._text, 0, MOST_CHARACTERS)]
        commas = [end for end in soft if not self._text[end - 2].isalnum()]
        return max(commas or soft, default=MOST_CHARACTERS)


async def by_sentence(pieces: AsyncIterator[Piece]) -> AsyncIterator[str]:
    """The sentences of an answer as they become whole."""
    sentences = Sentences()
    async for piece in pieces:
        for sentence in sentences.add(piece.text):
            yield sentence
    if rest := sentences.rest():
        yield rest
