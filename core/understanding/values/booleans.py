"""Yes and no, in the words of a language: "sure", "nope", "genau", "vale", "d'accord", "va bene"."""

import re
from functools import lru_cache
from typing import Any

from core.understanding.values import words
from core.understanding.values.context import Context, Span, longest
from core.understanding.values.language import Language, language
from core.understanding.values.patterns import alternatives

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def find_booleans(text: str, context: Context) -> list[Span]:
    """true or false for every yes and no in it; the longest wording counts ("of course not" is one no)."""
    tongue = language(context.locale)
    said = words.plain(text)
    answers = _answers(tongue)
    found = _expression(tongue).finditer(said.text)
    return longest([Span(*said.place(*match.span()), answers[_key(match[0])]) for match in found])


def read_boolean(text: str, context: Context) -> Any:
    """The one answer that `text` gives, politeness aside; None where it says something else, or both."""
    tongue = language(context.locale)
    said = words.plain(text)
    answers = {answer.value for answer in find_booleans(text, context)}
    rest = _expression(tongue).sub(" ", said.text)
    fillers = _fillers(tongue)
    left = [word for word in _WORD.findall(rest) if word not in fillers]
    return answers.pop() if len(answers) == 1 and not left else None


def _key(said: str) -> str:
    return re.sub(r"[ ,-]+", " ", said)


@lru_cache(maxsize=64)
def _answers(tongue: Language) -> dict[str, bool]:
    said = tongue.data["boolean"]
    negative = {_key(words.folded(each)): False for each in said["no"]}
    return negative | {_key(words.folded(each)): True for each in said["yes"]}


@lru_cache(maxsize=64)
def _fillers(tongue: Language) -> frozenset[str]:
    return frozenset(word for said in tongue.data["boolean"]["filler"] for word in _WORD.findall(words.folded(said)))


@lru_cache(maxsize=64)
def _expression(tongue: Language) -> re.Pattern[str]:
    said = alternatives(re.escape(each).replace(r"\ ", "[ ,-]{1,2}") for each in _answers(tongue))
    return re.compile(rf"(?<![\w'])(?:{said})(?![\w'])")
