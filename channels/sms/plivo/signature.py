"""Did Plivo sign this? https://docs.plivo.com/docs/messaging/concepts/signature-validation

Plivo signs webhooks about messages by version 2: HMAC-SHA256 over the address, without its query, and a nonce. That proves who
sent them and not what they say, so they must come by TLS. Webhooks about calls carry version 3, which covers query and fields
as well; where its headers are there, it is the one that counts.
"""

import base64
import hmac
from collections.abc import Iterable

from channels.sms.form import Pairs, pairs
from shared.channel import Wire
from shared.errors import SignatureInvalid

MAX_FIELDS = 200
MAX_NONCE = 256  # characters


def check_signature(wire: Wire, urls: Iterable[str], token: bytes) -> None:
    """Return if a signature in `wire`, the account's or its main account's, is that of one of `urls`. Raises SignatureInvalid."""
    version = "v3" if _is_there(wire, "v3") else "v2"
    nonce = wire.header(f"x-plivo-signature-{version}-nonce") or ""
    told = [*_signatures(wire, version, ""), *_signatures(wire, version, "-ma")]
    if not told or not 0 < len(nonce) <= MAX_NONCE:
        raise SignatureInvalid("sms: X-Plivo-Signature-V2 and X-Plivo-Signature-V2-Nonce must both be there")
    signed = (_v3(url, wire.body) if version == "v3" else _v2(url) for url in urls)
    expected = (_signature(text + nonce.encode("latin-1"), token) for text in signed)
    if not any(hmac.compare_digest(one, other) for one in expected for other in told):
        raise SignatureInvalid(
            "sms: Plivo's signature does not match; NEXUS_PUBLIC_URL must be the address that Plivo calls, "
            "and plivo_auth_token the token of this account"
        )


def _is_there(wire: Wire, version: str) -> bool:
    return any(wire.header(f"x-plivo-signature{part}-{version}") is not None for part in ("", "-ma"))


def _signatures(wire: Wire, version: str, main: str) -> list[bytes]:
    """The signatures in one header: several while a token is being replaced."""
    header = wire.header(f"x-plivo-signature{main}-{version}") or ""
    return [one.strip().encode("latin-1") for one in header.split(",", 8) if one.strip()]


def _signature(text: bytes, token: bytes) -> bytes:
    return base64.b64encode(hmac.new(token, text, "sha256").digest())


def _v2(url: str) -> bytes:
    return url.partition("?")[0].encode("latin-1", "replace")


def _v3(url: str, body: bytes) -> bytes:
    """Address, `?`, the query's fields sorted, `.`, the body's fields sorted, `.`; with neither query nor fields the address."""
    address, _, query = url.encode("latin-1", "replace").partition(b"?")
    asked, said = _pairs(query), _pairs(body)
    inner = b"&".join(name + b"=" + value for name, value in sorted(asked))
    text = address
    if inner or said:
        text += b"?" + inner
    if inner and said:
        text += b"."
    return text + b"".join(name + value for name, value in sorted(said)) + b"."


def _pairs(form: bytes) -> Pairs:
    try:
        return pairs(form, MAX_FIELDS)
    except ValueError as error:
        raise SignatureInvalid(f"sms: {error}") from None
