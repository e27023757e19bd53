"""One of a list: by its name, a synonym, another form of the word, or with a typo.

Two words are the same with a slip of the fingers when they begin alike and at most every fifth letter is wrong, a swap of two
counting once: "grocries" is "groceries", "milk" is not "silk" nor "mild". Of several that fit the best counts. Where two fit
equally well nothing is chosen: `tied` says which they are, so that one can ask.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from core.understanding.values import words
from core.understanding.values.context import Context, Span, longest
from core.understanding.values.language import Language, language

_WORD = re.compile(r"[^\W_]+")
_ALIKE = 0.8
_LONG = 7  # letters from which even the first may be wrong
_STEMMED = {
    "en": "english",
    "de": "german",
    "es": "spanish",
    "fr": "french",
    "it": "italian",
    "pt": "portuguese",
    "nl": "dutch",
}
_MOST_WORDS = 6
_MOST_NAMES = 2_000  # of a list that are compared letter by letter

Entries = Mapping[str, Sequence[str]]


def find_choices(text: str, context: Context, entries: Entries) -> list[Span]:
    """The identifiers of what is named in `text`, where it stands."""
    tongue = language(context.locale)
    said = words.plain(text)
    names = _names(entries, tongue)
    tokens = list(_WORD.finditer(said.text))[: words.LONGEST // 4]
    found = []
    for start, end in _runs(len(tokens), names):
        best = _best([token[0] for token in tokens[start:end]], names, tongue)
        if len(best) == 1:
            found.append(Span(*said.place(tokens[start].start(), tokens[end - 1].end()), best[0]))
    return longest(found)


def read_choice(text: str, context: Context, entries: Entries) -> Any:
    """The identifier that `text` means as a whole, else the only one named in it; None where none or several are."""
    best = tied(text, context, entries)
    if best:
        return best[0] if len(best) == 1 else None
    named = {span.value for span in find_choices(text, context, entries)}
    return named.pop() if len(named) == 1 else None


def tied(text: str, context: Context, entries: Entries) -> list[str]:
    """The identifiers that fit `text` as a whole equally well, in the list's order."""
    tongue = language(context.locale)
    tokens = _WORD.findall(words.plain(text).text)[: 2 * _MOST_WORDS]
    return _best(tokens, _names(entries, tongue), tongue) if tokens else []


def _runs(count: int, names: dict[str, list[str]]) -> Iterator[tuple[int, int]]:
    """Runs of words as long as some name; or one word longer or shorter, for blanks put wrong."""
    lengths = {name.count(" ") + 1 for name in names}
    for length in sorted({size for size in lengths if size <= _MOST_WORDS}):
        yield from ((start, start + length) for start in range(count - length + 1))


def _names(entries: Entries, tongue: Language) -> dict[str, list[str]]:
    """Every name and synonym, made plain -> the identifiers that have it."""
    found: dict[str, list[str]] = {}
    for identifier, synonyms in entries.items():
        for said in (identifier.replace("_", " "), *synonyms):
            name = " ".join(_WORD.findall(words.folded(said[: words.LONGEST])))
            if name and identifier not in found.setdefault(name, []):
                found[name].append(identifier)
    return found


def _best(tokens: list[str], names: dict[str, list[str]], tongue: Language) -> list[str]:
    """The identifiers of the names nearest to these words."""
    said = " ".join(tokens)
    if said in names:
        return names[said]
    stem = _stem(said, tongue.code)
    same = [each for name, ids in names.items() if _stem(name, tongue.code) == stem for each in ids]
    return list(dict.fromkeys(same)) or _alike(said, names)


def _alike(said: str, names: dict[str, list[str]]) -> list[str]:
    from rapidfuzz.distance import OSA

    scores: dict[str, float] = {}
    for name in list(names)[:_MOST_NAMES]:
        if _may_be(said, name):
            score = OSA.normalized_similarity(said, name, score_cutoff=_ALIKE)
            if score:
                scores[name] = score
    top = max(scores.values(), default=0.0)
    return list(dict.fromkeys(each for name, score in scores.items() if score == top for each in names[name]))


def _may_be(said: str, name: str) -> bool:
    """Whether two names begin alike enough to be compared: a first letter is seldom mistyped."""
    if said[0] == name[0] or (said[:2] == name[1::-1] and len(name) > 3):
        return True
    return len(name) >= _LONG and len(said) >= _LONG - 1


@lru_cache(maxsize=4_096)
def _stem(name: str, code: str) -> str:
    return " ".join(_stemmer(code).stemWords(name.split())) if code in _STEMMED else name


@lru_cache(maxsize=8)
def _stemmer(code: str) -> Any:
    import snowballstemmer  # type: ignore[import-untyped]  # here because it is slow to load

    return snowballstemmer.stemmer(_STEMMED[code])
