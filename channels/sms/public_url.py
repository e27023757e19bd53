"""The addresses under which a carrier may have reached us: what it signs is its own view of the URL, not ours.

The configured public URL is the truth, whatever proxies say: X-Forwarded-* are never looked at, anybody can send them.
"""

from urllib.parse import SplitResult, urlsplit

from channels.sms.settings import SmsSettings
from shared.channel import Wire

_PORTS = {"https": 443, "http": 80}


def addresses(wire: Wire, settings: SmsSettings) -> tuple[str, ...]:
    """The full URLs, with path and query as they came, that `wire` may have been sent to: each with and without its port.

    In development they are also those of this machine and, without a public URL, of the request's own Host.
    """
    bases = [settings.public_url] if settings.public_url else []
    if settings.development:
        bases += settings.local_urls
        host = wire.header("host")
        if host and not settings.public_url:
            bases += [f"https://{host}", f"http://{host}"]
    return tuple(dict.fromkeys(url for base in bases for url in _both(base, wire.target)))


def callback_url(app: str, place: str, settings: SmsSettings) -> str | None:
    """Where a carrier reports what became of a message; None where there is no public URL."""
    if not settings.public_url:
        return None
    path = "" if app == "default" else f"/apps/{app}"
    return f"{settings.public_url}{path}/channels/sms/{place}"


def _both(base: str, target: str) -> tuple[str, ...]:
    """The URL without port, and with it; only as it is where it cannot be read."""
    try:
        parts = urlsplit(base)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return ()
    if port is None:
        return (base + target,)
    bare = _host(parts)
    return f"{parts.scheme}://{bare}{parts.path}{target}", f"{parts.scheme}://{bare}:{port}{parts.path}{target}"


def _host(parts: SplitResult) -> str:
    """User information and host, without the port. A colon inside the brackets of an IPv6 address is none."""
    place = parts.netloc.rpartition("@")
    head, _, tail = place[2].rpartition(":")
    bare = head if head and not tail.endswith("]") and (tail.isdigit() or not tail) else place[2]
    return place[0] + place[1] + bare
