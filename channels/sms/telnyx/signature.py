"""Did Telnyx send this, and now? Ed25519 over time stamp, `|` and body, by the key that the portal shows as public key.

https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks (verification)
"""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared.channel import Wire
from shared.errors import DoorShut, SignatureInvalid

TOLERANCE_S = 300.0  # either way, inclusive
_SIGNATURE = 64  # bytes


def public_key(text: str) -> Ed25519PublicKey:
    """The key whose 32 bytes are `text` in base64. Raises DoorShut."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except ValueError:
        raise DoorShut(
            "sms: the setting telnyx_public_key is not an Ed25519 key in base64, as the portal shows it"
        ) from None


def check_signature(wire: Wire, key: Ed25519PublicKey, now: float) -> None:
    """Return if `wire` is Telnyx' and of this time. Raises SignatureInvalid."""
    stamp = wire.header("telnyx-timestamp") or ""
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise SignatureInvalid("sms: Telnyx-Timestamp must be there, in Unix seconds")
    try:
        signature = binascii.a2b_base64(
            (wire.header("telnyx-signature-ed25519") or "").encode("latin-1"), strict_mode=True
        )
    except binascii.Error:
        raise SignatureInvalid("sms: Telnyx-Signature-Ed25519 is not base64") from None
    if len(signature) != _SIGNATURE:
        raise SignatureInvalid("sms: Telnyx-Signature-Ed25519 must be there, of 64 bytes")
    try:
        key.verify(signature, stamp.encode() + b"|" + wire.body)
    except InvalidSignature:
        raise SignatureInvalid(
            "sms: Telnyx-Signature-Ed25519 does not match; is telnyx_public_key this account's?"
        ) from None
    if abs(now - int(stamp)) > TOLERANCE_S:
        raise SignatureInvalid(f"sms: the time stamp is more than {TOLERANCE_S:.0f} seconds off")
