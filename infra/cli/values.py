"""The values on a command line, or asked for: a secret need not stand where other users and the shell's history see it."""

import sys
from collections.abc import Sequence
from getpass import getpass

import typer

Pair = tuple[str, str | None]


def asked_for(pairs: Sequence[Pair]) -> dict[str, str]:
    """Values by key, where those that are None are typed unseen or read from standard input.

    A single value is all of the input, so that keys in PEM can be piped; several are a line each. A value that is
    missing or no text, or something left over, is wrong use.
    """
    missing = [key for key, value in pairs if value is None]
    given = dict(zip(missing, _read(missing), strict=True))
    for key, value in given.items():
        if not value:
            raise _wrong(f"there is no value for {key}; to remove one, say `{key}=`")
    values = {key: given[key] if value is None else value for key, value in pairs}
    for key, value in values.items():
        if not _is_text(value):
            raise _wrong(f"the value for {key} is not text in UTF-8")
    return values


def _is_text(value: str) -> bool:
    """Bytes that are no UTF-8 come as lone surrogates from a command line, and in some locales from standard input."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _read(keys: Sequence[str]) -> list[str]:
    if not keys:
        return []
    if sys.stdin.isatty():
        return [getpass(f"{key}: ") for key in keys]
    try:
        text = sys.stdin.read().replace("\r\n", "\n").removesuffix("\n")
    except UnicodeDecodeError:
        raise _wrong("standard input is not text in UTF-8") from None
    if len(keys) == 1:
        return [text]
    lines = text.split("\n")
    if len(lines) > len(keys):
        raise _wrong(
            f"standard input has {len(lines)} lines for {len(keys)} values; a value of several lines goes alone"
        )
    return [*lines, *[""] * (len(keys) - len(lines))]


def _wrong(text: str) -> typer.BadParameter:
    return typer.BadParameter(text, param_hint="KEY[=VALUE]")
