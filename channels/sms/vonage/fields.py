"""The fields of a webhook of the SMS API, whose signature stands among them: the bytes are taken apart before anybody is proven.

So this is no JSON parser: a body is one flat object of texts and numbers, found by a regular expression in one pass, or a form.
A field that comes twice cannot be what was signed and is refused.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from shared.channel import Wire
from shared.errors import SignatureInvalid

MAX_FIELDS = 64  # Vonage sends about 20

_TEXT = rb'"((?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"'
_PAIR = re.compile(rb"\s*" + _TEXT + rb"\s*:\s*(?:" + _TEXT + rb"|(-?[0-9]{1,20}(?:\.[0-9]{1,20})?|true|false))\s*")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def fields_of(wire: Wire) -> dict[str, str]:
    """Names and values as they were sent. Raises SignatureInvalid where the body cannot be one that Vonage signed."""
    kind = (wire.header("content-type") or "").partition(";")[0].strip().lower()
    pairs = list(_of_json(wire.body) if kind == "application/json" else _of_form(wire.body))
    fields = dict(pairs)
    if len(fields) != len(pairs) or not fields:
        raise _unreadable()
    return fields


def _of_form(body: bytes) -> Iterator[tuple[str, str]]:
    parts = body.split(b"&", MAX_FIELDS)
    if len(parts) > MAX_FIELDS:
        raise _unreadable()
    for part in parts:
        name, _, value = part.partition(b"=")
        yield _plain(name), _plain(value)


def _plain(text: bytes) -> str:
    try:
        return unquote_to_bytes(text.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise _unreadable() from None


def _of_json(body: bytes) -> Iterator[tuple[str, str]]:
    inner = body.strip()
    if not (inner.startswith(b"{") and inner.endswith(b"}")):
        raise _unreadable()
    at, end = 1, len(inner) - 1
    for _ in range(MAX_FIELDS):
        found = _PAIR.match(inner, at, end)
        if found is None:
            raise _unreadable()
        yield _unescaped(found[1]), _unescaped(found[2]) if found[2] is not None else found[3].decode()
        at = found.end()
        if at == end:
            return
        if inner[at : at + 1] != b",":
            raise _unreadable()
        at += 1
    raise _unreadable()


def _unescaped(text: bytes) -> str:
    """The text of a JSON string; the halves of a surrogate pair become one character."""
    try:
        plain = _ESCAPE.sub(_escaped, text.decode()) if b"\\" in text else text.decode()
        return plain.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    except UnicodeDecodeError:
        raise _unreadable() from None


def _escaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else _ESCAPES.get(found[2], found[2])


def _unreadable() -> SignatureInvalid:
    return SignatureInvalid("sms: the webhook has neither a token nor fields that can be signed")
