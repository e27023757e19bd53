"""Reads feeds: RSS 2.0 (and 0.9x, 1.0) and Atom. https://www.rssboard.org/rss-specification, RFC 4287

XML comes from strangers: a document that declares entities is refused, nothing outside it is ever loaded, and all that is kept
is bounded. What looks like HTML becomes plain text.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import Any
from xml.parsers import expat
from zlib import crc32

from msgspec import Struct

MOST_ITEMS = 60  # of one feed
MOST_TEXT = 20_000  # characters of one element
TITLE, SUMMARY = 160, 500  # characters that are kept
_DEEPEST = 60
_ITEMS = frozenset({"item", "entry"})
_TEXTS = {
    "title": "title",
    "description": "summary",
    "summary": "summary",
    "encoded": "content",
    "content": "content",
    "link": "link",
    "guid": "id",
    "id": "id",
    "pubdate": "at",
    "date": "at",
    "published": "at",
    "updated": "updated",
    "category": "topics",
}
_UNREAD = frozenset({"script", "style", "head"})
_BLOCKS = frozenset({"p", "br", "div", "li", "h1", "h2", "h3", "tr"})


class Unreadable(Exception):
    """It is no feed."""


class Item(Struct, frozen=True):
    """One headline. `id` is eight letters that stay the same; `at` is in Unix seconds, 0 where the feed does not say."""

    id: str
    title: str
    summary: str = ""
    link: str = ""
    at: float = 0.0
    topics: tuple[str, ...] = ()


class Feed(Struct, frozen=True):
    """What a feed is called, and what is in it."""

    title: str
    items: tuple[Item, ...]


def read(body: bytes) -> Feed:
    """The feed in a document. Raises Unreadable."""
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.EntityDeclHandler = reader.refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise Unreadable("no well-formed XML") from None
    if not reader.is_feed:
        raise Unreadable("neither RSS nor Atom")
    return Feed(plain(reader.title, TITLE), tuple(reader.items))


def plain(text: str, most: int) -> str:
    """Text without its HTML, in one line, cut at a word where it is too long."""
    reader = _Plain()
    reader.feed(text[:MOST_TEXT])
    reader.close()
    said = " ".join("".join(reader.parts).split())
    if len(said) <= most:
        return said
    return said[: most - 1].rsplit(" ", 1)[0].rstrip(" ,;:-–") + "…"


class _Reader:
    """Takes the elements of a feed as they come."""

    def __init__(self) -> None:
        self.is_feed = False
        self.title = ""
        self.items: list[Item] = []
        self._path: list[str] = []
        self._item: dict[str, list[str]] | None = None
        self._into: tuple[int, list[str]] | None = None  # at which depth the element began, and its text
        self._length = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        local = _local(name)
        self._path.append(local)
        if len(self._path) > _DEEPEST:
            raise ValueError("too deep")
        if len(self._path) == 1:
            self.is_feed = local in ("rss", "feed", "rdf")
        if local in _ITEMS and self._item is None:
            self._item = {}
        elif self._into is None and local in _TEXTS and self._is_wanted():
            self._begin(local, attributes)

    def end(self, name: str) -> None:
        """An element ends."""
        depth = len(self._path)
        local = self._path.pop()
        if self._into is not None and self._into[0] == depth:
            self._finish(local, "".join(self._into[1]))
        elif local in _ITEMS and self._item is not None and self._into is None:
            self._keep(self._item)
            self._item = None

    def text(self, data: str) -> None:
        """Text within an element."""
        if self._into is not None and self._length < MOST_TEXT:
            self._into[1].append(data[: MOST_TEXT - self._length])
            self._length += len(data)

    def refuse(self, *_: Any) -> None:
        """Entities are how small documents become large ones."""
        raise ValueError("entities")

    def _is_wanted(self) -> bool:
        """Within an item, one level down; or the feed's own title."""
        if self._item is not None:
            return self._path[-2] in _ITEMS
        return self._path[-1] == "title" and self._path[-2:-1] in (["channel"], ["feed"])

    def _begin(self, local: str, attributes: dict[str, str]) -> None:
        kind = attributes.get("rel", "alternate")
        if local == "link" and attributes.get("href") and self._item is not None and kind == "alternate":
            self._item.setdefault("link", []).append(attributes["href"])
        if local == "category" and attributes.get("term") and self._item is not None:
            self._item.setdefault("topics", []).append(attributes["term"])
        self._into, self._length = (len(self._path), []), 0

    def _finish(self, local: str, text: str) -> None:
        self._into = None
        if self._item is None:
            self.title = self.title or text
        elif text.strip():
            self._item.setdefault(_TEXTS[local], []).append(text)

    def _keep(self, item: dict[str, list[str]]) -> None:
        title = plain(_first(item, "title"), TITLE)
        summary = plain(_first(item, "summary") or _first(item, "content"), SUMMARY)
        if len(self.items) >= MOST_ITEMS or not (title or summary):
            return
        link = _first(item, "link").strip()
        name = _first(item, "id") or link or title
        self.items.append(
            Item(
                f"{crc32(name.encode('utf-8', 'surrogatepass')):08x}",
                title or plain(summary, TITLE),
                summary if summary != title else "",
                link if link.startswith(("https://", "http://")) and len(link) <= 2000 else "",
                _moment(_first(item, "at") or _first(item, "updated")),
                tuple(plain(topic, 60) for topic in item.get("topics", [])[:10]),
            )
        )


class _Plain(HTMLParser):
    """Keeps the text of HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """A tag begins: what is not to be read is left out, and blocks are apart."""
        self._unread += tag in _UNREAD
        if tag in _BLOCKS:
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """A tag ends."""
        self._unread = max(0, self._unread - (tag in _UNREAD))
        if tag in _BLOCKS:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        """Text."""
        if not self._unread:
            self.parts.append(data)


def _local(name: str) -> str:
    return name.rpartition(" ")[2].lower()


def _first(item: dict[str, list[str]], name: str) -> str:
    return item.get(name, [""])[0]


def _moment(text: str) -> float:
    """RFC 822 (RSS) or RFC 3339 (Atom), in Unix seconds; 0 where it is neither."""
    text = text.strip()
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = parse(text)
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return 0.0
