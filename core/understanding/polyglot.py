"""Understanding in several languages: which one a text is in, and what the model of that one makes of it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec.structs import replace

from core.understanding.meaning import Meaning, Query
from core.understanding.model import Reader
from core.understanding.tongues import Tongues

_LEAST = 0.02  # of sureness: between languages in which nothing is understood the likelier one wins


class Interpreter(Protocol):
    """What finds meaning, in one language (`core.understanding.model.Model`)."""

    def understand(self, texts: Sequence[str], reader: Reader) -> list[Meaning]:
        """The meaning of each text, which `reader` reads."""
        ...


class Polyglot:
    """One interpreter a language."""

    def __init__(self, interpreters: Mapping[str, Interpreter], tongues: Tongues) -> None:
        """`interpreters` by language ("en"); the first one also serves languages that have none."""
        self._interpreters = dict(interpreters)
        self._tongues = tongues

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that are understood."""
        return tuple(self._interpreters)

    def understand(self, queries: Sequence[Query], reader: Reader) -> list[Meaning]:
        """The meaning of each text, with the language it was taken to be in.

        Where two languages are about as likely, the text is read in both, and counts as what is surer meant.
        """
        chances = [self._chances(query) for query in queries]
        read: dict[tuple[int, str], Meaning] = {}
        for language, interpreter in self._interpreters.items():
            own = [place for place, among in enumerate(chances) if language in among]
            if own:
                found = interpreter.understand([queries[place].text for place in own], reader)
                read.update({(place, language): meaning for place, meaning in zip(own, found, strict=True)})
        return [self._best({one: read[place, one] for one in among}, among) for place, among in enumerate(chances)]

    def _chances(self, query: Query) -> dict[str, float]:
        """The languages to read a text in, with the chance of each."""
        if query.sure and query.likely in self._interpreters:
            return {query.likely: 1.0}
        known = {
            language: chance
            for language, chance in self._tongues.chances(query.text, query.likely).items()
            if language in self._interpreters
        }
        return known or {next(iter(self._interpreters)): 1.0}

    def _best(self, meanings: Mapping[str, Meaning], chances: Mapping[str, float]) -> Meaning:
        def worth(language: str) -> float:
            meaning = meanings[language]
            sureness = meaning.score * (1.0 - meaning.oos_score) if meaning.intent is not None else 0.0
            return chances[language] * max(sureness, _LEAST)

        language = max(meanings, key=worth)
        return replace(meanings[language], language=language)
