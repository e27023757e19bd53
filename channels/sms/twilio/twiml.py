"""TwiML, Twilio's answer language: https://www.twilio.com/docs/messaging/twiml

What is said must be free of characters that XML cannot hold; `parts.words` sees to it.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from xml.sax.saxutils import escape

from channels.sms.message import Outbound
from shared.channel import WireReply

MAX_MESSAGES = 10  # replies to one message; Twilio drops further ones (its warning 14109)
MAX_BYTES = 64_000  # of a document (its error 11750)

_HEADERS = ((b"content-type", b"text/xml; charset=utf-8"), (b"cache-control", b"no-store"))
_HEAD = b'<?xml version="1.0" encoding="UTF-8"?>'


def twiml(messages: Iterable[Outbound]) -> WireReply:
    """The answer that sends `messages` to whoever wrote, in this order; with none, an answer that sends nothing.

    What Twilio would refuse as too large, or drop as too many, is left out at the end.
    """
    inner = b"".join(_fitting(messages))
    return WireReply(200, _HEADERS, _HEAD + (b"<Response>" + inner + b"</Response>" if inner else b"<Response/>"))


def _fitting(messages: Iterable[Outbound]) -> Iterator[bytes]:
    left = MAX_BYTES - len(_HEAD) - len(b"<Response></Response>")
    for message in islice(messages, MAX_MESSAGES):
        written = _message(message).encode()
        left -= len(written)
        if left < 0:
            return
        yield written


def _message(message: Outbound) -> str:
    body = f"<Body>{escape(message.text)}</Body>" if message.text else ""
    media = "".join(f"<Media>{escape(url)}</Media>" for url in message.media)
    return f"<Message>{body}{media}</Message>"
