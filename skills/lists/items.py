"""The things that a sentence names, and which of those on a list are meant."""

import re
from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz import fuzz

from skills.lists.language import Words, folded_alike, is_any, key, without_end, without_start

READ = 10_000  # characters that are looked at
_ALIKE = 82  # of 100: one letter of six may be another, none of five
_FUZZY = 4  # letters from which on a word may be misspelt
_SENTENCE, _MOST_WORDS = 30, 5  # words of a sentence, and of a name in it, that are tried
_AT_ONCE = 60  # things that are looked for on a list
_BLANKS, _LINES = re.compile(r"[^\S\n]+"), re.compile(r" ?\n[ \n]*")
_EDGES = " \t\r\n.,;:!?\"“”„«»'*-–—"


def split(text: str, words: Words, *, doing: bool = False) -> list[str]:
    """The things in `text`, as they were said, without articles; none of them empty.

    Commas and the language's "and" part them. What is to be done (`doing`) may well have an "and" in it ("call mum and
    dad"): there it parts the last one of those that commas part, and nothing else.
    """
    text = _LINES.sub("\n", _BLANKS.sub(" ", text[:READ]))
    parts = [text] if doing and not re.search(r"[,;\n]\s?\S", text) else _apart(text, words)
    return [item for part in parts if (item := tidy(part, words))]


def tidy(part: str, words: Words) -> str:
    """A thing as it is written on a list."""
    said = " ".join(part.split()).strip(_EDGES)
    if is_any(words.polite, said):
        return ""
    said = without_end(without_start(said, words.polite), words.polite)
    return without_start(said, words.article).strip(_EDGES)


def _apart(text: str, words: Words) -> list[str]:
    plain = folded_alike(text)
    kept = [span for one in words.whole for span in _spans(one, plain)]
    seams = [
        match.span()
        for match in _seam(words).finditer(plain)
        if not any(start < match.end() and match.start() < end for start, end in kept)
    ]
    starts = [0, *(end for _, end in seams)]
    ends = [*(start for start, _ in seams), len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def _spans(words: str, text: str) -> list[tuple[int, int]]:
    return [found.span() for found in re.finditer(rf"(?<!\w){re.escape(words)}(?!\w)", text)]


@lru_cache(maxsize=16)
def _seam(words: Words) -> re.Pattern[str]:
    """Between two things: a comma (not the one in 1,5), an "and", both. Not "two and a half", "treinta y dos", "Obst- und …"."""
    joint = rf"(?:{words.and_})(?!\w)(?!\s+(?:{words.half})(?!\w))"
    behind = "".join(rf"(?<!\b{one})" for one in words.tens.split("|") if one)
    return re.compile(rf"\s*[,;\n]+(?:(?<!\d,)|(?=\s|\D))\s*(?:{joint}\s*)?|(?<=\S){behind}(?<!-)\s+{joint}\s+")


def named(text: str, items: Sequence[str], words: Words) -> str:
    """The words of a sentence that name a thing on a list, as many as do; "" where none does."""
    small = rf"{words.around}|{words.noun}|{words.polite}|{words.article}|{words.one}"
    tokens = text.split()[:_SENTENCE]
    keys = [set(key(item, words).split()) for item in items]
    for length in range(min(_MOST_WORDS, len(tokens)), 0, -1):
        for start in range(len(tokens) - length + 1):
            said = tidy(" ".join(tokens[start : start + length]), words)
            stems = set(key(said, words).split())
            if stems and not is_any(small, said) and any(stems <= each for each in keys):
                return said
    return ""


def meant(said: str, items: Sequence[str], words: Words) -> list[int]:
    """The places of what `said` may be on a list: of the same words, else of more words, else written much alike."""
    wanted = key(said, words)
    keys = [key(item, words) for item in items]
    if not wanted:
        return []
    if same := [place for place, each in enumerate(keys) if each == wanted]:
        return same
    parts = wanted.split()
    within = _ends if words.ending else _same
    if more := [place for place, each in enumerate(keys) if all(within(part, each.split()) for part in parts)]:
        return more
    scored = [(_alike(parts, each.split()), place) for place, each in enumerate(keys)]
    best = max((score for score, _ in scored), default=0.0)
    return [place for score, place in scored if score == best] if best >= _ALIKE else []


def _same(word: str, item: Sequence[str]) -> bool:
    return word in item


def _ends(word: str, item: Sequence[str]) -> bool:
    """The same where words are put together: "Milch" is in "Hafermilch"."""
    return any(other == word or (len(word) >= _FUZZY and other.endswith(word)) for other in item)


def _alike(said: Sequence[str], item: Sequence[str]) -> float:
    """How alike the least alike word of `said` is to a word of `item`, 0 to 100."""
    return min((max((_like(word, other) for other in item), default=0.0) for word in said[:_AT_ONCE]), default=0.0)


def _like(word: str, other: str) -> float:
    if word == other:
        return 100.0
    return fuzz.ratio(word, other) if min(len(word), len(other)) >= _FUZZY else 0.0
