"""How carriers' APIs are called: bounded in time and size, and what their refusals mean for us."""

import base64
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

import certifi
import httpx
import msgspec
from msgspec import Struct

from shared.errors import DeliveryFailed

CONNECT_S, WHOLE_S = 5.0, 15.0
MAX_ANSWER = 64 * 1024  # bytes
AGAIN_S = 5.0  # where the carrier does not say when
LATER_S = 300.0  # the account is at fault: somebody has to look at it first

_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_IN_DOUBT = (502, 504)  # said by something in between: the carrier may have taken the message


class ApiAnswer(Struct, frozen=True):
    """What a carrier's API said: status, and the body's JSON object ({} where it is none)."""

    status: int
    body: dict[str, Any]


class Api:
    """One carrier's API. `carrier` is its name in errors."""

    def __init__(self, carrier: str) -> None:
        self._carrier = carrier
        self._trust: ssl.SSLContext | None = None  # made at the first message: it reads all roots

    async def post(
        self,
        url: str,
        *,
        form: Sequence[tuple[str, str]] | None = None,
        json: Any = None,
        auth: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ApiAnswer:
        """Post a form or JSON.

        Raises DeliveryFailed where the same may be tried again: no connection, 401, 403, 408, 429, 5xx.
        """
        content, kind = _encoded(form, json)
        head = {"content-type": kind, **(headers or {})}
        if auth is not None:
            head["authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        found = await self._answer(url, content, head)
        answer = ApiAnswer(found.status_code, _object(found.content[:MAX_ANSWER]))
        if found.status_code in (401, 403):
            raise DeliveryFailed(f"{self._carrier}: refuses our credentials", retry_after=LATER_S)
        if found.status_code in (408, 429) or found.status_code >= 500:
            again, doubt = _seconds(found.headers.get("retry-after", "")), found.status_code in _IN_DOUBT
            raise DeliveryFailed(f"{self._carrier}: HTTP {found.status_code}", in_doubt=doubt, retry_after=again)
        return answer

    async def _answer(self, url: str, content: bytes, head: Mapping[str, str]) -> httpx.Response:
        try:
            async with self._client() as client:
                return await client.post(url, content=content, headers=head)
        except httpx.HTTPError as error:
            doubt = not isinstance(error, _NEVER_LEFT)
            name = type(error).__name__
            raise DeliveryFailed(f"{self._carrier}: {name}", in_doubt=doubt, retry_after=AGAIN_S) from None

    def _client(self) -> httpx.AsyncClient:
        if self._trust is None:
            self._trust = ssl.create_default_context(cafile=certifi.where())
        return httpx.AsyncClient(verify=self._trust, trust_env=False, timeout=httpx.Timeout(WHOLE_S, connect=CONNECT_S))


def _encoded(form: Sequence[tuple[str, str]] | None, json: Any) -> tuple[bytes, str]:
    if form is None:
        return msgspec.json.encode(json), "application/json"
    return str(httpx.QueryParams(list(form))).encode(), "application/x-www-form-urlencoded"


def _object(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def _seconds(text: str) -> float:
    return min(float(text), LATER_S) if text.isascii() and text.isdigit() and text else AGAIN_S
