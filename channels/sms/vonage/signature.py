"""Did Vonage send this? Two schemes: a token in the header signs the body; older webhooks carry a signature among their fields.

https://developer.vonage.com/en/getting-started/concepts/webhooks#decoding-signed-webhooks
https://developer.vonage.com/en/getting-started/concepts/signing-messages
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Literal, cast, get_args

import jwt

from shared.errors import SignatureInvalid

Method = Literal["sha256", "sha512", "sha1", "md5", "md5hash"]
METHODS: tuple[Method, ...] = get_args(Method)

PAST_S = 25 * 3600.0
"""How old a webhook may be: Vonage tries for 24 hours (support article 360028543292) and says nowhere that it signs anew.

What is replayed within that time is known by its id and answered as before.
"""
FUTURE_S = 300.0

MAX_TOKEN = 4_096  # characters; Vonage's have about 500

_MAC_BLOCK = 32  # PyJWT warns of shorter keys. HMAC fills a key up with zeros itself: filled, it gives the same
_UNCHECKED = {f"verify_{claim}": False for claim in ("iat", "nbf", "exp", "aud", "iss", "sub", "jti")}


def check_token(token: str, body: bytes, secret: bytes, api_key: str, application: str, now: float) -> None:
    """Return if the token is that of `body` for this account, and of this time. Raises SignatureInvalid.

    `application` "" is any. Times are compared here, by our own clock.
    """
    claims = _claims(token, secret)
    if not hmac.compare_digest(
        _text(claims, "payload_hash").lower().encode(), hashlib.sha256(body).hexdigest().encode()
    ):
        raise SignatureInvalid("sms: the token's payload_hash is not the hash of the body")
    if _text(claims, "api_key") != api_key:
        raise SignatureInvalid("sms: the token is for another Vonage account")
    if application and claims.get("application_id", application) != application:
        raise SignatureInvalid("sms: the token is for another Vonage application")
    _check_time(claims.get("iat"), now)
    ends = claims.get("exp")
    if ends is not None and not (_is_number(ends) and now < ends + FUTURE_S):
        raise SignatureInvalid("sms: the token has expired")


def check_fields(fields: Mapping[str, str], secret: bytes, method: Method, now: float) -> None:
    """Return if `sig` is the signature of the other fields, and of this time. Raises SignatureInvalid."""
    told = fields.get("sig", "").lower().encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(told, _signature(fields, secret, method).encode()):
        raise SignatureInvalid(
            "sms: sig does not match; vonage_signature_secret and vonage_signature_method must be those of the account"
        )
    stamp = fields.get("timestamp", "")
    _check_time(int(stamp) if stamp.isascii() and stamp.isdigit() and len(stamp) <= 12 else None, now)


def _claims(token: str, secret: bytes) -> dict[str, Any]:
    if len(token) > MAX_TOKEN:
        raise SignatureInvalid("sms: the token is too long")
    options = cast(Any, {**_UNCHECKED, "require": ["iat", "payload_hash", "api_key"]})
    try:
        return jwt.decode(token, secret.ljust(_MAC_BLOCK, b"\0"), algorithms=["HS256"], options=options)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise SignatureInvalid("sms: the token is not one that vonage_signature_secret signed") from None


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) and value.isascii() else ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_time(stamp: Any, now: float) -> None:
    if not (_is_number(stamp) and -FUTURE_S <= now - stamp <= PAST_S):
        raise SignatureInvalid("sms: the webhook is too old or from the future")


def _signature(fields: Mapping[str, str], secret: bytes, method: Method) -> str:
    """Of all fields but `sig`, sorted, with `&` and `=` in values as `_`. An MD5 hash has the secret at its end."""
    safe = (
        (name, value.replace("&", "_").replace("=", "_")) for name, value in sorted(fields.items()) if name != "sig"
    )
    text = "".join(f"&{name}={value}" for name, value in safe).encode("utf-8", "surrogatepass")
    if method == "md5hash":
        return hashlib.md5(text + secret).hexdigest()  # noqa: S324 (Vonage's own default; sha256 is ours)
    return hmac.new(secret, text, method).hexdigest()
