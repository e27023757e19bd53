"""Places by name: cities, countries, parts of them; "Paris, Texas" by the country or state beside it, small typos forgiven.

A city's name can be an ordinary word. So in a whole utterance a place counts when it is a country, state or big city; or stands
after a word such as "in"; or is written with a capital within a sentence. Words of the language file's list `common` need both.
Of several places of one name the best known is meant, one in the person's own country twelve times as readily.
"""

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from core.understanding.values import words
from core.understanding.values.context import Context, Span, longest
from core.understanding.values.gazetteer import INITIALS, Named, Place, gazetteer, key
from core.understanding.values.language import Language, language
from core.understanding.values.regions import nowhere, regions, without_article

_BIG = 500_000  # people; a city everybody knows
_GUESSED = 500_000  # people; smaller ones are not guessed from a typo in an utterance; twice as many in small letters
_ALIKE = 0.8
_SHORTEST_TYPO = 5  # letters
_MOST_WORDS = 5
_WORD = re.compile(r"[^\W_]+")


class _Word(Struct, frozen=True):
    said: str  # made plain
    start: int  # in the original
    end: int
    capital: bool


class _Seen(Struct, frozen=True):
    """A text's words, and whether capitals in it mean something."""

    text: str
    words: list[_Word]
    has_case: bool
    tongue: Language
    before: frozenset[str]
    inside: frozenset[str]  # those before that say "in"
    common: frozenset[str]

    def name(self, start: int, end: int) -> str:
        return " ".join(word.said for word in self.words[start:end])


def find_places(text: str, context: Context) -> list[Span]:
    """See the type in `types.py`: GeoNames' name, how to call it, what it is, ISO 3166, IANA, degrees."""
    seen = _see(text, context)
    spans = longest([span for span in _spans(seen) if span])
    taken = {at for span in spans for at in range(span.start, span.end)}
    guessed = [span for span in _guesses(seen) if span.start not in taken]
    return longest(spans + guessed)


def read_place(text: str, context: Context) -> Any:
    """The place that `text` is called, alone or with its country ("in Paris", "Portland, OR"); with a typo the likeliest."""
    seen = _see(text, context)
    skipped = seen.before | without_article(seen.tongue)
    start = next((at for at, word in enumerate(seen.words) if word.said not in skipped), len(seen.words))
    end = len(seen.words)
    if not start < end <= start + 2 * _MOST_WORDS:
        return None
    for cut in range(end, start, -1):
        named = _named(seen.name(start, cut), seen.tongue)
        found = _within(named, seen, cut, end) if named else None
        if found:
            return _json(found[0], seen, start, cut, found[1])
    guess = _guess(seen.name(start, end), seen.tongue, 0)
    return guess.place.json(guess.label) if guess else None


def _json(named: Named, seen: _Seen, start: int, end: int, inside: str = "") -> dict[str, Any]:
    """The value, with how to call it: as the language does, by its name, or as the person did; and with what it lies in."""
    label = named.label or _called(named.place.name, seen, start, end)
    return named.place.json(f"{label}, {inside}" if inside else label)


def _called(name: str, seen: _Seen, start: int, end: int) -> str:
    """A city's name as much of it as was said ("New York"), or what it was called ("münchen"), with capitals."""
    said = seen.name(start, end)
    words = [seen.text[word.start : word.end] for word in seen.words[start:end]]
    if (key(name) == said and "".join(words).isascii()) or said.upper() in INITIALS:
        return name
    if key(name).startswith(f"{said} "):
        return " ".join(name.split()[: end - start]) if end - start > 1 else name
    return " ".join(word if any(map(str.isupper, word)) else word.capitalize() for word in words)


def _see(text: str, context: Context) -> _Seen:
    tongue = language(context.locale)
    text = text[: words.LONGEST]
    said = words.plain(text)
    found = []
    for match in _WORD.finditer(said.text):
        start, end = said.place(*match.span())
        found.append(_Word(match[0], start, end, text[start].isupper()))
    capitals = sum(word.capital for word in found)
    data = tongue.data["place"]
    before, inside, common = (frozenset(map(key, data[name])) for name in ("before", "in", "common"))
    return _Seen(text, found, 0 < capitals < max(len(found), 2), tongue, before, inside, common)


def _spans(seen: _Seen) -> Iterator[Span | None]:
    for start in range(len(seen.words)):
        for length in range(min(_MOST_WORDS, len(seen.words) - start), 0, -1):
            end = start + length
            named = _named(seen.name(start, end), seen.tongue)
            if named and _is_meant(seen, start, end, named):
                yield _span(seen, start, end, named)
                break


def _span(seen: _Seen, start: int, end: int, named: list[Named]) -> Span | None:
    """The place, with the country or state that stands beside it."""
    first = seen.words[start].start
    for length in range(min(_MOST_WORDS, len(seen.words) - end), 0, -1):
        if found := _within(named, seen, end, end + length):
            return Span(first, seen.words[end + length - 1].end, _json(found[0], seen, start, end, found[1]))
    best = _best(named, seen.tongue.region)
    return Span(first, seen.words[end - 1].end, _json(best, seen, start, end))


def _named(name: str, tongue: Language) -> list[Named]:
    if name in nowhere(tongue) and name not in regions(tongue):
        return []
    region = regions(tongue).get(name)
    found = gazetteer().named.get(name, [])
    return [region, *found] if region else found


def _best(named: list[Named], region: str) -> Named:
    return max(named, key=lambda each: each.weight(region))


def _within(named: list[Named], seen: _Seen, start: int, end: int) -> tuple[Named, str] | None:
    """The place among `named` in the country or part that the words from `start` to `end` are, and that; without words any."""
    if start == end:
        return _best(named, seen.tongue.region), ""
    inside = key(seen.name(start, end)).removeprefix("in ")
    among = [each for each in named if each.place.kind == "city"]
    around = [each for each in _named(inside, seen.tongue) if each.place.kind in ("country", "part")]
    fit = [(each, place) for each in among for place in around if _lies_in(each.place, place.place)]
    if fit:
        best = _best([each for each, _ in fit], seen.tongue.region)
        within = next(place for each, place in fit if each is best)
        return best, within.label or within.place.name
    if len(inside) == 2 and end == start + 1 and seen.words[start].capital:
        coded = [each for each in among if inside.upper() in (each.place.part, each.place.country)]
        return (_best(coded, seen.tongue.region), inside.upper()) if coded else None
    return None


def _lies_in(city: Place, place: Place) -> bool:
    return city.country == place.country and (place.kind == "country" or city.part == place.part)


def _is_meant(seen: _Seen, start: int, end: int, named: list[Named]) -> bool:
    """Whether a name in an utterance is one (see above)."""
    first, name = seen.words[start], seen.name(start, end)
    after = start > 0 and seen.words[start - 1].said in seen.before
    capital = seen.has_case and first.capital and start > 0
    is_short = end == start + 1 and len(name) < (3 if name in regions(seen.tongue) else 4)
    if name in seen.common or is_short:
        return after and capital
    best = max(named, key=lambda each: each.weight(seen.tongue.region))
    if best.place.kind != "city" or (best.main and best.place.people >= _BIG):
        return True
    known = best.place.people >= 2 * _BIG
    if start == 0 and known and (end == len(seen.words) or seen.words[end].said in seen.before):
        return True  # an answer: "Tokio und Sydney"
    return (after or capital) and (best.main or capital or len(name) > _SHORTEST_TYPO or known)


def _guesses(seen: _Seen) -> Iterator[Span]:
    """Words after "in" and the like, or with a capital in a sentence, that are nearly a big place's name."""
    for at, word in enumerate(seen.words):
        if not _may_be_typo(seen, at):
            continue
        people = _GUESSED if word.capital else 2 * _GUESSED
        guess = None if _named(word.said, seen.tongue) else _guess(word.said, seen.tongue, people)
        if guess:
            yield Span(word.start, word.end, guess.place.json(guess.label))


def _may_be_typo(seen: _Seen, at: int) -> bool:
    """A capital in a sentence after any such word, or any word after "in" itself."""
    word, before = seen.words[at], seen.words[at - 1].said if at else ""
    if word.said in seen.common or len(word.said) < _SHORTEST_TYPO:
        return False
    return before in seen.before and word.capital if seen.has_case else before in seen.inside


def _guess(name: str, tongue: Language, people: int) -> Named | None:
    """The likeliest place whose name is written nearly so, of at least so many people."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    if len(name) < _SHORTEST_TYPO or name in nowhere(tongue):
        return None
    close = gazetteer().close.get(name[0], [])
    near = process.extract(name, close, scorer=OSA.normalized_similarity, score_cutoff=_ALIKE, limit=20)
    best = [each for each in near if each[1] == near[0][1]]
    named = [each for found in best for each in _named(found[0], tongue) if each.main and each.place.people >= people]
    return _best(named, tongue.region) if named else None
