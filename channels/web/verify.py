"""Who speaks in the web chat: allowed origins, and visitor tokens that hold for one origin of one app.

An origin is `scheme://host[:port]` as browsers write it in the Origin header (RFC 6454): lower case, default port left out.
A visitor token is a JWT (RFC 7519), HS256 under a secret of the app, with the claims sub (visitor), iss (app), aud (origin),
iat and exp.
"""

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

import jwt
import msgspec
from cachetools import LRUCache
from jwt.types import Options
from msgspec import Struct

from shared.advice import how_to_set
from shared.channel import Wire
from shared.errors import DoorShut, NotAuthentic, SignatureInvalid

LIFETIME_S = 30 * 24 * 3600
_ALGORITHM = "HS256"
_PROVEN = 4096  # tokens whose signature is known to hold; when and where they hold is asked every time
# The library checks the signature; the claims are checked here, against the clock that tests can set.
_SIGNATURE_ONLY: Options = {
    "verify_aud": False,
    "verify_exp": False,
    "verify_iat": False,
    "verify_iss": False,
    "verify_sub": False,
}
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")
_SEPARATORS = re.compile(r"[,\s]+")


class VisitorToken(Struct, frozen=True):
    """A token to hand out: who it names, and until when it holds (Unix seconds)."""

    token: str
    visitor: str
    expires_at: int


class _Claims(Struct, frozen=True):
    sub: str
    iss: str
    aud: str
    iat: int
    exp: int


class Visitors:
    """Issues and checks the visitor tokens of one app."""

    def __init__(self, app: str, secret: bytes) -> None:
        self._app = app
        self._secret = secret
        self._start = jwt.encode({}, secret, _ALGORITHM).split(".")[0] + "."
        self._proven: LRUCache[str, _Claims] = LRUCache(_PROVEN)  # a page sends its token with every message

    def issue(self, visitor: str, origin: str, now: float) -> VisitorToken:
        """A token that says: whoever holds it on a page of `origin` is `visitor`."""
        issued, expires = int(now), int(now) + LIFETIME_S
        claims = {"sub": visitor, "iss": self._app, "aud": origin, "iat": issued, "exp": expires}
        return VisitorToken(jwt.encode(claims, self._secret, _ALGORITHM), visitor, expires)

    def check(self, token: str, origin: str, now: float) -> str:
        """The visitor named by a token that was issued to `origin` and is not expired. Raises NotAuthentic."""
        claims = self._known(token)
        if claims.iss != self._app:
            raise SignatureInvalid("web: the visitor token was issued by another app")
        if claims.aud != origin:
            raise SignatureInvalid("web: the visitor token was issued to another origin")
        if claims.exp <= now:
            raise NotAuthentic("web: the visitor token has expired; open a new session")
        return claims.sub

    def issued_to(self, token: str) -> str:
        """The origin that a token of ours was issued to; whether it still holds is for `check`. Raises SignatureInvalid."""
        return self._known(token).aud

    def _known(self, token: str) -> _Claims:
        claims = self._proven.get(token)
        if claims is None:
            claims = self._proven[token] = self._claims(token)
        return claims

    def _claims(self, token: str) -> _Claims:
        # Only the header that we write gets as far as a JSON parser; what follows it is parsed after its signature held.
        if not token.startswith(self._start):
            raise SignatureInvalid("web: the visitor token is not one of ours")
        try:
            claims = jwt.decode(token, self._secret, [_ALGORITHM], _SIGNATURE_ONLY)
            return msgspec.convert(claims, _Claims)
        except (jwt.InvalidTokenError, msgspec.ValidationError, UnicodeError):
            raise SignatureInvalid("web: the visitor token does not hold") from None


def only(wire: Wire, name: str) -> str | None:
    """The value of a header that came exactly once; None where it is missing or came twice."""
    wanted = name.lower().encode("latin-1")
    values = [value for key, value in wire.headers if key == wanted]
    return values[0].decode("latin-1") if len(values) == 1 else None


def bearer(wire: Wire) -> str | None:
    """The bearer token of the Authorization header, or None."""
    scheme, _, token = (only(wire, "authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def allowed_origins(app: str, config: Mapping[str, str]) -> frozenset[str]:
    """The origins that may talk: `origins` and `development_origins` as they stand, `public_url` by its origin.

    Raises DoorShut where something is not an origin, or nothing is allowed at all.
    """
    words = (config.get("origins", "") + " " + config.get("development_origins", "")).strip()
    origins = {_exact(word) for word in _SEPARATORS.split(words) if word}
    if public_url := config.get("public_url", ""):
        origins.add(_origin(public_url))
    if not origins:
        how = how_to_set(app, "web", "origins=https://…")
        raise DoorShut(f"web: no origin is allowed; set NEXUS_PUBLIC_URL, or {how}")
    return frozenset(origins)


def _exact(word: str) -> str:
    parts = _split(word)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise _no_origin(word)
    return _origin(word)


def _origin(url: str) -> str:
    parts = _split(url)
    host = parts.netloc.lower()
    if parts.port is not None:
        host = host.rpartition(":")[0]
    if parts.scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(host):
        raise _no_origin(url)
    default = parts.port in (None, _DEFAULT_PORTS[parts.scheme])
    return f"{parts.scheme}://{host}" + ("" if default else f":{parts.port}")


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number
    except ValueError:
        raise _no_origin(url) from None
    return parts


def _no_origin(word: str) -> DoorShut:
    return DoorShut(f"web: {word!r} in origins or public_url is not an origin such as https://example.org")
