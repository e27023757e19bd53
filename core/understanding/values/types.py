"""The types that a slot can have, each with what its values are, how they are found, read and said."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from core.understanding.values import (
    booleans,
    choices,
    durations,
    links,
    moments,
    money,
    numbers,
    phones,
    places,
    quantities,
    wording,
    words,
)
from core.understanding.values.context import Context, Span
from core.understanding.values.language import Language, language
from core.understanding.values.wording import Wording

Finder = Callable[[str, Context], list[Span]]
Reader = Callable[[str, Context], Any]

_WORD = re.compile(r"[^\W_]+")


class ValueType(Struct, frozen=True):
    """A type: what its values are, how they are found in an utterance, read from a slot (None: no such value) and said back."""

    name: str
    meaning: str
    find: Finder
    read: Reader
    say: Wording


def covering(find: Finder, text: str, context: Context) -> Any:
    """The value of the one span that `find` sees in `text`, if nothing but small words ("at", "please") is around it."""
    spans = find(text, context)
    if len(spans) != 1:
        return None
    around = words.folded(f"{text[: spans[0].start]} {text[spans[0].end :]}")
    small = _small_words(language(context.locale))
    return spans[0].value if all(word in small for word in _WORD.findall(around)) else None


@lru_cache(maxsize=64)
def _small_words(tongue: Language) -> frozenset[str]:
    """Words that do not change what a slot means: prepositions of times and places, articles, politeness."""
    data = tongue.data
    lists = [*data["place"]["before"], *data["boolean"]["filler"]]
    said = " ".join((data["joins"]["date"], data["relative"]["ahead_before"], *lists))
    return frozenset(_WORD.findall(words.folded(said))) - tongue.weak


def _reading(find: Finder) -> Reader:
    return partial(covering, find)


def _moment(want: str) -> Reader:
    """A day, time or both: as said with nothing around, or with the word before it that the slot left out ("am 3.")."""

    def read(text: str, context: Context) -> Any:
        leads = ("", *language(context.locale).data["joins"]["leads"])
        for lead in leads:
            found = covering(moments.find_datetimes, lead + text, context)
            if (found is not None and found["said"] in (want, "datetime")) or (found and want == "datetime"):
                return moments.part_of(found, want)
        return moments.part_of(now, want) if (now := moments.read_now(text, context)) else None

    return read


def _number(text: str, context: Context) -> Any:
    found = numbers.read_number(text, context)
    return covering(numbers.find_numbers, text, context) if found is None else found


def _quantity(text: str, context: Context) -> Any:
    found = covering(quantities.find_quantities, text, context)
    return quantities.read_quantity(text, context) if found is None else found


def _text(text: str, context: Context) -> Any:
    return text.strip() or None


def _whole(text: str, context: Context) -> list[Span]:
    said = text.strip()
    start = text.find(said)
    return [Span(start, start + len(said), said)] if said else []


def every_entry(context: Context) -> choices.Entries:
    """The entries of all lists of a context."""
    merged: dict[str, list[str]] = {}
    for entries in context.choices.values():
        for identifier, synonyms in entries.items():
            merged.setdefault(identifier, []).extend(synonyms)
    return merged


def _find_choice(text: str, context: Context) -> list[Span]:
    return choices.find_choices(text, context, every_entry(context))


def _read_choice(text: str, context: Context) -> Any:
    return choices.read_choice(text, context, every_entry(context))


def of_list(name: str, entries: choices.Entries) -> ValueType:
    """The type whose values are the identifiers of a list."""
    find: Finder = partial(choices.find_choices, entries=entries)
    read: Reader = partial(choices.read_choice, entries=entries)
    return ValueType(name, "the identifier in the list", find, read, wording.choice)


_ALL = (
    ValueType("number", "int or float", numbers.find_numbers, _number, wording.number),
    ValueType(
        "ordinal", "int from 1; -1 is the last", numbers.find_ordinals, _reading(numbers.find_ordinals), wording.ordinal
    ),
    ValueType(
        "percentage",
        "number: 20 for 20 %",
        numbers.find_percentages,
        _reading(numbers.find_percentages),
        wording.percentage,
    ),
    ValueType("date", '"2026-12-24"', moments.find_dates, _moment("date"), wording.day),
    ValueType("time", '"15:00"', moments.find_times, _moment("time"), wording.hour),
    ValueType(
        "datetime",
        '{"at": ISO 8601 with offset, "said": "date" | "time" | "datetime"}, with "feast" and "or" where a feast was said, '
        'or a day that may be another one, and "open": true for an hour of either half of the day',
        moments.find_datetimes,
        _moment("datetime"),
        wording.moment,
    ),
    ValueType(
        "duration",
        '{"seconds": number, "iso": ISO 8601}; a month counts 30 days, a year 365',
        durations.find_durations,
        _reading(durations.find_durations),
        wording.duration,
    ),
    ValueType(
        "money",
        '{"amount": "12.50", "currency": ISO 4217}',
        money.find_money,
        _reading(money.find_money),
        wording.money,
    ),
    ValueType("phone", 'E.164: "+14155550123"', phones.find_phones, _reading(phones.find_phones), wording.phone),
    ValueType("email", "the address", links.find_emails, _reading(links.find_emails), wording.plain),
    ValueType("url", "the address with its scheme", links.find_urls, _reading(links.find_urls), wording.plain),
    ValueType(
        "quantity",
        '{"amount": number, "unit": as pint writes it}',
        quantities.find_quantities,
        _quantity,
        wording.quantity,
    ),
    ValueType(
        "place",
        '{"name", "label": as the person calls it, "kind": "city" | "country" | "part" | "clock", "country": ISO 3166, '
        '"timezone": IANA, "lat", "lon": degrees}, and "zones" with the "seat" that goes by "timezone" if there are several',
        places.find_places,
        places.read_place,
        wording.place,
    ),
    ValueType("choice", "the identifier in any list of the context", _find_choice, _read_choice, wording.choice),
    ValueType("boolean", "true or false", booleans.find_booleans, booleans.read_boolean, wording.boolean),
    ValueType("text", "the words themselves", _whole, _text, wording.plain),
)

TYPES: Mapping[str, ValueType] = MappingProxyType({each.name: each for each in _ALL})
