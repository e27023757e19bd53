"""Did Twilio sign this? https://www.twilio.com/docs/usage/security#validating-requests

Twilio signs the URL as it called it, which is the public one, followed by the form's fields. JSON bodies are not signed
themselves: their SHA-256 is in the signed URL, as `bodySHA256`.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable

from channels.sms.form import pairs
from shared.channel import Wire
from shared.errors import SignatureInvalid

MAX_FIELDS = 1_000  # of a form; Twilio sends about 30

_BODY_HASH = re.compile(r"[?&]bodySHA256=([^&#]*)")


def check_signature(wire: Wire, urls: Iterable[str], token: bytes) -> None:
    """Return if the signature in `wire` is that of one of `urls` with its body. Raises SignatureInvalid."""
    signatures = [value for name, value in wire.headers if name == b"x-twilio-signature"]
    if len(signatures) != 1:
        raise SignatureInvalid("sms: X-Twilio-Signature must be there once")
    if is_json(wire):
        _check_body_hash(wire)
        signed = b""
    else:
        signed = _signed_form(wire.body)
    if not any(hmac.compare_digest(_signature(url, signed, token), signatures[0].strip()) for url in urls):
        raise SignatureInvalid(
            "sms: X-Twilio-Signature does not match; NEXUS_PUBLIC_URL must be the address that Twilio calls, "
            "and twilio_auth_token the token of this account"
        )


def is_json(wire: Wire) -> bool:
    """Whether the headers say that the body is JSON; a form otherwise."""
    kind = (wire.header("content-type") or "").partition(";")[0].strip().lower()
    return kind == "application/json"


def _check_body_hash(wire: Wire) -> None:
    found = _BODY_HASH.search(wire.target)
    told = found[1].lower() if found else ""
    if not hmac.compare_digest(told.encode("latin-1"), hashlib.sha256(wire.body).hexdigest().encode()):
        raise SignatureInvalid("sms: bodySHA256 in the URL is missing or not the hash of the body")


def _signature(url: str, signed: bytes, token: bytes) -> bytes:
    return base64.b64encode(hmac.new(token, url.encode("latin-1", "replace") + signed, "sha1").digest())


def _signed_form(body: bytes) -> bytes:
    """The fields as they are signed: sorted by name, then value, each pair once, names and values with nothing between them.

    That is how Twilio's own validators treat a field that comes twice. This takes the bytes apart and understands nothing.
    """
    try:
        fields = set(pairs(body, MAX_FIELDS))
    except ValueError as error:
        raise SignatureInvalid(f"sms: {error}") from None
    return b"".join([name + value for name, value in sorted(fields)])
