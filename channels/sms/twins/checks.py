"""What the simulated APIs of several carriers look at."""

from typing import Any
from urllib.parse import urlsplit

import msgspec

from shared.testing.platforms.api import Call


def json_object(call: Call) -> dict[str, Any]:
    """The JSON object in a call; {} where there is none."""
    if not call.headers.get("content-type", "").startswith("application/json"):
        return {}
    try:
        return msgspec.json.decode(call.body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def is_address(text: str) -> bool:
    """Whether `text` is the address of something on the web."""
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname)
