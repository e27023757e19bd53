"""Which language a text is in: by the words of our own samples, and by what a library knows of letters.

Short texts ("ja", "5 + 3", "Paris") are in no language for sure, so the one a person is likely to use counts too.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from core.understanding.words import words

LEAST = 0.1
"""A language with a smaller chance is not worth a look."""

MOST = 2
"""Languages that a text is read in, at most."""

_STAYS = 0.85  # the chance that a person goes on in the language they are likely to use
_SMOOTHING = 0.5
_OWN, _GENERAL = 0.8, 0.8  # weights: the words of a text are not independent, so neither counts in full
_LONGEST = 400  # characters that are looked at


class Tongues:
    """Tells the languages of some samples apart."""

    def __init__(self, samples: Mapping[str, Iterable[str]]) -> None:
        """`samples` by language: what people say to the skills."""
        self._counts = {language: Counter(_pieces(texts)) for language, texts in samples.items()}
        self._sizes = {language: counts.total() for language, counts in self._counts.items()}
        self._vocabulary = len(set().union(*self._counts.values())) or 1

    def chances(self, text: str, likely: str) -> dict[str, float]:
        """The languages that `text` may be in, with their chances, best first. The one that is `likely` has an advantage."""
        text = text[:_LONGEST].casefold()
        known = len(self._counts) > 1 and _letters(text)
        scores = dict(self._general.rank(text)) if known else {}
        logs = {
            language: _OWN * self._own(language, text)
            + _GENERAL * math.log(max(float(scores.get(language, 1.0)), 1e-4))
            + math.log(self._before(language, likely))
            for language in self._counts
        }
        top = max(logs.values(), default=0.0)
        total = sum(math.exp(value - top) for value in logs.values())
        chances = {language: math.exp(value - top) / total for language, value in logs.items()}
        best = sorted(chances, key=lambda language: -chances[language])[:MOST]
        return {language: chances[language] for language in best if chances[language] >= LEAST or language == best[0]}

    @cached_property
    def _general(self) -> Any:
        return _general(list(self._counts))

    def _own(self, language: str, text: str) -> float:
        counts, size = self._counts[language], self._sizes[language]
        bottom = size + _SMOOTHING * self._vocabulary
        return sum(
            math.log((counts[piece] + _SMOOTHING) / bottom)
            for piece in _pieces([text])
            if any(piece in one for one in self._counts.values())
        )

    def _before(self, language: str, likely: str) -> float:
        if likely not in self._counts:
            return 1.0
        return _STAYS if language == likely else (1.0 - _STAYS) / max(1, len(self._counts) - 1)


def _pieces(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        yield from words(text)


def _letters(text: str) -> bool:
    return any(letter.isalpha() for letter in text)


def _general(languages: list[str]) -> Any:
    from py3langid import langid  # type: ignore[import-untyped]  # half a second to load, when first needed

    known = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
    known.set_languages([language for language in languages if language in known.labels])
    return known
