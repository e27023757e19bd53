"""Google's signing keys by key id: one list of certificates at a fixed address, fetched with bounds, held as long as Google says.

The sender of a token chooses its key id, so an unknown one makes the list be fetched anew at most once in REFETCH_SECONDS,
however many come; a list that cannot be fetched is not asked for again at once, and the last good one serves a while longer.
"""

import asyncio
import re
import ssl
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import load_pem_x509_certificate
from msgspec import Struct

from infra.chain import MIN_RSA_BITS, RsaSha256Key
from shared.errors import DoorShut, KeySourceUnavailable, SignatureInvalid
from shared.ports import Clock, SigningKey

CERTIFICATES_URL = "https://www.googleapis.com/oauth2/v1/certs"
"""X.509 certificates by key id, for tokens whose issuer is https://accounts.google.com.

https://developers.google.com/identity/sign-in/web/backend-auth#verify-the-integrity-of-the-id-token
"""

FETCH_SECONDS = 3.0
FETCH_BYTES = 64 * 1024
MOST_KEYS = 64
SHORTEST_AGE = 60.0  # seconds a list is held at least, and
LONGEST_AGE = 86_400.0  # at most, whatever its cache-control says
USUAL_AGE = 3_600.0  # where it says nothing
REFETCH_SECONDS = 60.0  # how long an unknown key id does not make the list be fetched again
UNAVAILABLE_SECONDS = 2.0  # how long a failed fetch is not tried again
GRACE_SECONDS = 3_600.0  # how long an expired list serves while no new one is to be had

_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=(\d{1,9})(?:$|[\s,])", re.IGNORECASE)
_LIST: "msgspec.json.Decoder[dict[str, str]]" = msgspec.json.Decoder(dict[str, str])


class Fetched(Struct, frozen=True):
    """The list as it came: JSON, and for how many seconds it may be held."""

    body: bytes
    age: float


class Certificates(ABC):
    """Where the list comes from."""

    @abstractmethod
    async def fetch(self) -> Fetched:
        """The list, at most FETCH_BYTES. Raises KeySourceUnavailable."""


class HttpCertificates(Certificates):
    """The list over HTTPS: no redirects, no proxies from the environment, bounded in time and size."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None, seconds: float = FETCH_SECONDS) -> None:
        self._transport, self._seconds = transport, seconds
        self._tls: ssl.SSLContext | None = None

    async def fetch(self) -> Fetched:
        """As Certificates.fetch."""
        try:
            return await asyncio.wait_for(self._get(), self._seconds)
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            raise KeySourceUnavailable(f"Google's keys could not be fetched: {type(error).__name__}") from None

    async def _get(self) -> Fetched:
        client = await self._client()
        try:
            request = client.build_request("GET", CERTIFICATES_URL, headers={"accept-encoding": "identity"})
            return await _read(await client.send(request, stream=True))
        finally:
            await client.aclose()

    async def _client(self) -> httpx.AsyncClient:
        if self._tls is None:
            self._tls = await asyncio.to_thread(httpx.create_ssl_context, trust_env=False)  # reads 200 kB of roots
        return httpx.AsyncClient(
            verify=self._tls, transport=self._transport, trust_env=False, follow_redirects=False, timeout=self._seconds
        )


async def _read(response: httpx.Response) -> Fetched:
    if response.status_code != 200 or "content-encoding" in response.headers:
        raise KeySourceUnavailable(f"the server of Google's keys answered {response.status_code}, or encoded them")
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > FETCH_BYTES:
            raise KeySourceUnavailable(f"the list of Google's keys is larger than {FETCH_BYTES} bytes")
    return Fetched(bytes(body), age_of(response.headers.get("cache-control", "")))


def age_of(cache_control: str) -> float:
    """For how many seconds a list with this header may be held: its max-age, within our bounds."""
    found = _MAX_AGE.search(cache_control)
    return min(max(float(found[1]) if found else USUAL_AGE, SHORTEST_AGE), LONGEST_AGE)


class FileCertificates(Certificates):
    """The list in a file, for simulators. It is looked at again after SHORTEST_AGE."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def fetch(self) -> Fetched:
        """As Certificates.fetch."""
        return await asyncio.to_thread(self.read)

    def read(self) -> Fetched:
        """The file's content. Raises KeySourceUnavailable."""
        try:
            with self._path.open("rb") as file:
                body = file.read(FETCH_BYTES + 1)
        except OSError as error:
            raise KeySourceUnavailable(f"{self._path} cannot be read: {error.strerror}") from None
        if len(body) > FETCH_BYTES:
            raise KeySourceUnavailable(f"{self._path} is larger than {FETCH_BYTES} bytes")
        return Fetched(body, SHORTEST_AGE)


class _Held(Struct, frozen=True):
    """A key, and between which moments (Unix seconds) its certificate is valid."""

    key: RsaSha256Key
    starts: float
    ends: float


class _Listed(Struct, frozen=True):
    """A list that was read: when, and until when it may be held."""

    keys: dict[str, _Held]
    at: float
    until: float


class GoogleKeys:
    """Google's keys by key id. Implements KeySource."""

    def __init__(self, certificates: Certificates, clock: Clock) -> None:
        self._certificates, self._clock = certificates, clock
        self._listed = _Listed({}, -LONGEST_AGE, -LONGEST_AGE)
        self._failed: tuple[float, str] = (-LONGEST_AGE, "")
        self._running: asyncio.Task[str | None] | None = None

    async def key(self, name: str) -> SigningKey:
        """The key called `name`. Raises SignatureInvalid (there is none) or KeySourceUnavailable (the list cannot be had)."""
        if not _KEY_ID.fullmatch(name):
            raise SignatureInvalid("the key id is none of Google's")
        if self._must_look(name):
            await self._look()
        held = self._listed.keys.get(name)
        if held is None or not held.starts <= self._clock.now() < held.ends:
            raise SignatureInvalid("the token is signed with a key that Google does not list now")
        return held.key

    def _must_look(self, name: str) -> bool:
        """Whether the list has to be fetched: it is old, or this key is not on it and may have been added since."""
        now = self._clock.now()
        return now >= self._listed.until or (name not in self._listed.keys and now >= self._listed.at + REFETCH_SECONDS)

    async def _look(self) -> None:
        """Fetch the list, once for all who wait. Raises KeySourceUnavailable where not even an old one may serve."""
        now = self._clock.now()
        since, failure = self._failed
        problem: str | None = failure if now < since + UNAVAILABLE_SECONDS else await asyncio.shield(self._fetching())
        if problem is not None and now >= self._listed.until + GRACE_SECONDS:
            raise KeySourceUnavailable(problem)

    def _fetching(self) -> "asyncio.Task[str | None]":
        """The fetch that runs, or a new one. Whoever waits may be cancelled; the fetch goes on for the others."""
        if self._running is None:
            self._running = asyncio.create_task(self._fetch())
            self._running.add_done_callback(self._done)
        return self._running

    def _done(self, _task: "asyncio.Task[str | None]") -> None:
        self._running = None

    async def _fetch(self) -> str | None:
        """Why there is no new list, or None where there is one now."""
        try:
            fetched = await self._certificates.fetch()
            keys = _keys(fetched.body)
        except KeySourceUnavailable as error:
            self._failed = (self._clock.now(), str(error))
            return str(error)
        now = self._clock.now()
        self._listed = _Listed(keys, now, now + fetched.age)
        return None


def google_keys(config: Mapping[str, str], clock: Clock) -> GoogleKeys:
    """Google's keys; from the JSON file that `certs` names, for simulators. Raises DoorShut if that cannot be read."""
    path = config.get("certs")
    if not path:
        return GoogleKeys(HttpCertificates(), clock)
    certificates = FileCertificates(Path(path))
    try:
        certificates.read()
    except KeySourceUnavailable as error:
        raise DoorShut(f"google: NEXUS_GOOGLE_CERTS: {error}") from None
    return GoogleKeys(certificates, clock)


def _keys(body: bytes) -> dict[str, _Held]:
    """The usable keys of a list. Raises KeySourceUnavailable where it is no list, or has none."""
    try:
        listed = _LIST.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise KeySourceUnavailable("the list of Google's keys is not JSON of certificates by key id") from None
    found = {name: key for name, pem in list(listed.items())[:MOST_KEYS] if (key := _key(pem)) is not None}
    if not found:
        raise KeySourceUnavailable("the list of Google's keys holds no usable certificate")
    return found


def _key(pem: str) -> _Held | None:
    """The RSA key of a certificate; None where it cannot be used, so that one bad entry does not shut out the others."""
    try:
        certificate = load_pem_x509_certificate(pem.encode("utf-8", "replace"))
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    if not isinstance(key, RSAPublicKey) or key.key_size < MIN_RSA_BITS:
        return None
    return _Held(
        RsaSha256Key(key), _seconds(certificate.not_valid_before_utc), _seconds(certificate.not_valid_after_utc)
    )


def _seconds(moment: datetime) -> float:
    return moment.astimezone(UTC).timestamp()
