"""Typed JSON decoding for bytes from outside: every failure is a Malformed that names the field."""

import re
from typing import TypeVar

import msgspec

from shared.errors import Malformed

T = TypeVar("T")

# A surrogate pair, a lone surrogate, or any other escape (so that an escaped backslash is not taken for the start of one).
_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)
_PATH = re.compile(r"at `\$\.?([^`]*)`")
_MISSING = re.compile(r"missing required field `([^`]*)`")


def decode(decoder: "msgspec.json.Decoder[T]", body: bytes) -> T:
    """`body` as the decoder's type. Lone surrogates are dropped, of duplicate keys the last wins, unknown fields are ignored.

    Raises Malformed for anything else, however broken or deep.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Malformed(str(error), _fields(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if b"\\u" not in body:
            raise _malformed(error) from None
    try:
        return decoder.decode(_without_lone_surrogates(body))
    except msgspec.ValidationError as error:
        raise Malformed(str(error), _fields(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _malformed(error) from None


def _malformed(error: Exception) -> Malformed:
    if isinstance(error, RecursionError):
        return Malformed("the body is not acceptable JSON: it is nested too deep")
    if isinstance(error, UnicodeDecodeError):
        return Malformed("the body is not acceptable JSON: it is not UTF-8")
    return Malformed(f"the body is not acceptable JSON: {error}")


def _without_lone_surrogates(body: bytes) -> bytes:
    return _ESCAPES.sub(lambda match: b"" if match[1] else match[0], body)


def _fields(text: str) -> tuple[str, ...]:
    path = _PATH.search(text)
    missing = _MISSING.search(text)
    name = ".".join(part for part in (path[1] if path else "", missing[1] if missing else "") if part)
    return (name,) if name else ()
