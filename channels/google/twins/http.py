"""What every form of Google's takes for an answer: status, content type, size, JSON."""

from typing import Any

import msgspec

from shared.testing.platforms import Answer, status_complaints

MAX_BYTES = 65_536


def broken(answer: Answer) -> list[str]:
    """What is wrong before the content is looked at."""
    if found := status_complaints(answer, 200):
        return found
    if answer.media_type() != "application/json":
        return [f"the content type is {answer.media_type()!r}"]
    if len(answer.body) > MAX_BYTES:
        return [f"the answer has {len(answer.body)} bytes, more than {MAX_BYTES}"]
    try:
        value = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return [f"the answer is not JSON: {error}"]
    return [] if isinstance(value, dict) else ["the answer is no JSON object"]


def content(answer: Answer) -> dict[str, Any]:
    """The answer's JSON object."""
    value = msgspec.json.decode(answer.body)
    return value if isinstance(value, dict) else {}
