"""Google's signed tokens (JWT, RFC 7519): is this one Google's, fresh, and meant for us?

https://developers.google.com/assistant/conversational/reference/rest/v1/verify-requests
https://cloud.google.com/dialogflow/cx/docs/concept/webhook#auth (service agent ID tokens)

PyJWT reads headers that are new here. The rest is not left to it: it looks at every character of a token by itself, which took
twice as long as checking the signature.
"""

import binascii
import json
import re
from collections.abc import Sequence

import jwt
import msgspec
from msgspec import Struct

from shared.errors import SignatureInvalid
from shared.ports import KeySource

ISSUER = "https://accounts.google.com"
ALGORITHM = "RS256"  # whatever the token says, and what the keys of the source check
LEEWAY_S = 10.0  # for clocks that differ
NAMES_HELD = 16

# Bounds before anything is parsed: a header of ours has about 120 characters, claims a few hundred, RSA signatures 342 to 1,366.
_TOKEN = re.compile(r"(([A-Za-z0-9_-]{10,1024})\.([A-Za-z0-9_-]{10,6144}))\.([A-Za-z0-9_-]{100,1400})")
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_STANDARD = bytes.maketrans(b"-_", b"+/")


class Claims(Struct, frozen=True):
    """What the token says, once its signature holds. Times are in Unix seconds; what may be missing is empty then."""

    iss: str
    aud: str | tuple[str, ...]
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

    async def claims(self, token: str, audience: Sequence[str], now: float, wanted: int) -> Claims:
        """The claims of a token that Google signed for one of `audience`, and that is valid at `now`.

        Raises SignatureInvalid, to be answered with status `wanted`, or KeySourceUnavailable.
        """
        try:
            claims = await self._signed(token)
            _check(claims, audience, now)
        except SignatureInvalid as error:
            raise SignatureInvalid(f"google: {error}", wanted) from None
        return claims

    async def _signed(self, token: str) -> Claims:
        """What a token says whose signature holds."""
        found = _TOKEN.fullmatch(token)
        if found is None:
            raise SignatureInvalid("the token is none, or too long")
        signed, header, claims, signature = found.groups()
        name = self._names.get(header) or _key_id(token)
        key = await self._keys.key(name)
        key.verify(_exactly(signature), signed.encode())
        if len(self._names) >= NAMES_HELD:
            self._names.clear()
        self._names[header] = name
        return _read(claims)


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


def _read(claims: str) -> Claims:
    try:
        return msgspec.convert(json.loads(_plain(claims)), Claims)
    except (msgspec.ValidationError, ValueError, RecursionError):
        raise SignatureInvalid("the token's claims cannot be read") from None


def _check(claims: Claims, audience: Sequence[str], now: float) -> None:
    if claims.iss != ISSUER:
        raise SignatureInvalid("the token is not one that Google issued")
    if not any(one in audience for one in ((claims.aud,) if isinstance(claims.aud, str) else claims.aud)):
        raise SignatureInvalid("the token is for another audience")
    if not claims.iat - LEEWAY_S <= now < claims.exp + LEEWAY_S:
        raise SignatureInvalid("the token is not valid now; it has expired or is from the future")
    if claims.nbf is not None and not claims.nbf - LEEWAY_S <= now:
        raise SignatureInvalid("the token is not valid yet")


def _exactly(signature: str) -> bytes:
    """The bytes of a signature, which can be written in one way only: bits that no byte needs are zero."""
    plain = _plain(signature)
    if binascii.b2a_base64(plain, newline=False).rstrip(b"=") != signature.encode().translate(_STANDARD):
        raise SignatureInvalid("the token's signature is not base64")
    return plain


def _plain(part: str) -> bytes:
    """The bytes of base64url without padding (RFC 7515, section 2)."""
    try:
        return binascii.a2b_base64(part.encode().translate(_STANDARD) + b"=" * (-len(part) % 4), strict_mode=True)
    except binascii.Error:
        raise SignatureInvalid("the token is not base64") from None
