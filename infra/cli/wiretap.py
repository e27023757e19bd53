"""`nexus say --show`: requests and answers as they are sent, on standard error, readable, without whole credentials."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx
from rich.console import Console

_SHOWN = 12  # characters of a credential
_LONG = 60  # characters of any other header
_SECRET_HEADER = re.compile("auth|signature$|signature-|token|key|secret|cookie|password|assertion", re.IGNORECASE)
_SECRET_FIELD = re.compile(r'("[^"]*(?:token|secret|password|api_?key)"\s*:\s*")([^"\\]{12})[^"]+(")', re.IGNORECASE)
Hooks = dict[str, list[Callable[..., Any]]]


def wiretap() -> Hooks:
    """Hooks for an httpx client that print all that goes through it."""
    console = Console(stderr=True, soft_wrap=True, highlight=False)

    def request(sent: httpx.Request) -> None:
        _show(console, f"{sent.method} {sent.url}", sent.headers, sent.content)

    def response(answer: httpx.Response) -> None:
        answer.read()
        _show(console, f"{answer.status_code} {answer.reason_phrase}", answer.headers, answer.content)

    return {"request": [request], "response": [response]}


def _show(console: Console, line: str, headers: httpx.Headers, body: bytes) -> None:
    console.print(line, style="bold", markup=False)
    for name, value in headers.items():
        console.print(f"{name}: {header(name, value)}", markup=False)
    text = readable(headers.get("content-type", ""), body)
    if "json" in headers.get("content-type", "") and text:
        try:
            console.print_json(text)
        except ValueError:
            console.print(text, markup=False)
    elif text:
        console.print(text, markup=False)
    console.print()


def header(name: str, value: str) -> str:
    """A header's value as it may be seen: credentials are cut, and what is too long to be read."""
    limit = _SHOWN if _SECRET_HEADER.search(name) else _LONG
    scheme, space, rest = value.partition(" ")
    if name.lower() == "authorization" and space:
        return f"{scheme} {_cut(rest, limit)}"
    return _cut(value, limit)


def readable(content_type: str, body: bytes) -> str:
    """A body for people: the fields of a form and the elements of XML a line each; tokens in JSON are cut."""
    if not body:
        return ""
    text = body.decode("utf-8", "replace")
    if "x-www-form-urlencoded" in content_type:
        return "\n".join(f"{name} = {value}" for name, value in parse_qsl(text, keep_blank_values=True))
    if "xml" in content_type:
        return re.sub(r">\s*<", ">\n<", text)
    if "json" in content_type:
        return _SECRET_FIELD.sub(r"\1\2…\3", text)
    return text if text.isprintable() or "text/" in content_type else f"({len(body)} bytes)"


def _cut(value: str, limit: int) -> str:
    shown = min(limit, max(4, len(value) // 2)) if limit == _SHOWN else limit
    return value if len(value) <= shown else f"{value[:shown]}… ({len(value)} characters)"
