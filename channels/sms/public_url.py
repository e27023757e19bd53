"""The addresses under which a carrier may have reached us: what it signs is its own view of the URL, not ours.

The configured public URL is the truth, whatever proxies say: X-Forwarded-* are never looked at, anybody can send them.
"""

from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from channels.sms.settings import SmsSettings
from shared.channel import Wire

_PORTS = {"https": 443, "http": 80}


class Addresses:
    """The public URL, with and without its port.

    In development also those of this machine and, without a public URL, of the request's own Host.
    """

    def __init__(self, settings: SmsSettings) -> None:
        bases = [settings.public_url] if settings.public_url else []
        bases += settings.local_urls if settings.development else ()
        self._known = tuple(dict.fromkeys(one for base in bases for one in _both(base)))
        self._hosts = settings.development and not settings.public_url

    def of(self, wire: Wire) -> Iterator[str]:
        """The full URLs, with path and query as they came, that `wire` may have been sent to; the likely ones first."""
        for base in self._known:
            yield base + wire.target
        host = wire.header("host") if self._hosts else None
        if host:
            yield from (base + wire.target for scheme in ("https", "http") for base in _both(f"{scheme}://{host}"))


def callback_url(app: str, place: str, settings: SmsSettings) -> str | None:
    """Where a carrier reports what became of a message; None where there is no public URL."""
    if not settings.public_url:
        return None
    path = "" if app == "default" else f"/apps/{app}"
    return f"{settings.public_url}{path}/channels/sms/{place}"


def _both(base: str) -> tuple[str, ...]:
    """The URL without port and with it, first as it is written; alone where there is no port, none where it cannot be read."""
    try:
        parts = urlsplit(base)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return ()
    if port is None:
        return (base,)
    bare = _host(parts)
    both = f"{parts.scheme}://{bare}{parts.path}", f"{parts.scheme}://{bare}:{port}{parts.path}"
    return both[::-1] if base == both[1] else both


def _host(parts: SplitResult) -> str:
    """User information and host, without the port. A colon inside the brackets of an IPv6 address is none."""
    place = parts.netloc.rpartition("@")
    head, _, tail = place[2].rpartition(":")
    bare = head if head and not tail.endswith("]") and (tail.isdigit() or not tail) else place[2]
    return place[0] + place[1] + bare
