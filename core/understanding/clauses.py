"""Where one sentence may say several things. These are places to look at; whether it does is the model's to say."""

import re

MOST = 3
"""Things in one sentence."""

SHORTEST = 2
"""Words; less asks for nothing by itself."""

_CONNECTORS = {
    "en": "and then|and also|and|then|also|plus",
    "de": "und dann|und auch|und|dann|außerdem",
    "es": "y luego|y también|y después|y|luego|después|además",
    "fr": "et puis|et aussi|et|puis|ensuite",
    "it": "e poi|e anche|e|poi|inoltre",
}
_MARKS = r"\s*[.;!?,]+\s+"

Span = tuple[int, int]


def _pattern(language: str) -> re.Pattern[str]:
    words = _CONNECTORS.get(language, _CONNECTORS["en"])
    return re.compile(rf"(?:{_MARKS}|\s+)(?:{words})\s+|{_MARKS}", re.IGNORECASE)


_PATTERNS = {language: _pattern(language) for language in _CONNECTORS}


def clauses(text: str, language: str) -> list[list[Span]]:
    """The ways to cut `text` into clauses of two words or more, (start, end) each: first at every seam, then at one alone.

    Empty where there is no seam, or more of them than a person says things in one sentence.
    """
    seams = [match.span() for match in _PATTERNS.get(language, _PATTERNS["en"]).finditer(text)]
    if not 0 < len(seams) < 2 * MOST:
        return []
    ways = [seams] if len(seams) < MOST else []
    if len(seams) > 1:
        ways += [[seam] for seam in seams]
    cut = [_cut(text, way) for way in ways]
    return [way for way in cut if all(len(text[start:end].split()) >= SHORTEST for start, end in way)]


def _cut(text: str, seams: list[Span]) -> list[Span]:
    starts = [0, *(end for _, end in seams)]
    ends = [*(start for start, _ in seams), len(text)]
    return list(zip(starts, ends, strict=True))
