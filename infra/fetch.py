"""One bounded HTTP client for all skills of a process: no cookies, no proxies of the environment, no redirects of its own.

What is logged of a request is whose it was and how it went: never its address, which may hold a key or what somebody asked.
"""

import asyncio
import logging
import zlib
from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Self

import httpx
from msgspec import Struct

from infra.version import VERSION
from shared.errors import WebFailed
from shared.outside import Fetched
from shared.ports import Clock

log = logging.getLogger("nexus.fetch")

MOST_BYTES = 1024 * 1024  # of an answer, packed and unpacked
MOST_S = 10.0  # for one answer, whoever waits for it
AT_ONCE = 64
_KEEP_ALIVE = 16
_AGENT = f"NEXUS/{VERSION}"
_OWN = frozenset({"host", "cookie", "content-length", "transfer-encoding", "connection", "accept-encoding"})


class Ask(Struct, frozen=True):
    """One request. `skill` is whose it is, for the log."""

    skill: str
    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes | None = None


class Fetcher:
    """Fetches, while it is open (`async with`). `transport` is for tests."""

    def __init__(self, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._clock, self._transport = clock, transport
        self._client: asyncio.Task[httpx.AsyncClient] | None = None
        self._busy = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._client is not None:
            client, self._client = await self._client, None
            await client.aclose()

    async def fetch(self, ask: Ask, seconds: float) -> Fetched:
        """The answer, whatever its status. Raises WebFailed where none came within `seconds`, or it is too large."""
        if self._busy >= AT_ONCE:
            raise WebFailed("too many answers from the web are waited for", retry_after=1.0)
        started, ended = self._clock.monotonic(), "failed"
        self._busy += 1
        try:
            async with asyncio.timeout(min(max(seconds, 0.0), MOST_S)):
                fetched = await self._send(ask)
            ended = str(fetched.status)
            return fetched
        except WebFailed:
            raise
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError, ValueError) as error:
            ended = type(error).__name__
            raise WebFailed(_why(error), in_doubt=ask.method != "GET" and not _never_left(error)) from None
        finally:
            self._busy -= 1
            took = round(1000 * (self._clock.monotonic() - started), 2)
            log.info("web asked", extra={"skill": ask.skill, "method": ask.method, "state": ended, "duration_ms": took})

    async def _send(self, ask: Ask) -> Fetched:
        if self._client is None:
            self._client = asyncio.create_task(self._opened())
        client = await asyncio.shield(self._client)
        headers = {name: value for name, value in ask.headers if name.lower() not in _OWN}
        request = client.build_request(ask.method, ask.url, headers=headers, content=ask.content)
        response = await client.send(request, stream=True)
        try:
            body = await _body(response)
        finally:
            await response.aclose()
        return Fetched(response.status_code, _headers(response.headers), body, self._clock.now())

    async def _opened(self) -> httpx.AsyncClient:
        tls = await asyncio.to_thread(httpx.create_ssl_context, trust_env=False)  # reads 200 kB of roots
        return httpx.AsyncClient(
            verify=tls,
            transport=self._transport,
            trust_env=False,
            follow_redirects=False,
            timeout=MOST_S,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            limits=httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=_KEEP_ALIVE),
            headers={"user-agent": _AGENT, "accept-encoding": "gzip"},
        )


async def _body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > MOST_BYTES:
            raise WebFailed(f"the answer is larger than {MOST_BYTES} bytes", answered=response.status_code)
    match response.headers.get("content-encoding", "identity").strip().lower():
        case "identity" | "":
            return bytes(body)
        case "gzip" | "x-gzip":
            return _unpacked(bytes(body), response.status_code)
    raise WebFailed("the answer is packed in a way that was not asked for", answered=response.status_code)


def _unpacked(packed: bytes, status: int) -> bytes:
    """What a gzip holds, as far as it may be large."""
    unpack = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        body = unpack.decompress(packed, MOST_BYTES + 1)
    except zlib.error:
        raise WebFailed("the answer is not packed as it says", answered=status) from None
    if len(body) > MOST_BYTES:
        raise WebFailed(f"the answer is larger than {MOST_BYTES} bytes", answered=status)
    return body


def _headers(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items() if name.lower() != "set-cookie"}


def _why(error: Exception) -> str:
    late = isinstance(error, TimeoutError | httpx.TimeoutException)
    return "no answer in time" if late else f"no answer: {type(error).__name__}"


def _never_left(error: Exception) -> bool:
    return isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.InvalidURL)


def asked(skill: str, method: str, url: str, headers: Mapping[str, str] | None, content: bytes | None = None) -> Ask:
    """A request of a skill."""
    return Ask(skill, method, url, tuple(sorted((headers or {}).items())), content)
