"""Our reference of a message, for carriers that give none back: it travels in the address at which they report."""

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
    return unquote(found[1])[:_MAX] if found else ""
