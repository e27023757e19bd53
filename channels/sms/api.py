"""How carriers' APIs are called, bounded in time and size, and what their answers mean for the message."""

import asyncio
import base64
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import certifi
import httpx
import msgspec
from msgspec import Struct

from shared.channel import Delivered
from shared.errors import DeliveryFailed

CONNECT_S, WHOLE_S = 5.0, 15.0
MAX_ANSWER = 64 * 1024  # bytes
AGAIN_S = 5.0  # where the carrier does not say when
LATER_S = 300.0  # the account or its settings are at fault: somebody has to look at it first

_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_MAX_ID = 256  # characters of a carrier's message id


class ApiAnswer(Struct, frozen=True):
    """What a carrier's API said: status, the body's JSON object ({} where it is none), Retry-After in seconds if it is there."""

    status: int
    body: dict[str, Any]
    retry_after: float | None = None


class Said(Struct, frozen=True):
    """What a carrier's body says beside the status.

    `id` is that of the message it took, as it was found. `code` is that of an error, which goes into logs, so it is a plain word
    or number; "" where there is none. `again_s`: the carrier refuses now, with a status that is for good otherwise.
    """

    id: Any = None
    code: str = ""
    opted_out: bool = False
    again_s: float | None = None


class Api:
    """One carrier's API. `carrier` is its name in errors, `said` reads its answers."""

    def __init__(self, carrier: str, said: Callable[[ApiAnswer], Said]) -> None:
        self._carrier, self._said = carrier, said
        self._trust: ssl.SSLContext | None = None  # made at the first message: it reads all roots

    async def send(
        self,
        url: str,
        *,
        form: Sequence[tuple[str, str]] | None = None,
        json: Any = None,
        auth: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Delivered:
        """Post a message, as a form or as JSON. Raises DeliveryFailed.

        Any 2xx means that the carrier took it: where its id cannot be read, it is "", and receipts find the message by our
        reference. In doubt are those whose answer did not come, and 5xx, which may come from something in between or after the
        message was taken; a 503 that names a time to come again is none. To be tried again are 3xx, 401, 402, 403, 408 and 429;
        final is any other 4xx. Who opted out is known by the carrier's code, whatever the status.
        """
        content, kind = _encoded(form, json)
        head = {"content-type": kind, "accept-encoding": "identity", **(headers or {})}  # packed, its size is not known
        if auth is not None:
            head["authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        answer = await self._answer(url, content, head)
        said = self._said(answer)
        if 200 <= answer.status < 300:
            return Delivered(_readable(said.id))
        raise self._failure(answer, said)

    async def _answer(self, url: str, content: bytes, head: Mapping[str, str]) -> ApiAnswer:
        try:
            async with (
                asyncio.timeout(WHOLE_S),
                self._client() as client,
                client.stream("POST", url, content=content, headers=head) as answer,
            ):
                body = await _start_of(answer)
        except (httpx.HTTPError, TimeoutError) as error:
            doubt = not isinstance(error, _NEVER_LEFT)
            name = type(error).__name__
            raise DeliveryFailed(f"{self._carrier}: {name}", in_doubt=doubt, retry_after=AGAIN_S) from None
        return ApiAnswer(answer.status_code, _object(body), _seconds(answer.headers.get("retry-after")))

    def _failure(self, answer: ApiAnswer, said: Said) -> DeliveryFailed:
        """What an answer means that takes no message."""
        status, asked = answer.status, answer.retry_after
        text = f"{self._carrier}: HTTP {status}, error {said.code or 'unknown'}"
        if said.opted_out:
            return DeliveryFailed(text, final=True, opted_out=True)
        if status >= 500:
            doubt = status != 503 or asked is None
            return DeliveryFailed(text, in_doubt=doubt, retry_after=AGAIN_S if asked is None else asked)
        if status in (401, 403):
            return DeliveryFailed(f"{text}: it refuses our credentials", retry_after=LATER_S)
        if status < 400 or status == 402:  # it points elsewhere, or the account has no credit
            return DeliveryFailed(text, retry_after=LATER_S)
        if status in (408, 429):
            return DeliveryFailed(text, retry_after=AGAIN_S if asked is None else asked)
        return DeliveryFailed(text, final=said.again_s is None, retry_after=said.again_s)

    def _client(self) -> httpx.AsyncClient:
        if self._trust is None:
            self._trust = ssl.create_default_context(cafile=certifi.where())
        return httpx.AsyncClient(verify=self._trust, trust_env=False, timeout=httpx.Timeout(WHOLE_S, connect=CONNECT_S))


def _encoded(form: Sequence[tuple[str, str]] | None, json: Any) -> tuple[bytes, str]:
    if form is None:
        return msgspec.json.encode(json), "application/json"
    return str(httpx.QueryParams(list(form))).encode(), "application/x-www-form-urlencoded"


async def _start_of(answer: httpx.Response) -> bytes:
    """The body as it comes over the wire, up to MAX_ANSWER."""
    body = b""
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) >= MAX_ANSWER:
            break
    return body[:MAX_ANSWER]


def _object(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def _readable(found: Any) -> str:
    """The id of a message, if it is one that can be kept; "" otherwise."""
    return found if isinstance(found, str) and len(found) <= _MAX_ID and found.isprintable() else ""


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    return min(float(text), LATER_S) if text.isascii() and text.isdigit() else AGAIN_S
