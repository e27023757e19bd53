"""Problem details for HTTP APIs (RFC 9457), with a stable `code` beside the standard members."""

from http import HTTPStatus
from math import ceil
from typing import Any

import msgspec

from shared.errors import LimitExceeded, Malformed, MethodNotAllowed, NexusError, NotAuthentic, Unavailable

PROBLEM_JSON = b"application/problem+json"
Headers = tuple[tuple[bytes, bytes], ...]


def problem(error: NexusError, unauthenticated: int = 401) -> tuple[int, Headers, bytes]:
    """Status, headers and body of the problem that `error` is. Unexpected errors say nothing of their inside."""
    status = (error.wanted or unauthenticated) if isinstance(error, NotAuthentic) else error.status
    body: dict[str, Any] = {
        "type": f"urn:nexus:problem:{error.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": error.code,
        "detail": str(error),
    }
    if isinstance(error, Malformed) and error.fields:
        body["fields"] = list(error.fields)
    return status, _headers(error, status), msgspec.json.encode(body)


def _headers(error: NexusError, status: int) -> Headers:
    headers: list[tuple[bytes, bytes]] = [(b"content-type", PROBLEM_JSON), (b"cache-control", b"no-store")]
    if isinstance(error, MethodNotAllowed):
        headers.append((b"allow", ", ".join(error.allow).encode()))
    if isinstance(error, LimitExceeded | Unavailable):
        headers.append((b"retry-after", str(max(1, ceil(error.retry_after))).encode()))
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="nexus"'))
    return tuple(headers)
