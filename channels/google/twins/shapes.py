"""Which fields a platform knows, and of which type: a table of them, and what is wrong with a value by that table."""

from collections.abc import Iterator, Mapping
from typing import Any
from xml.parsers import expat

from msgspec import Struct

ELEMENTS = frozenset(
    {"audio", "break", "desc", "emphasis", "lang", "mark", "media", "p", "par", "phoneme"}
    | {"prosody", "s", "say-as", "seq", "speak", "sub", "voice"}
)
"""The SSML that Google speaks: https://cloud.google.com/text-to-speech/docs/ssml"""


class Text(Struct, frozen=True):
    """A text of at most `most` characters, not empty if `needed`."""

    most: int = 1_000_000
    needed: bool = False


class Number(Struct, frozen=True):
    """A whole number within bounds."""

    low: int = 0
    high: int = 2**31 - 1


class Flag(Struct, frozen=True):
    """True or false."""


class Anything(Struct, frozen=True):
    """Any JSON value."""


class Object(Struct, frozen=True):
    """Any JSON object."""


class OneOf(Struct, frozen=True):
    """One of some words."""

    words: tuple[str, ...]


class Url(Struct, frozen=True):
    """An https address."""


class Many(Struct, frozen=True):
    """A list with at least `low` and at most `high` items."""

    of: Any
    low: int = 0
    high: int = 10_000


class Named(Struct, frozen=True):
    """An object with free names and values of one sort."""

    of: Any


class Fields(Struct, frozen=True):
    """An object that knows these fields, and no others.

    `needed` must be there; of `choice` (where there are any) exactly one.
    """

    of: Mapping[str, Any]
    needed: tuple[str, ...] = ()
    choice: tuple[str, ...] = ()


ANY, FLAG, OBJECT, TEXT, URL = Anything(), Flag(), Object(), Text(), Url()
NEEDED = Text(needed=True)


def complaints(value: Any, shape: Any, path: str = "the answer") -> Iterator[str]:
    """What is wrong with `value`, in words."""
    match shape:
        case Fields():
            yield from _fields(value, shape, path)
        case Many():
            yield from _many(value, shape, path)
        case Named():
            if not isinstance(value, dict):
                yield f"{path} is no object"
            else:
                for name, inner in value.items():
                    yield from complaints(inner, shape.of, f"{path}.{name}")
        case _:
            if problem := _simple(value, shape):
                yield f"{path} {problem}"


def _fields(value: Any, shape: Fields, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} is no object"
        return
    for name, inner in value.items():
        if name in shape.of:
            yield from complaints(inner, shape.of[name], f"{path}.{name}")
        else:
            yield f"{path} has a field {name!r} that the platform does not know"
    for name in shape.needed:
        if name not in value:
            yield f"{path} lacks {name}"
    if shape.choice and len([name for name in shape.choice if name in value]) != 1:
        yield f"{path} must hold exactly one of {', '.join(shape.choice)}"


def _many(value: Any, shape: Many, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path} is no list"
        return
    if not shape.low <= len(value) <= shape.high:
        yield f"{path} has {len(value)} items, not {shape.low} to {shape.high}"
    for number, inner in enumerate(value):
        yield from complaints(inner, shape.of, f"{path}[{number}]")


def _simple(value: Any, shape: Any) -> str:
    match shape:
        case Anything():
            return ""
        case Object():
            return "" if isinstance(value, dict) else "is no object"
        case Flag():
            return "" if isinstance(value, bool) else "is neither true nor false"
        case Number():
            whole = isinstance(value, int) and not isinstance(value, bool)
            return (
                "" if whole and shape.low <= value <= shape.high else f"is no number from {shape.low} to {shape.high}"
            )
        case OneOf():
            return "" if value in shape.words else f"is {value!r}, not one of {', '.join(shape.words)}"
    return _text(value, shape)


def _text(value: Any, shape: Any) -> str:
    if not isinstance(value, str):
        return "is no text"
    if isinstance(shape, Url):
        return "" if value.startswith("https://") and value.isprintable() else "is no https address"
    if shape.needed and not value:
        return "is empty"
    return "" if len(value) <= shape.most else f"has {len(value)} characters, more than {shape.most}"


def ssml_complaint(ssml: str, path: str) -> Iterator[str]:
    """What is wrong with a whole SSML document."""
    found: list[str] = []
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = lambda name, _attributes: found.append(name)
    try:
        parser.Parse(ssml.encode(), True)
    except expat.ExpatError as error:
        yield f"{path} is not well-formed SSML: {error}"
    if found[:1] != ["speak"]:
        yield f"{path} does not begin with <speak>"
    for name in sorted(set(found) - ELEMENTS):
        yield f"{path} has an element {name!r} that Google does not speak"
