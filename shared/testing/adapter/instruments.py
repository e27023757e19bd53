"""Instruments for contract tests: which parsers saw the bytes, and bodies that are nearly right."""

import json
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from hypothesis import strategies as st

_PARSES = frozenset(
    {"decode", "loads", "load", "raw_decode", "unpackb", "fromstring", "feed", "parse_qs", "parse_qsl", "literal_eval"}
)
_NO_PARSERS = (bytes, bytearray, memoryview, str, int)  # their `decode` makes text of bytes and understands nothing


def parsers_called(action: Callable[[], object], body: bytes) -> list[str]:
    """The names of the parsers that `action` called on `body` (msgspec, json, form data, XML, other C decoders)."""
    called: list[str] = []

    def watch(frame: FrameType, event: str, arg: Any) -> None:
        if event == "c_call" and arg.__name__ in _PARSES and _is_parser(arg):
            called.append(f"{type(getattr(arg, '__self__', None)).__module__}.{arg.__name__}")
        elif event == "call" and frame.f_code.co_name in _PARSES and _holds(frame, body):
            called.append(frame.f_code.co_qualname)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        action()
    finally:
        sys.setprofile(before)
    return called


def _is_parser(function: Any) -> bool:
    """Whether a C function that is called like a parser is one: a method of a decoder, or a function of a parsing package."""
    owner = getattr(function, "__self__", None)
    module = getattr(function, "__module__", None) or getattr(owner, "__name__", "")
    return not isinstance(owner, _NO_PARSERS) and module not in ("_codecs", "codecs", "binascii", "marshal")


def _holds(frame: FrameType, body: bytes) -> bool:
    """Whether a Python function got `body`, or a part of it, as an argument. A token in a header is no part of it."""
    for name in frame.f_code.co_varnames[: frame.f_code.co_argcount]:
        value = frame.f_locals.get(name)
        raw = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
        if isinstance(raw, bytes | bytearray) and len(raw) > 8 and bytes(raw) in body:
            return True
    return False


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=()), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_TOKENS = st.sampled_from(
    [b"null", b"{}", b"[]", b'""', b"1e999", b"-0", b'"\\ud800"', b'"\\u0000"', b"\xff", b",", b"}", b'"', b"\\"]
)


def nearly(body: bytes) -> st.SearchStrategy[bytes]:
    """Bodies like `body` in which a value is another one, is gone, or bytes are; and bytes that have nothing to do with it."""
    edits = [_edited(body), st.binary(max_size=64)]
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    paths = list(_paths(value))
    if paths:
        edits.insert(
            0,
            st.builds(lambda path, new: json.dumps(_with(value, path, new)).encode(), st.sampled_from(paths), _VALUES),
        )
        edits.insert(1, st.builds(lambda path: json.dumps(_without(value, path)).encode(), st.sampled_from(paths)))
    return st.one_of(edits)


def _edited(body: bytes) -> st.SearchStrategy[bytes]:
    place = st.integers(0, len(body))
    return st.builds(
        lambda a, b, new: body[: min(a, b)] + new + body[max(a, b) :], place, place, st.binary(max_size=8) | _TOKENS
    )


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from _paths(inner, (*path, key))


def _with(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = _with(copy[path[0]], path[1:], new)
    return copy


def _without(value: Any, path: tuple[Any, ...]) -> Any:
    copy = value.copy()
    if len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = _without(copy[path[0]], path[1:])
    return copy
