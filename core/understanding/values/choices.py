"""One of a list: by its name, a synonym, another form of the word, or with a typo.

Two words are the same with a slip of the fingers when they begin alike and at most every fifth letter is wrong, a swap of two
counting once: "grocries" is "groceries", "milk" is not "silk" nor "mild". Of several that fit the best counts. Where two fit
equally well nothing is chosen: `tied` says which they are, so that one can ask.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct

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


class _Names(Struct, frozen=True):
    """What the entries of a list are called, made plain -> their identifiers; as word stems too, and by first letter."""

    exact: dict[str, list[str]]
    stems: dict[str, list[str]]
    by_letter: dict[str, list[str]]
    long: list[str]
    code: str  # of the language


def find_choices(text: str, context: Context, entries: Entries) -> list[Span]:
    """The identifiers of what is named in `text`, where it stands."""
    said = words.plain(text)
    names = _names(entries, language(context.locale))
    tokens = list(_WORD.finditer(said.text))[: words.LONGEST // 4]
    plain = [token[0] for token in tokens]
    stems = _stemmed(plain, names.code)
    found = []
    for start, end in _runs(len(tokens), names):
        best = _best(plain[start:end], stems[start:end], names)
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
    tokens = _WORD.findall(words.plain(text).text)[: 2 * _MOST_WORDS]
    names = _names(entries, language(context.locale))
    return _best(tokens, _stemmed(tokens, names.code), names) if tokens else []


def _runs(count: int, names: _Names) -> Iterator[tuple[int, int]]:
    """Runs of as many words as some name has."""
    for length in sorted({name.count(" ") + 1 for name in names.exact}):
        if length <= _MOST_WORDS:
            yield from ((start, start + length) for start in range(count - length + 1))


def _names(entries: Entries, tongue: Language) -> _Names:
    exact: dict[str, list[str]] = {}
    for identifier, synonyms in entries.items():
        for said in (identifier.replace("_", " "), *synonyms):
            name = " ".join(_WORD.findall(words.folded(said[: words.LONGEST])))
            if name and identifier not in exact.setdefault(name, []):
                exact[name].append(identifier)
    names = _Names(exact, {}, {}, [name for name in exact if len(name) >= _LONG], tongue.code)
    for name, identifiers in exact.items():
        names.stems.setdefault(_stem(name, tongue.code), []).extend(identifiers)
        for letter in {name[0], name[1:2] or name[0]}:
            names.by_letter.setdefault(letter, []).append(name)
    return names


def _best(tokens: list[str], stems: list[str], names: _Names) -> list[str]:
    """The identifiers of the names nearest to these words."""
    said = " ".join(tokens)
    same = names.exact.get(said) or names.stems.get(" ".join(stems)) or _alike(said, names)
    return list(dict.fromkeys(same))


def _alike(said: str, names: _Names) -> list[str]:
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    near = [name for name in names.by_letter.get(said[0], ()) if _begins_alike(said, name)]
    if len(said) >= _LONG - 1:
        near += names.long
    scores = process.extract(said, near[:_MOST_NAMES], scorer=OSA.normalized_similarity, score_cutoff=_ALIKE, limit=20)
    return [each for name, score, _ in scores if score == scores[0][1] for each in names.exact[name]]


def _begins_alike(said: str, name: str) -> bool:
    """Whether the first letter is the same, or swapped with the second."""
    return said[0] == name[0] or (len(name) > 3 and said[:2] == name[1::-1])


@lru_cache(maxsize=4_096)
def _stem(name: str, code: str) -> str:
    """Of a name in a list; what people say is not kept."""
    return " ".join(_stemmed(name.split(), code))


def _stemmed(tokens: list[str], code: str) -> list[str]:
    return list(_stemmer(code).stemWords(tokens)) if code in _STEMMED else tokens


@lru_cache(maxsize=8)
def _stemmer(code: str) -> Any:
    import snowballstemmer  # type: ignore[import-untyped]  # here because it is slow to load

    return snowballstemmer.stemmer(_STEMMED[code])
