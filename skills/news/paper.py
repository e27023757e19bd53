"""All feeds of an operator together: fetched at once, the newest first, each headline once."""

import asyncio
import re
import unicodedata
from collections.abc import Mapping

from msgspec import Struct

from shared.errors import PluginInvalid, WebFailed
from shared.outside import Web
from skills.news.feeds import Feed, Item, Unreadable, read

MOST_FEEDS = 8
MOST = 60  # headlines
FRESH_S = 600.0
STALE_S = 12 * 3600.0
_WORD = re.compile(r"\w+")
_SHORT = 3  # letters; shorter words are compared as a whole


class Paper(Struct, frozen=True):
    """The headlines, and since when they are known (Unix seconds) where the feeds do not answer now."""

    items: tuple[Item, ...]
    stale_since: float | None = None

    def item(self, id_: str) -> Item | None:
        """The headline of this id, if it is still there."""
        return next((one for one in self.items if one.id == id_), None)

    def about(self, topic: str) -> tuple[Item, ...]:
        """The headlines that have all words of `topic`, those in whose title they are first."""
        wanted = words(topic)
        found = [one for one in self.items if _has(wanted, f"{one.title} {one.summary} {' '.join(one.topics)}")]
        return tuple(sorted(found, key=lambda one: not _has(wanted, f"{one.title} {' '.join(one.topics)}")))


class _Page(Struct, frozen=True):
    feed: Feed
    at: float
    stale: bool


async def paper(web: Web, config: Mapping[str, str]) -> Paper:
    """What the feeds say now. Raises WebFailed where none answers, and Unreadable where none that answers is a feed."""
    urls = [url.strip(",") for url in config["feeds"].split()][:MOST_FEEDS]
    found = await asyncio.gather(*(_page(web, url) for url in urls), return_exceptions=True)
    pages = [one for one in found if isinstance(one, _Page)]
    if not pages:
        raise next((one for one in found if isinstance(one, BaseException)), WebFailed("there are no feeds"))
    stale = [one.at for one in pages if one.stale]
    return Paper(_merged(pages), min(stale) if len(stale) == len(pages) else None)


async def _page(web: Web, url: str) -> _Page:
    try:
        fetched = await web.get(url, ttl_s=FRESH_S, stale_s=STALE_S)
    except PluginInvalid:  # the operator wrote something that is no address
        raise Unreadable("no address") from None
    if fetched.status != 200:
        raise Unreadable(f"the feed answered {fetched.status}")
    return _Page(await asyncio.to_thread(read, fetched.body), fetched.at, fetched.stale)


def _merged(pages: list[_Page]) -> tuple[Item, ...]:
    """Newest first; feeds without dates keep their order, and come after."""
    items = sorted((item for page in pages for item in page.feed.items), key=lambda one: -one.at)
    once = {" ".join(words(item.title)): item for item in reversed(items)}
    return tuple(item for item in items if once.get(" ".join(words(item.title))) is item)[:MOST]


def words(text: str) -> list[str]:
    """Words to compare by: small, without accents."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(letter for letter in folded if not unicodedata.combining(letter)))


def _has(wanted: list[str], text: str) -> bool:
    """Whether every word that is wanted begins one of the text, or is one ("sport" finds "sports")."""
    there = words(text)
    return bool(wanted) and all(any(_fits(word, other) for other in there) for word in wanted)


def _fits(word: str, other: str) -> bool:
    if len(word) <= _SHORT:
        return word == other
    return other.startswith(word) or (
        len(word) - len(other) in (1, 2) and len(other) > _SHORT and word.startswith(other)
    )
