"""Google's signed tokens (JWT, RFC 7519): is this one Google's, fresh, and meant for us?

https://developers.google.com/assistant/conversational/reference/rest/v1/verify-requests
https://cloud.google.com/dialogflow/cx/docs/concept/webhook#auth (service agent ID tokens)
"""

import re
from collections.abc import Sequence

import jwt
import msgspec
from jwt.types import Options
from msgspec import Struct

from shared.errors import SignatureInvalid
from shared.ports import KeySource

ISSUER = "https://accounts.google.com"
ALGORITHM = "RS256"  # whatever the token says
LEEWAY_S = 10.0  # for clocks that differ
NAMES_HELD = 16

# Bounds before anything is parsed: a header of ours has about 120 characters, claims a few hundred, RSA signatures 342 to 1,366.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{10,1024}\.[A-Za-z0-9_-]{10,6144}\.[A-Za-z0-9_-]{100,1400}")
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_TIMES_ARE_OURS: Options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}


class Claims(Struct, frozen=True):
    """What the token says, once its signature holds. Times are in Unix seconds."""

    iat: float
    exp: float
    nbf: float | None = None
    jti: str = ""
    email: str = ""
    email_verified: bool = False


def looks_like_token(text: str) -> bool:
    """Whether `text` has the form of a signed token."""
    return _TOKEN.fullmatch(text) is not None


class Tokens:
    """Checks tokens with the keys of a source.

    Which key a header names is remembered once a signature held with it: Google's headers are all alike, and reading one costs
    more than checking a signature.
    """

    def __init__(self, keys: KeySource) -> None:
        self._keys = keys
        self._names: dict[str, str] = {}  # key ids by header

    async def claims(
        self, token: str, audience: Sequence[str], required: Sequence[str], now: float, wanted: int
    ) -> Claims:
        """The claims of a token that Google signed for one of `audience`, holding all of `required`, and valid at `now`.

        Raises SignatureInvalid, to be answered with status `wanted`, or KeySourceUnavailable.
        """
        try:
            claims = await self._signed(token, audience, required)
        except SignatureInvalid as error:
            raise SignatureInvalid(f"google: {error}", wanted) from None
        if not claims.iat - LEEWAY_S <= now < claims.exp + LEEWAY_S:
            raise SignatureInvalid("google: the token is not valid now; it has expired or is from the future", wanted)
        if claims.nbf is not None and not claims.nbf - LEEWAY_S <= now:
            raise SignatureInvalid("google: the token is not valid yet", wanted)
        return claims

    async def _signed(self, token: str, audience: Sequence[str], required: Sequence[str]) -> Claims:
        if not _TOKEN.fullmatch(token):
            raise SignatureInvalid("the token is none, or too long")
        header = token.partition(".")[0]
        name = self._names.get(header) or _key_id(token)
        key = await self._keys.key(name)
        claims = _signed(token, key.public, audience, required)
        if len(self._names) >= NAMES_HELD:
            self._names.clear()
        self._names[header] = name
        return claims


def _key_id(token: str) -> str:
    """The `kid` of the token's header, which nobody has vouched for: it only chooses among Google's keys."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise SignatureInvalid("the token's header cannot be read") from None
    name = header.get("kid")
    if header.get("alg") != ALGORITHM or not isinstance(name, str) or not _KEY_ID.fullmatch(name):
        raise SignatureInvalid(f"the token must be signed with {ALGORITHM} and name its key")
    return name


def _signed(token: str, key: object, audience: Sequence[str], required: Sequence[str]) -> Claims:
    options: Options = {**_TIMES_ARE_OURS, "require": list(required)}
    try:
        claims = jwt.decode(token, key, [ALGORITHM], options, audience=audience, issuer=ISSUER)  # type: ignore[arg-type]
        return msgspec.convert(claims, Claims)
    except jwt.PyJWTError as error:
        raise SignatureInvalid(f"the token does not hold: {error}") from None
    except (msgspec.ValidationError, ValueError, TypeError, RecursionError):
        raise SignatureInvalid("the token's claims cannot be read") from None
