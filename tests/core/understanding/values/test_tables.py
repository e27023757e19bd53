"""What slots and utterances of five languages stand for: the tables beside this file."""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.understanding.values import Context, find, resolve

ZONE = "Europe/Berlin"
NOW = datetime(2026, 11, 30, 10, 0, tzinfo=ZoneInfo(ZONE)).timestamp()
TABLES = {path.stem: tomllib.loads(path.read_text()) for path in sorted(Path(__file__).parent.glob("??.toml"))}


def rows(kind: str) -> list[Any]:
    """Language, type, text and what is expected, of every row."""
    return [
        pytest.param(language, type_, text, expected, id=f"{language}-{type_}-{text}")
        for language, table in TABLES.items()
        for type_, pairs in table[kind].items()
        for text, expected in pairs.items()
    ]


def context(language: str) -> Context:
    return Context(TABLES[language]["locale"], ZONE, NOW)


def short(value: Any) -> str:
    """A value on one line: money "5.00 EUR", a length "90 PT1M30S", a moment "2026-12-01T12:00 datetime", a place "Paris FR"."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case {"at": at, "said": said}:
            return f"{at[:16]} {said}"
        case {"name": name, "country": country}:
            return f"{name} {country}"
        case dict():
            return " ".join(str(part) for part in value.values())
        case _:
            return str(value)


@pytest.mark.parametrize(("language", "type_", "text", "expected"), rows("resolve"))
def test_a_slot_stands_for(language: str, type_: str, text: str, expected: str) -> None:
    found = resolve(type_, text, context(language))
    assert short(found.value if found else None) == expected
    assert found is None or found.text == text


@pytest.mark.parametrize(("language", "type_", "text", "expected"), rows("find"))
def test_in_an_utterance_stand(language: str, type_: str, text: str, expected: list[str]) -> None:
    found = find(type_, text, context(language))
    assert [f"{text[span.start : span.end]} {short(span.value)}" for span in found] == expected


@pytest.mark.parametrize("language", TABLES)
def test_every_language_has_enough_rows(language: str) -> None:
    assert sum(len(pairs) for kind in ("resolve", "find") for pairs in TABLES[language][kind].values()) >= 40
