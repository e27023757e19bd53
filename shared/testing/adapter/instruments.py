"""Instruments for contract tests: which parsers saw the bytes, bytes that break parsers, properties with many examples."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import given as each_of
from hypothesis import strategies as st

from shared.testing.adapter.values import given

T = TypeVar("T")

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


def explosive() -> tuple[bytes, ...]:
    """Bodies that break parsers which trust what they are given."""
    return (
        b"[" * 200_000,
        b'{"a":' * 50_000,
        b'"' + b"\\" * 10_001,
        b"\xff" * 1_000,
        b'{"a":"\\ud800"}',
        b"9" * 10_000,
    )


def for_all(examples: st.SearchStrategy[T], number: int, holds: Callable[[T], None]) -> None:
    """Call `holds` with so many `examples`. Raises what it raised for the smallest that fails, with that one in a note."""
    limits = settings(
        max_examples=number,
        deadline=None,
        phases=(Phase.reuse, Phase.generate, Phase.shrink),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,  # the note says it shorter
    )

    @limits
    @each_of(examples)
    def each(example: T) -> None:
        with given(example):
            holds(example)

    each()
