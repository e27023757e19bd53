"""What Twilio holds against an answer to an incoming message. Written from its documentation, not from the code that answers.

https://www.twilio.com/docs/messaging/twiml, …/twiml/message, …/twiml/redirect; errors 11200, 11750, 12100, 12200, 12300, 14103,
14109, 21617, 21623.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit
from xml.etree import ElementTree

from msgspec import Struct

from shared.testing.platforms import Answer, status_complaints

MAX_BYTES = 64_000
MAX_MESSAGES = 10
MAX_BODY = 1_600  # UTF-16 code units
MAX_MEDIA = 10

_TYPES = ("text/xml", "application/xml")
_ATTRIBUTES = {
    "Message": {"to", "from", "action", "method", "statusCallback"},
    "Redirect": {"method"},
    "Body": set[str](),
    "Media": set[str](),
}


class Texted(Struct, frozen=True):
    """A message as it arrives on the phone."""

    text: str
    media: tuple[str, ...] = ()


def complaints(answer: Answer) -> list[str]:
    """What is wrong with the answer, in words; [] if Twilio takes it."""
    if found := status_complaints(answer, 200):
        return found
    if answer.media_type() not in _TYPES:
        return [f"the content type is {answer.media_type() or 'missing'}, not text/xml (12300)"]
    if len(answer.body) > MAX_BYTES:
        return [f"the document has {len(answer.body)} bytes, more than {MAX_BYTES} (11750)"]
    if b"<!" in answer.body:
        return ["the document has a DTD, a comment or CDATA, which TwiML needs none of"]
    try:
        root = ElementTree.fromstring(answer.body)  # noqa: S314 (no DTD, and small)
    except ElementTree.ParseError as error:
        return [f"the document is not well-formed: {error} (12100)"]
    return list(_document(root))


def texted(answer: Answer) -> list[Texted]:
    """The messages that an answer without complaints sends."""
    root = ElementTree.fromstring(answer.body)  # noqa: S314 (checked by `complaints`)
    return [
        Texted(_body(message), tuple((media.text or "").strip() for media in message.findall("Media")))
        for message in root.findall("Message")
    ]


def _document(root: ElementTree.Element) -> Iterator[str]:
    if root.tag != "Response":
        yield f"the root is <{root.tag}>, not <Response> (12200)"
        return
    if (root.text or "").strip():
        yield "there is text outside of a verb (12200)"
    for verb in root:
        yield from _verb(verb)
    number = len(root.findall("Message"))
    if number > MAX_MESSAGES:
        yield f"{number} messages answer one, more than {MAX_MESSAGES} (14109)"


def _verb(verb: ElementTree.Element) -> Iterator[str]:
    if verb.tag not in ("Message", "Redirect"):
        yield f"<{verb.tag}> is no verb of messaging (12200)"
        return
    if (verb.tail or "").strip():
        yield "there is text outside of a verb (12200)"
    yield from _attributes(verb)
    if verb.tag == "Message":
        yield from _message(verb)


def _attributes(element: ElementTree.Element) -> Iterator[str]:
    for name in element.attrib:
        if name not in _ATTRIBUTES[element.tag]:
            yield f"<{element.tag}> has no attribute {name} (12200)"


def _message(message: ElementTree.Element) -> Iterator[str]:
    for noun in message:
        if noun.tag not in ("Body", "Media"):
            yield f"<{noun.tag}> is no noun of <Message> (12200)"
            return
        yield from _attributes(noun)
        if len(noun):
            yield f"<{noun.tag}> holds elements (12200)"
    if len(message.findall("Body")) > 1:
        yield "a message has more than one <Body> (12200)"
    yield from _sizes(message)


def _sizes(message: ElementTree.Element) -> Iterator[str]:
    media, body = message.findall("Media"), _body(message)
    if not body.strip() and not media:
        yield "a message says nothing (14103)"
    units = len(body.encode("utf-16-be")) // 2
    if units > MAX_BODY:
        yield f"a body has {units} characters, more than {MAX_BODY} (21617)"
    if len(media) > MAX_MEDIA:
        yield f"a message has {len(media)} media, more than {MAX_MEDIA} (21623)"
    for one in media:
        if not _is_address((one.text or "").strip()):
            yield "a <Media> is no web address (12300)"


def _is_address(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _body(message: ElementTree.Element) -> str:
    found = message.find("Body")
    return (found.text if found is not None else message.text) or ""
