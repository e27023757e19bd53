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

_GOES_ON = {
    "en": "that|to|because|if|when|which|who",
    "de": "dass|weil|wenn|ob|damit|um|zu|die ich|das ich|den ich",
    "es": "que|porque|si|cuando",
    "fr": "que|qu'|de|d'|parce|si|quand",
    "it": "che|di|perché|se|quando",
}
"""What a clause begins with that only goes on with the one before, behind a comma."""

_INFINITIVE = re.compile(r"(?<!\w)(?:zu \w+n|\w{2,}zu\w+n)[.!?]*$", re.IGNORECASE)
"""German: "…, Anna anzurufen", "…, die Blumen zu gießen"."""

Span = tuple[int, int]


def _pattern(language: str) -> re.Pattern[str]:
    words = _CONNECTORS.get(language, _CONNECTORS["en"])
    return re.compile(rf"(?:{_MARKS}|\s+)(?:{words})\s+|{_MARKS}", re.IGNORECASE)


_PATTERNS = {language: _pattern(language) for language in _CONNECTORS}


def clauses(text: str, language: str) -> list[list[Span]]:
    """The ways to cut `text` into clauses of two words or more, (start, end) each: first at every seam, then at one alone.

    Empty where there is no seam, or more of them than a person says things in one sentence.
    """
    found = _PATTERNS.get(language, _PATTERNS["en"]).finditer(text)
    seams = [match.span() for match in found if not _goes_on(match[0], text[match.end() :], language)]
    if not 0 < len(seams) < 2 * MOST:
        return []
    ways = [seams] if len(seams) < MOST else []
    if len(seams) > 1:
        ways += [[seam] for seam in seams]
    cut = [_cut(text, way) for way in ways]
    return [way for way in cut if all(len(text[start:end].split()) >= SHORTEST for start, end in way)]


def _goes_on(seam: str, rest: str, language: str) -> bool:
    """Whether what follows a comma belongs to what is before it: "remind me, that …", "erinnere mich, Anna anzurufen"."""
    if seam.strip() != ",":
        return False
    if re.match(rf"(?:{_GOES_ON.get(language, '$^')})(?!\w)", rest, re.IGNORECASE):
        return True
    return language == "de" and _INFINITIVE.search(rest.partition(",")[0]) is not None


def _cut(text: str, seams: list[Span]) -> list[Span]:
    starts = [0, *(end for _, end in seams)]
    ends = [*(start for start, _ in seams), len(text)]
    return list(zip(starts, ends, strict=True))
