"""Our reference of a message, and how it travels with carriers that give none back: in the address at which they report."""

import re
from urllib.parse import quote, unquote

_REFERENCE = re.compile(r"[?&]reference=([^&#]*)")
_MAX = 256


def with_reference(url: str, reference: str) -> str:
    """The address of reports about the message with this reference."""
    return f"{url}{'&' if '?' in url else '?'}reference={quote(reference, safe='')}"


def reference_in(url: str) -> str:
    """The reference in an address that `with_reference` made; "" where there is none."""
    found = _REFERENCE.search(url)
    return as_reference(unquote(found[1])) if found else ""


def as_reference(text: str) -> str:
    """`text`, if it can be a reference of ours; "" otherwise."""
    return text if len(text) <= _MAX and text.isprintable() else ""
