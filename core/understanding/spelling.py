"""Mends misspelt words before a text is read: a word that nobody knows becomes the known word that is most likely meant.

A noisy channel (Kernighan, Church and Gale 1990): how often the word is said here, against how far it is from what was
typed, in edits (optimal string alignment: insert, drop, replace, swap two neighbours). Words of the training data come first,
then those that are usual in the language.
"""

import heapq
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache

import numpy as np
from msgspec import Struct, field
from rapidfuzz import process
from rapidfuzz.distance import OSA

from core.understanding.words import WORD

SHORTEST = 3
"""Letters; a shorter word is taken as it is, since too much is one edit away."""

TWO_EDITS_FROM = 7
"""Letters; shorter words are mended by one edit only."""

LONGEST = 24
"""Letters; what is longer is no word."""

_REMEMBERED = 4096
_MOST_USUAL = 20_000  # words of a language, about as many as of English
_EDIT = 4.0  # natural logarithm of how much less likely each edit makes a word
_OTHER_START = 1.0  # people seldom err in the first letter
_UNSAID = 2.5  # a word that the training data never say
_LETTERS = re.compile(r"[^\W\d_]+")


class Edit(Struct, frozen=True):
    """A word that was replaced: where it stands in the mended text and where in the original, in code points."""

    start: int
    end: int
    was_start: int
    was_end: int


class Mended(Struct, frozen=True):
    """A text with its misspelt words mended."""

    text: str
    edits: tuple[Edit, ...] = ()

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of whole words of `text` stood before."""
        return self._place(start, last=False), self._place(end, last=True)

    def _place(self, at: int, *, last: bool) -> int:
        shift = 0
        for edit in self.edits:
            if edit.end <= at and not (last and edit.end == at):
                shift = edit.was_end - edit.end
            elif edit.start < at or (not last and edit.start == at):
                return edit.was_end if last else edit.was_start
        return at + shift


class Speller:
    """Mends texts of one language. `said` counts the words of the training data, `general` knows others.

    What is general is loaded with the first word that was not said: for some languages that takes a third of a second.
    """

    def __init__(self, said: Mapping[str, int], general: "Callable[[], General]") -> None:
        self._said = said
        self._load = general
        self._mend = lru_cache(_REMEMBERED)(self._likeliest)

    @cached_property
    def _known(self) -> "General":
        return self._load()

    @cached_property
    def _general(self) -> dict[str, int]:
        return {word: rank for word, rank in self._known.usual.items() if word not in self._said}

    @cached_property
    def _by_length(self) -> Mapping[int, list[str]]:
        found: defaultdict[int, list[str]] = defaultdict(list)
        for word in (*self._said, *(word for word in self._general if len(word) > SHORTEST)):
            found[len(word)].append(word)
        return found

    def mended(self, text: str) -> Mended:
        """`text` with unknown words replaced by what they most likely mean."""
        parts: list[str] = []
        edits: list[Edit] = []
        end = length = 0
        for match in WORD.finditer(text):
            better = self._better(match[0])
            parts += [text[end : match.start()], better]
            length += match.start() - end
            if better != match[0]:
                edits.append(Edit(length, length + len(better), *match.span()))
            length += len(better)
            end = match.end()
        return Mended("".join([*parts, text[end:]]), tuple(edits)) if edits else Mended(text)

    def _better(self, word: str) -> str:
        plain = word.casefold()
        if plain in self._said or plain in self._known:
            return word
        return self._mend(plain) or word

    def _likeliest(self, word: str) -> str:
        """The known word that `word` most likely is, or "" where none is near."""
        if not SHORTEST <= len(word) <= LONGEST or not _LETTERS.fullmatch(word):
            return ""
        most = 2 if len(word) >= TWO_EDITS_FROM else 1
        near = (
            (known, int(edits))
            for length in range(len(word) - most, len(word) + most + 1)
            for known, edits, _ in process.extract(
                word, self._by_length.get(length, ()), scorer=OSA.distance, score_cutoff=most, limit=None
            )
        )
        return max(near, key=lambda one: self._likelihood(word, *one), default=("", 0))[0]

    def _likelihood(self, word: str, known: str, edits: int) -> float:
        count = self._said.get(known)
        usual = math.log1p(count) if count is not None else -_UNSAID - self._general[known] / 15_000
        return usual - _EDIT * edits - _OTHER_START * (known[0] != word[0])


def said(texts: Iterable[str]) -> dict[str, int]:
    """How often each word stands in `texts`."""
    count: dict[str, int] = {}
    for text in texts:
        for word in WORD.findall(text.casefold()):
            count[word] = count.get(word, 0) + 1
    return count


class General(Struct, frozen=True):
    """Words of a language beside those of the training data: the `usual` ones with their rank, and whether others are any.

    `rare` holds the hashes of the rest, sorted: hundreds of thousands of words need few bytes so.
    """

    usual: dict[str, int] = field(default_factory=dict)
    rare: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))

    def __contains__(self, word: str) -> bool:
        if word in self.usual:
            return True
        place = int(np.searchsorted(self.rare, hash(word)))
        return place < len(self.rare) and int(self.rare[place]) == hash(word)


def general_words(vocabulary: Sequence[tuple[str, int]], language: str) -> General:
    """What is known of the words of a language.

    Of English the encoder's whole words, as WordPiece learnt them from English text; of others those of pyspellchecker's lists,
    which count the words of film subtitles; nothing where it has no list.
    """
    if language != "en":
        return _counted(language)
    return General(
        {word: rank for word, rank in vocabulary if len(word) > 1 and _LETTERS.fullmatch(word) and word.isascii()}
    )


def _counted(language: str) -> General:
    from spellchecker import SpellChecker  # here because only who understands such a language needs it

    if language not in SpellChecker.languages():
        return General()
    counts = SpellChecker(language=language).word_frequency.dictionary
    usual = heapq.nlargest(_MOST_USUAL, (word for word in counts if _LETTERS.fullmatch(word)), key=counts.__getitem__)
    rare = np.sort(np.fromiter(map(hash, counts.keys() - set(usual)), np.int64))
    return General({word: rank for rank, word in enumerate(usual)}, rare)
