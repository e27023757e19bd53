"""Dates in languages without a file of ours, as the library dateparser reads them: of the one language, where a date may be."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from core.understanding.values.days import Day
from core.understanding.values.language import WRITTEN, Language
from core.understanding.values.words import folded

_LONGEST = 60  # characters
_MOST_WORDS = 5


def days(text: str, marks: frozenset[str], here: datetime, tongue: Language, past: bool) -> Iterator[Day]:
    """Days in a language without a file of ours. Every run of up to five words is tried that has a word dateparser knows."""
    if tongue.code in WRITTEN or tongue.code not in _known_languages() or len(text) > 200:
        return
    words = list(re.finditer(r"\w+", text))
    known = _known_words(tongue.code)
    taken = 0
    for at, word in enumerate(words):
        if word.start() < taken or not (word[0] in known or word[0].isdigit()):
            continue
        for last in reversed(words[at : at + _MOST_WORDS]):
            day = _read(text[word.start() : last.end()], here, tongue, past)
            if day:
                taken = last.end()
                yield Day(word.start(), last.end(), day.date())
                break


def _read(text: str, here: datetime, tongue: Language, past: bool) -> datetime | None:
    if text.isdigit() or len(text) > _LONGEST:
        return None
    settings: dict[str, Any] = {
        "RELATIVE_BASE": here.replace(tzinfo=None),
        "PREFER_DATES_FROM": "past" if past else "future",
        "NORMALIZE": True,
    }
    found = _parser()(text, languages=[tongue.code], settings=settings)
    return found if isinstance(found, datetime) else None


@lru_cache(maxsize=1)
def _parser() -> Any:
    import dateparser  # type: ignore[import-untyped]  # here because it is slow to load

    return dateparser.parse


@lru_cache(maxsize=1)
def _known_languages() -> frozenset[str]:
    from dateparser.data.languages_info import language_order  # type: ignore[import-untyped]  # slow to load

    return frozenset(language_order)


@lru_cache(maxsize=16)
def _known_words(code: str) -> frozenset[str]:
    """Words of a language that dateparser takes for a part of a date, made plain."""
    from dateparser.languages.loader import default_loader  # type: ignore[import-untyped]  # slow to load

    locale = default_loader.get_locale(code)
    return frozenset(part for said in _texts(locale.info) for part in folded(said).split() if len(part) > 2)


def _texts(info: Any) -> Iterator[str]:
    """Every text in lists and tables of lists."""
    if isinstance(info, str):
        yield info
    elif isinstance(info, Mapping | list):
        for each in info.values() if isinstance(info, Mapping) else info:
            yield from _texts(each)
