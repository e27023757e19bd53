"""Is this request from Amazon, fresh, and for our skill?

https://developer.amazon.com/docs/custom-skills/host-a-custom-skill-as-a-web-service.html#manually-verify-that-a-request-was-sent-by-alexa
"""

import binascii
from datetime import UTC, datetime

from channels.alexa.envelope import DECODER, Application, Envelope
from shared.channel import Verified, Wire
from shared.errors import Malformed, SignatureInvalid
from shared.jsontext import decode
from shared.ports import KeySource

TOLERANCE_SECONDS = 150.0  # either way, inclusive
MAX_SIGNATURE = 1024  # base64 characters: an RSA key of 6,144 bits

_CHAIN_URL = b"signaturecertchainurl"
_SIGNATURE = b"signature-256"


class AlexaVerified(Verified, frozen=True):
    """A request of Amazon's. `envelope` is its body, decoded once; None if it does not decode, which `parse` reports."""

    received_at: float
    envelope: Envelope | None


async def verified(wire: Wire, app: str, skill_id: str, keys: KeySource, now: float) -> AlexaVerified:
    """The proven request. Raises SignatureInvalid or KeySourceUnavailable.

    The body is decoded only once its signature holds; then time stamp and skill are compared.
    """
    url, signature = _signature(wire)
    key = await keys.key(url)
    key.verify(signature, wire.body)
    try:
        envelope = decode(DECODER, wire.body)
    except Malformed:
        return AlexaVerified(wire, app, "alexa", now, None)
    _check_time(envelope.request.timestamp, now)
    _check_skill(envelope, skill_id)
    return AlexaVerified(wire, app, "alexa", now, envelope)


def _signature(wire: Wire) -> tuple[str, bytes]:
    """Certificate URL and signature of the headers. The older `Signature` (SHA-1) is not looked at."""
    url = signature = None
    for name, value in wire.headers:
        if name == _SIGNATURE and signature is None:
            signature = value
        elif name == _CHAIN_URL and url is None:
            url = value
    if not url or not signature:
        raise SignatureInvalid("alexa: SignatureCertChainUrl and Signature-256 must both be there")
    if len(signature) > MAX_SIGNATURE:
        raise SignatureInvalid("alexa: Signature-256 is too long")
    try:
        return url.decode("latin-1"), binascii.a2b_base64(signature, strict_mode=True)
    except binascii.Error:
        raise SignatureInvalid("alexa: Signature-256 is not base64") from None


def _check_time(stamp: str | float, now: float) -> None:
    if not abs(now - _seconds(stamp)) <= TOLERANCE_SECONDS:
        raise SignatureInvalid(f"alexa: the time stamp is more than {TOLERANCE_SECONDS:.0f} seconds off")


def _seconds(stamp: str | float) -> float:
    """Unix seconds of an ISO 8601 date with time, or of epoch milliseconds, as some events carry."""
    try:
        if not isinstance(stamp, str):
            return stamp / 1000
        moment = datetime.fromisoformat(stamp)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise SignatureInvalid("alexa: the time stamp cannot be read") from None


def _check_skill(envelope: Envelope, skill_id: str) -> None:
    system = envelope.context.system if envelope.context else None
    in_context = system.application if system else None
    in_session = envelope.session.application if envelope.session else None
    named = False
    for application in (in_context, in_session):
        if application is not None:
            named = True
            _check_application(application, skill_id)
    if not named:
        raise SignatureInvalid("alexa: the request does not say which skill it is for")


def _check_application(application: Application, skill_id: str) -> None:
    if application.id != skill_id:
        raise SignatureInvalid("alexa: the request is for another skill")
