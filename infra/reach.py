"""The web as skills have it: permitted hosts only, answers kept a while, equal questions asked once."""

import asyncio
from collections.abc import Mapping
from typing import Self
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

from cachetools import LRUCache
from msgspec.structs import replace

from infra.fetch import MOST_S, Ask, Fetcher, asked
from infra.permitted import Permitted, origin_of
from shared.errors import PluginInvalid, WebFailed
from shared.outside import Fetched
from shared.ports import Clock

CACHE_BYTES = 16 * 1024 * 1024
REDIRECTS = 3
_MOVED = frozenset({301, 302, 303, 307, 308})
_ENTRY = 1024  # bytes that an answer costs besides its body
_PERSONAL = frozenset({"authorization", "x-api-key", "api-key"})


class Answers:
    """Answers that came, and questions that are under way. What is kept is bounded in bytes; the least asked for goes first."""

    def __init__(self, fetcher: Fetcher, clock: Clock) -> None:
        self.fetcher, self.clock = fetcher, clock
        self._kept: LRUCache[Ask, Fetched] = LRUCache(CACHE_BYTES, getsizeof=lambda one: len(one.body) + _ENTRY)
        self._running: dict[Ask, asyncio.Task[Fetched]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Whoever still waits is told that nothing comes."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def kept(self, ask: Ask, seconds: float) -> Fetched | None:
        """An answer that is no older than so many seconds."""
        found = self._kept.get(ask)
        return found if found is not None and self.clock.now() - found.at <= seconds else None

    async def fresh(self, ask: Ask, permitted: Permitted, seconds: float) -> Fetched:
        """An answer that others may be waiting for, too. Whoever's time is over leaves; the question goes on for the others."""
        task = self._running.get(ask)
        if task is None:
            task = self._running[ask] = asyncio.create_task(self.get(ask, permitted, MOST_S))
            task.add_done_callback(lambda done: self._ended(ask, done))
        try:
            async with asyncio.timeout(max(seconds, 0.0)):
                return await asyncio.shield(task)
        except TimeoutError:
            raise WebFailed("no answer in time") from None

    async def get(self, ask: Ask, permitted: Permitted, seconds: float) -> Fetched:
        """The answer to a GET, through its redirects. Raises WebFailed, for bad answers too."""
        end = self.clock.monotonic() + seconds
        for _ in range(1 + REDIRECTS):
            fetched = good(await self.fetcher.fetch(ask, end - self.clock.monotonic()))
            if fetched.status not in _MOVED or "location" not in fetched.headers:
                return fetched
            ask = _moved(ask, fetched.headers["location"], permitted)
        raise WebFailed("the service sends us on and on")

    def _ended(self, ask: Ask, task: "asyncio.Task[Fetched]") -> None:
        del self._running[ask]
        if not task.cancelled() and task.exception() is None and task.result().status == 200:
            self._kept[ask] = task.result()


def good(fetched: Fetched) -> Fetched:
    """The answer, unless the service says that it cannot answer now."""
    if fetched.status < 500 and fetched.status != 429:
        return fetched
    later = fetched.headers.get("retry-after", "")
    seconds = float(later) if later.isascii() and later.isdigit() and len(later) < 6 else None
    raise WebFailed(f"the service answered {fetched.status}", answered=fetched.status, retry_after=seconds)


def _moved(ask: Ask, location: str, permitted: Permitted) -> Ask:
    """Where a redirect leads. Another origin is told nothing that lets somebody in."""
    url = urljoin(ask.url, location)
    if not permitted.allows(url):
        raise WebFailed("the service sends us to a host that is not permitted")
    same = origin_of(url) == origin_of(ask.url)
    headers = tuple(pair for pair in ask.headers if same or pair[0].lower() not in _PERSONAL)
    return replace(ask, url=url, headers=headers)


class SkillWeb:
    """Implements `shared.outside.Web` for one skill until a deadline (Unix seconds)."""

    def __init__(self, answers: Answers, skill: str, permitted: Permitted, deadline: float) -> None:
        self._answers, self._skill, self._permitted, self._deadline = answers, skill, permitted, deadline

    async def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        ttl_s: float = 0.0,
        stale_s: float = 0.0,
    ) -> Fetched:
        """See `Web.get`."""
        ask = asked(self._skill, "GET", _with(self._checked(url), params), headers)
        if (known := self._answers.kept(ask, ttl_s)) is not None:
            return known
        try:
            if ttl_s or stale_s:
                return await self._answers.fresh(ask, self._permitted, self._left())
            return await self._answers.get(ask, self._permitted, self._left())
        except WebFailed:
            if (old := self._answers.kept(ask, stale_s)) is None:
                raise
            return replace(old, stale=True)

    async def post(
        self,
        url: str,
        content: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        media_type: str = "application/json",
    ) -> Fetched:
        """See `Web.post`."""
        told = {"content-type": media_type, **(headers or {})}
        ask = asked(self._skill, "POST", self._checked(url), told, content)
        return good(await self._answers.fetcher.fetch(ask, self._left()))

    def _checked(self, url: str) -> str:
        if not self._permitted.allows(url):
            raise PluginInvalid(f"skill {self._skill} may not ask this host: permissions in skill.toml")
        return url

    def _left(self) -> float:
        return self._deadline - self._answers.clock.now()


def _with(url: str, params: Mapping[str, str] | None) -> str:
    """A URL with parameters after those that it has."""
    if not params:
        return url
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(params))))
    return urlunsplit(parts._replace(query=query, fragment=""))
