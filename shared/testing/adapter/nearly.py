"""Bodies that are nearly right: in which a value is another one, is gone or comes twice, or bytes are other ones."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, quote_plus

from hypothesis import strategies as st

from shared.testing.adapter.choices import Choices, drawn

_TOKENS = (
    b"", b"null", b"{}", b"[]", b'""', b"1e999", b"-0", b'"\\ud800"', b'"\\u0000"', b"\xff", b",", b"}", b'"', b"\\", b"%", b"&",
)  # fmt: skip
_WORDS = ("", "0", "1", "true", "null", "text", "\0", "\ud800", "é", "x" * 300, "x" * 5_000)
Path = tuple[str | int, ...]
_Edit = Callable[[Choices], bytes]


def nearly(body: bytes) -> st.SearchStrategy[bytes]:
    """Bodies like `body` (JSON, a form or anything else), and now and then bytes that have nothing to do with it."""
    edits: list[_Edit] = [lambda choices: _edited(choices, body)]
    edits += _json_edits(body) or _form_edits(body)
    edits.append(lambda choices: choices.octets(63))
    return drawn(80, lambda choices: choices.one_of(edits)(choices))


def _edited(choices: Choices, body: bytes) -> bytes:
    """`body` with a stretch of it replaced: by nothing, a token or any bytes."""
    start = choices.number(min(len(body), 65_535))
    end = start + choices.one_of((0, 1, 1, choices.number(20), len(body)))
    return body[:start] + (choices.one_of(_TOKENS) if choices.maybe() else choices.octets(8)) + body[end:]


def _json_edits(body: bytes) -> list[_Edit]:
    try:
        value = json.loads(body)
    except ValueError:
        return []
    paths = list(_paths(value))
    if not paths:
        return []

    def replaced(choices: Choices) -> bytes:
        return json.dumps(_with(value, choices.one_of(paths), _value(choices, 2))).encode()

    def without(choices: Choices) -> bytes:
        return json.dumps(_without(value, choices.one_of(paths))).encode()

    return [replaced, replaced, without]


def _form_edits(body: bytes) -> list[_Edit]:
    fields = parse_qsl(body.decode("latin-1"), keep_blank_values=True)
    if not fields:
        return []

    def written(changed: list[tuple[str, str]]) -> bytes:
        return "&".join(f"{quote_plus(k)}={quote_plus(v, errors='surrogatepass')}" for k, v in changed).encode()

    def replaced(choices: Choices) -> bytes:
        at = choices.number(len(fields) - 1)
        return written([*fields[:at], (fields[at][0], _word(choices)), *fields[at + 1 :]])

    def twice(choices: Choices) -> bytes:
        return written([*fields, (choices.one_of(fields)[0], _word(choices))])

    def without(choices: Choices) -> bytes:
        at = choices.number(len(fields) - 1)
        return written([*fields[:at], *fields[at + 1 :]])

    return [replaced, twice, without]


def _value(choices: Choices, depth: int) -> Any:
    """Any JSON value, at most `depth` levels deep."""
    kind = choices.number(7 if depth else 5)
    if kind < 6:
        flat: tuple[Callable[[], Any], ...] = (
            lambda: None,
            choices.maybe,
            choices.integer,
            choices.fraction,
            lambda: _word(choices),
            lambda: choices.text(12),
        )
        return flat[kind]()
    inner = choices.some(lambda: _value(choices, depth - 1), 3)
    return list(inner) if kind == 6 else {_word(choices): value for value in inner}


def _word(choices: Choices) -> str:
    return choices.one_of(_WORDS) if choices.maybe() else choices.text(8)


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from _paths(inner, (*path, key))


def _with(value: Any, path: Path, new: Any) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = _with(copy[path[0]], path[1:], new)
    return copy


def _without(value: Any, path: Path) -> Any:
    copy = value.copy()
    if len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = _without(copy[path[0]], path[1:])
    return copy
