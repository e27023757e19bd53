"""Web addresses and e-mail addresses, as the library linkify-it reads them; e-mail addresses as they are spoken, too."""

import re
from functools import lru_cache
from typing import Any

from core.understanding.values import words
from core.understanding.values.context import Context, Span

_AT = r"at|arroba|chiocciola|chiocciolina|arobase|klammeraffe"
_DOT = r"dot|punkt|punto|point"
_SPOKEN = re.compile(
    rf"(?<!\w)(?P<who>[a-z0-9_+-]{{1,40}}(?: ?(?:{_DOT}|\.|underscore) ?[a-z0-9_+-]{{1,40}}){{0,3}}) (?:{_AT}) "
    rf"(?P<where>[a-z0-9-]{{1,40}}(?: ?(?:{_DOT}|\.) ?[a-z0-9-]{{1,40}}){{1,3}})(?!\w)"
)
_MORE_ENDS = ("app", "dev", "cloud", "online", "site", "tech", "blog", "store", "xyz", "ai", "io", "eu")
_LONGEST_ADDRESS = 254  # RFC 5321


def find_emails(text: str, context: Context) -> list[Span]:
    """The address, its domain in small letters."""
    text = text[: words.LONGEST]
    if "@" not in text:
        return _spoken(text)
    found = [match for match in _linkify().match(text) or [] if match.schema == "mailto:"]
    return [
        Span(match.index, match.last_index, _address(match.text.removeprefix("mailto:")))
        for match in found
        if len(match.text) <= _LONGEST_ADDRESS
    ]


def find_urls(text: str, context: Context) -> list[Span]:
    """The address with its scheme; `http` where none was said."""
    text = text[: words.LONGEST]
    if "." not in text and "://" not in text:
        return []
    found = [match for match in _linkify().match(text) or [] if match.schema not in ("mailto:", "//")]
    return [Span(match.index, match.last_index, match.url) for match in found]


def _address(said: str) -> str:
    name, _, domain = said.rpartition("@")
    return f"{name}@{domain.lower()}"


def _spoken(text: str) -> list[Span]:
    """ "john dot smith at example dot com"."""
    said = words.plain(text)
    dot, underscore = re.compile(rf" ?(?:\b(?:{_DOT})\b|\.) ?"), re.compile(r" ?underscore ?")
    return [
        Span(
            *said.place(*match.span()),
            underscore.sub("_", dot.sub(".", match["who"])) + "@" + dot.sub(".", match["where"]),
        )
        for match in _SPOKEN.finditer(said.text)
    ]


@lru_cache(maxsize=1)
def _linkify() -> Any:
    from linkify_it import LinkifyIt  # type: ignore[import-untyped]  # here because it is slow to load

    return LinkifyIt().tlds(list(_MORE_ENDS), True)
