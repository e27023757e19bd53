"""Where a skill may go on the web: the hosts of its manifest's permissions, and those its settings lead to."""

from collections.abc import Iterable, Mapping
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from shared.manifest import NETWORK

_PORTS = {"https": 443, "http": 80}


class Origin(Struct, frozen=True):
    """Scheme, host in small letters and port of a URL."""

    scheme: str
    host: str
    port: int


class Permitted(Struct, frozen=True):
    """The hosts that are named (`*.example.org`: what is below it) by https, and the origins that an operator's settings have."""

    hosts: tuple[str, ...] = ()
    origins: frozenset[Origin] = frozenset()

    def allows(self, url: str) -> bool:
        """Whether a skill may ask there."""
        origin = origin_of(url)
        if origin is None:
            return False
        named = origin.scheme == "https" and origin.port == _PORTS["https"]
        return origin in self.origins or (named and any(_is_of(origin.host, host) for host in self.hosts))


def permitted(permissions: Iterable[str], config: Mapping[str, str]) -> Permitted:
    """What a manifest's permissions come to, with the skill's settings as they are now."""
    names = [one.removeprefix(NETWORK) for one in permissions if one.startswith(NETWORK)]
    urls = [url for name in names if name.startswith("{") for url in config.get(name[1:-1], "").split()]
    origins = frozenset(origin for url in urls if (origin := origin_of(url.strip(","))) is not None)
    return Permitted(tuple(name for name in names if not name.startswith("{")), origins)


def origin_of(url: str) -> Origin | None:
    """The origin of an http or https URL without user information; None of anything else."""
    try:
        parts = urlsplit(url)
        return _origin(parts)
    except ValueError:
        return None


def _origin(parts: SplitResult) -> Origin | None:
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not parts.hostname or "@" in parts.netloc or "\\" in parts.netloc:
        return None
    return Origin(scheme, parts.hostname.lower().rstrip("."), parts.port or _PORTS[scheme])


def _is_of(host: str, named: str) -> bool:
    if named.startswith("*."):
        return host.endswith(named[1:]) and len(host) > len(named) - 1
    return host == named
