"""The words of help's own frame, by language: help_words.toml."""

from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct


class Words(Struct, frozen=True):
    """What the frame says in one language."""

    title: str
    intro: str
    quote: str
    say: str
    asks_for: str
    asks_first: str
    privacy: str
    nothing: str
    short: str
    description: str
    alexa_open: str
    alexa_ask: str
    google_open: str
    google_ask: str
    permissions: dict[str, str]
    effects: dict[str, str]


@cache
def frame_words() -> dict[str, Words]:
    """The frame's words by language."""
    return msgspec.toml.decode(Path(__file__).with_name("help_words.toml").read_bytes(), type=dict[str, Words])
