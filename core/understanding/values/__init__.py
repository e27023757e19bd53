"""What a slot's words stand for: numbers, days, times, money, places and so on, in English, German, Spanish, French and Italian.

`resolve` reads words that were cut out as a slot, `find` finds the values in a whole utterance, `wordings` says a value back.
`TYPES` lists the built-in types with what their values are; the name of a list in `Context.choices` is a type as well. Values are
JSON values. No text makes them raise, and only its first 1,000 characters are looked at.

Language, order of figures in a date, currency, country of a telephone number and first day of a week come from `Context.locale`.
Other languages have what the libraries know of them (numbers, names of months and units, dateparser's dates), then English words.

Caches, each bounded, and none of what people say: the words of 64 locales, compiled; 1,024 names of locales; 8,192 letters made
plain; 4,096 stems of names in lists; the gazetteer. Loading on first use: 60 ms a locale; a second and 80 MB for places.
"""

from typing import Any

from core.understanding.values.choices import tied as _tied
from core.understanding.values.context import Context, Span
from core.understanding.values.language import language
from core.understanding.values.types import TYPES, ValueType, every_entry, of_list
from core.understanding.values.words import LONGEST
from shared.turn import SlotValue

__all__ = ["TYPES", "Context", "Span", "UnknownType", "ValueType", "find", "resolve", "tied", "wordings"]


class UnknownType(LookupError):
    """There is no type of that name, neither built in nor as a list of the context."""


def resolve(type: str, text: str, context: Context) -> SlotValue | None:
    """The value of the words of a slot; None when they do not stand for one, or for several (see `tied`). Raises UnknownType."""
    read = _type(type, context).read
    value = read(text if type == "text" else text[:LONGEST].strip(), context)
    return None if value is None else SlotValue(text, value)


def find(type: str, text: str, context: Context) -> list[Span]:
    """Where values of a type stand in an utterance: in order, without overlap, the longest. Raises UnknownType."""
    return _type(type, context).find(text, context)


def tied(type: str, text: str, context: Context) -> list[str]:
    """The identifiers of a list (or, for "choice", of all lists) that fit a slot's words equally well, to ask which is meant."""
    entries = every_entry(context) if type == "choice" else context.choices.get(type, {})
    return _tied(text, context, entries)


def wordings(value: Any, type: str, locale: str) -> str:
    """A value said back in the language of `locale`. `value` is as `resolve` gives it; an unknown type is taken for a list's."""
    say = TYPES[type].say if type in TYPES else TYPES["choice"].say
    return say(value, language(locale))


def _type(name: str, context: Context) -> ValueType:
    if name in TYPES:
        return TYPES[name]
    if name in context.choices:
        return of_list(name, context.choices[name])
    raise UnknownType(f"there is no type {name!r}: built in are {', '.join(TYPES)}; a list must be in Context.choices")
