"""Foreign JSON values made fit to be stored: bounded, without what cannot be encoded; and names that can be compared."""

import re
from typing import Any

from shared.errors import Malformed
from shared.text import clean

MAX_ID = 512  # bytes
MAX_SESSION = 1_000  # bytes; a person without another name is called after the session
MAX_NAME = 256
MAX_DEPTH = 12
MAX_ITEMS = 256  # of one list or object
DEFAULT_LOCALE = "en-US"

_USUAL_LOCALE = re.compile("[a-z]{2,3}(?:-[A-Z]{2})?")
_LOCALE = re.compile("[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1


def stored(value: Any, depth: int = MAX_DEPTH) -> Any:
    """`value` as it can be stored and sent back: texts cleaned, numbers in 64 bits, nothing below `depth` levels."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool | float | None):
        return value
    if isinstance(value, int):
        return value if _SMALLEST <= value <= _LARGEST else str(value)
    if depth == 0:
        return None
    if isinstance(value, dict):
        return {clean(key): stored(inner, depth - 1) for key, inner in list(value.items())[:MAX_ITEMS]}
    return [stored(inner, depth - 1) for inner in value[:MAX_ITEMS]]


def said(value: Any) -> str:
    """`value` in words, as far as it has any: a person would not say a list's brackets."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return ", ".join(words for inner in value[:MAX_ITEMS] if (words := said(inner)))
    if isinstance(value, dict):
        return said(list(value.values()))
    return "" if value is None else str(value)


def given(value: Any) -> bool:
    """Whether a parameter was filled: Google sends "", [], {} or null for those that were not."""
    return value not in ("", None, [], {})


def identifier(value: str, path: str, limit: int = MAX_ID) -> str:
    """`value`, if it can be stored and compared as it is: cutting or cleaning it could make two ids one. Raises Malformed."""
    if value and value.isprintable() and len(value.encode()) <= limit:
        return value
    raise Malformed(f"google: {path} must be 1 to {limit} bytes of printable characters", (path,))


def usable(value: Any, limit: int = MAX_ID) -> str:
    """`value` if it is a text that can name somebody, else ""."""
    if isinstance(value, str) and 0 < len(value) <= limit and value.isprintable() and value == value.strip():
        return value
    return ""


def locale_of(*codes: str | None) -> str:
    """The first usable language code, written as locales are: Dialogflow has en-us for en-US."""
    for code in codes:
        if code and _USUAL_LOCALE.fullmatch(code):
            return code
        if code and _LOCALE.fullmatch(code):
            language, *others = code.replace("_", "-").split("-")
            return "-".join((language.lower(), *(one.upper() if len(one) == 2 else one for one in others)))
    return DEFAULT_LOCALE
