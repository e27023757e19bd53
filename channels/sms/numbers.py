"""Telephone numbers as carriers write them, made one: E.164, with a plus sign and nothing but digits."""

import re

from shared.errors import Malformed

MAX_DIGITS = 15  # ITU-T E.164, 6.1
SHORTEST = 8  # digits of an international number with its country code; what is shorter is a short code
MAX_NAME = 64  # characters of a sender that is no number

_FILLER = re.compile(r"[\s().\-\u00a0\u2010\u2011\u202a\u202c]")
_DIGITS = re.compile(r"[0-9]{1,15}")
_SAME_NUMBER = ("sms:", "mms:", "rcs:", "tel:")  # the person is the same, whichever way the message took


def e164(address: str, field: str) -> str:
    """`address` as "+14155550123"; a short code or a name stays what it is. Raises Malformed, naming `field`.

    Carriers give international numbers, with or without the plus sign (Vonage and Plivo leave it out); none gives national ones.
    """
    if address.startswith("+") and _DIGITS.fullmatch(address, 1):
        return address
    text = _FILLER.sub("", address)
    for prefix in _SAME_NUMBER:
        text = text.removeprefix(prefix)
    digits = text.removeprefix("+")
    if _DIGITS.fullmatch(digits):
        return f"+{digits}" if text != digits or len(digits) >= SHORTEST else digits
    name = address.strip()
    if not name or name.startswith("+") or len(name) > MAX_NAME or not name.isprintable():
        raise Malformed(f"sms: {field} is neither a number nor a name", (field,))
    return name


def is_north_american(number: str) -> bool:
    """Whether a number is of the North American plan (+1): that is where carriers take pictures (MMS)."""
    return number.startswith("+1") and len(number) == 12
