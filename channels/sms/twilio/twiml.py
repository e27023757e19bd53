"""TwiML, Twilio's answer language: https://www.twilio.com/docs/messaging/twiml

What is said must be free of characters that XML cannot hold; `parts.words` sees to it.
"""

from collections.abc import Iterable
from xml.sax.saxutils import escape

from channels.sms.message import Outbound
from shared.channel import WireReply

MAX_MESSAGES = 10  # replies to one message; further ones are dropped by Twilio (its warning 14109)

_HEADERS = ((b"content-type", b"text/xml; charset=utf-8"), (b"cache-control", b"no-store"))
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def twiml(messages: Iterable[Outbound]) -> WireReply:
    """The answer that sends `messages` to whoever wrote, in this order; with none, an answer that sends nothing."""
    inner = "".join(map(_message, messages))
    document = f"{_HEAD}<Response>{inner}</Response>" if inner else f"{_HEAD}<Response/>"
    return WireReply(200, _HEADERS, document.encode())


def _message(message: Outbound) -> str:
    body = f"<Body>{escape(message.text)}</Body>" if message.text else ""
    media = "".join(f"<Media>{escape(url)}</Media>" for url in message.media)
    return f"<Message>{body}{media}</Message>"
