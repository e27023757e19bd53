"""Where signing keys come from: certificate chains at an allow-listed address, fetched with bounds, checked, and held.

A sender chooses the address, so every step is bounded: which addresses (`canonical`), how long and how much (`HttpChains`), how
many at once, how many are remembered, and how soon a failed one is tried again (`ChainKeys`).
"""

import asyncio
import posixpath
import re
import ssl
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import httpx
from msgspec import Struct

from infra.chain import Trust, Trusted, extra_roots
from infra.google_keys import google_keys
from shared.errors import KeySourceUnavailable, SignatureInvalid
from shared.ports import Clock, KeySource, SigningKey

ALEXA_SERVER_NAME = "echo-api.amazon.com"
FETCH_SECONDS = 3.0
FETCH_BYTES = 64 * 1024
FETCHES_AT_ONCE = 8
KEYS_HELD = 32
FAILURES_HELD = 1024
REFUSED_SECONDS = 10.0  # how long a chain that is not good is not asked for again
UNAVAILABLE_SECONDS = 2.0  # the same where the network failed
MAX_URL = 1024

_T = TypeVar("_T")
_HOST = "s3.amazonaws.com"
_FOLDER = "/echo.api/"
_PATH = re.compile(r"/[A-Za-z0-9._~+=,@/-]+", re.ASCII)


def key_source(platform: str, config: Mapping[str, str], clock: Clock) -> KeySource:
    """The key source of a platform. Raises DoorShut if a file that `config` names cannot be read."""
    return _SOURCES[platform](config, clock)


def alexa_keys(config: Mapping[str, str], clock: Clock) -> KeySource:
    """Amazon's certificate chains by URL. `extra_roots` (PEM file) and `certificates` (folder) are for simulators.

    Raises DoorShut if a file that `config` names cannot be read.
    """
    roots = extra_roots(Path(config["extra_roots"])) if config.get("extra_roots") else ()
    chains = FolderChains(Path(config["certificates"])) if config.get("certificates") else HttpChains()
    return ChainKeys(chains, Trust(ALEXA_SERVER_NAME, roots), clock)


_SOURCES: dict[str, Callable[[Mapping[str, str], Clock], KeySource]] = {"alexa": alexa_keys, "google": google_keys}


def canonical(url: str) -> str:
    """The one address that `url` stands for, without query and fragment. Raises SignatureInvalid if Amazon would not use it.

    https://developer.amazon.com/docs/custom-skills/host-a-custom-skill-as-a-web-service.html#checking-the-signature-of-the-request
    """
    # urlsplit forgives white space and drops line ends: look at what came before it does.
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise SignatureInvalid("the certificate URL has characters that do not belong in it, or is too long")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise SignatureInvalid("the certificate URL cannot be read") from None
    if parts.scheme.lower() != "https" or parts.netloc.lower() not in (_HOST, f"{_HOST}:443"):
        raise SignatureInvalid(f"the certificate URL is not at https://{_HOST}")
    path = posixpath.normpath(unquote(parts.path))  # decoded once: what is still an escape then is refused
    if not path.startswith(_FOLDER) or not _PATH.fullmatch(path):
        raise SignatureInvalid(f"the certificate URL is not under {_FOLDER}")
    return f"https://{_HOST}{path}"


class Chains(ABC):
    """Certificate chains by their canonical address."""

    @abstractmethod
    async def fetch(self, url: str) -> bytes:
        """The chain as PEM, at most FETCH_BYTES. Raises SignatureInvalid (there is none) or KeySourceUnavailable."""


class HttpChains(Chains):
    """Chains over HTTPS: no redirects, no proxies from the environment, bounded in time and size."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None, seconds: float = FETCH_SECONDS) -> None:
        self._transport, self._seconds = transport, seconds
        self._tls: ssl.SSLContext | None = None

    async def fetch(self, url: str) -> bytes:
        """As Chains.fetch."""
        try:
            return await asyncio.wait_for(self._get(url), self._seconds)
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            raise KeySourceUnavailable(f"the certificate chain could not be fetched: {type(error).__name__}") from None

    async def _get(self, url: str) -> bytes:
        client = await self._client()
        try:
            request = client.build_request("GET", url, headers={"accept-encoding": "identity"})
            return await _body(await client.send(request, stream=True))
        finally:
            await client.aclose()

    async def _client(self) -> httpx.AsyncClient:
        if self._tls is None:
            self._tls = await asyncio.to_thread(httpx.create_ssl_context, trust_env=False)  # reads 200 kB of roots
        return httpx.AsyncClient(
            verify=self._tls, transport=self._transport, trust_env=False, follow_redirects=False, timeout=self._seconds
        )


async def _body(response: httpx.Response) -> bytes:
    if response.status_code >= 500 or response.status_code == 429:
        raise KeySourceUnavailable(f"the certificate server answered {response.status_code}")
    if response.status_code != 200 or "content-encoding" in response.headers:
        raise SignatureInvalid(f"the certificate server answered {response.status_code}, or encoded the chain")
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > FETCH_BYTES:
            raise SignatureInvalid(f"the certificate chain is larger than {FETCH_BYTES} bytes")
    return bytes(body)


class FolderChains(Chains):
    """Chains from a folder by the last part of their address, for simulators: `https://…/echo.api/x.pem` is `x.pem`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def fetch(self, url: str) -> bytes:
        """As Chains.fetch."""
        return await asyncio.to_thread(self._read, posixpath.basename(url))

    def _read(self, name: str) -> bytes:
        try:
            with (self._folder / name).open("rb") as file:
                body = file.read(FETCH_BYTES + 1)
        except OSError as error:
            raise SignatureInvalid(f"there is no certificate chain {name}: {error.strerror}") from None
        if len(body) > FETCH_BYTES:
            raise SignatureInvalid(f"the certificate chain is larger than {FETCH_BYTES} bytes")
        return body


class _Failure(Struct, frozen=True):
    """Why a chain is not to be had, and until when that is taken for granted."""

    error: type[SignatureInvalid] | type[KeySourceUnavailable]
    text: str
    until: float


class ChainKeys:
    """Keys of chains, held until the chain expires. Implements KeySource.

    Failures are kept apart from keys, so a flood of forged addresses cannot push out a good key.
    """

    def __init__(self, chains: Chains, trust: Trust, clock: Clock) -> None:
        self._chains, self._trust, self._clock = chains, trust, clock
        self._held: OrderedDict[str, Trusted] = OrderedDict()
        self._failed: OrderedDict[str, _Failure] = OrderedDict()
        self._running: dict[str, asyncio.Task[Trusted | _Failure]] = {}

    async def key(self, name: str) -> SigningKey:
        """The key at the URL `name`. Raises SignatureInvalid (not acceptable) or KeySourceUnavailable (could not be fetched)."""
        # Held keys go by canonical addresses, which is what Amazon sends: most calls end at the first look-up.
        held = self._held.get(name)
        url = name if held is not None else canonical(name)
        if held is None:
            held = self._held.get(url)
        if held is not None and self._clock.now() < held.until:
            self._held.move_to_end(url)
            return held.key
        failure = self._recent_failure(url)
        found = failure if failure is not None else await asyncio.shield(self._fetching(url))
        if isinstance(found, _Failure):
            raise found.error(found.text)
        return found.key

    def _recent_failure(self, url: str) -> _Failure | None:
        failure = self._failed.get(url)
        return failure if failure is not None and self._clock.now() < failure.until else None

    def _fetching(self, url: str) -> "asyncio.Task[Trusted | _Failure]":
        """The fetch of `url` that runs, or a new one. Whoever waits may be cancelled; the fetch goes on for the others."""
        task = self._running.get(url)
        if task is None:
            if len(self._running) >= FETCHES_AT_ONCE:
                raise KeySourceUnavailable("too many certificate chains are being fetched")
            task = self._running[url] = asyncio.create_task(self._fetch(url))
            task.add_done_callback(lambda _: self._running.pop(url, None))
        return task

    async def _fetch(self, url: str) -> Trusted | _Failure:
        try:
            trusted = self._trust.check(await self._chains.fetch(url), self._clock.now())
        except SignatureInvalid as error:
            return self._fail(url, _Failure(SignatureInvalid, str(error), self._clock.now() + REFUSED_SECONDS))
        except KeySourceUnavailable as error:
            return self._fail(url, _Failure(KeySourceUnavailable, str(error), self._clock.now() + UNAVAILABLE_SECONDS))
        _keep(self._held, url, trusted, KEYS_HELD)
        return trusted

    def _fail(self, url: str, failure: _Failure) -> _Failure:
        _keep(self._failed, url, failure, FAILURES_HELD)
        return failure


def _keep(held: "OrderedDict[str, _T]", url: str, value: _T, limit: int) -> None:
    held[url] = value
    held.move_to_end(url)
    while len(held) > limit:
        held.popitem(last=False)
