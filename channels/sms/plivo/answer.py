"""Plivo's answer language: https://docs.plivo.com/docs/messaging/xml/message

What is said must be free of characters that XML cannot hold; `parts.words` sees to it.
"""

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from channels.sms.message import Letter
from shared.channel import WireReply

_HEADERS = ((b"content-type", b"application/xml; charset=utf-8"), (b"cache-control", b"no-store"))
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def answer(letters: Iterable[Letter], callback: str | None) -> WireReply:
    """The answer that sends `letters`, in this order, and has their fate reported to `callback`."""
    inner = "".join(_message(letter, callback) for letter in letters)
    document = f"{_HEAD}<Response>{inner}</Response>" if inner else f"{_HEAD}<Response/>"
    return WireReply(200, _HEADERS, document.encode())


def _message(letter: Letter, callback: str | None) -> str:
    source, destination = (quoteattr(number.removeprefix("+")) for number in (letter.sender, letter.recipient))
    report = f' callbackUrl={quoteattr(callback)} callbackMethod="POST"' if callback else ""
    return f'<Message src={source} dst={destination} type="sms"{report}>{escape(letter.text)}</Message>'
