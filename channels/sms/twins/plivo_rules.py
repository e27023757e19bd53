"""What Plivo holds against an answer to an incoming message. Written from its documentation, not from the code that answers.

https://docs.plivo.com/docs/messaging/xml/overview, https://docs.plivo.com/docs/messaging/xml/message
"""

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from channels.sms.twins.checks import is_address
from shared.testing.platforms import Answer, status_complaints

MAX_TEXT = 1_600  # characters
MAX_DOCUMENT = 100_000  # bytes: more than any answer needs

_TYPES = ("text/xml", "application/xml")
_NEEDED = {"src", "dst"}
_KNOWN = {*_NEEDED, "type", "callbackUrl", "callbackMethod"}
_NUMBER = re.compile(r"\+?[0-9]{3,15}")


def complaints(answer: Answer) -> list[str]:
    """What is wrong with the answer, in words; [] if Plivo takes it."""
    if found := status_complaints(answer, 200, 201, 202, 204):
        return found
    if answer.media_type() not in _TYPES:
        return [f"the content type is {answer.media_type() or 'missing'}, not application/xml"]
    if len(answer.body) > MAX_DOCUMENT:
        return [f"the document has {len(answer.body)} bytes, more than {MAX_DOCUMENT}"]
    if b"<!" in answer.body:
        return ["the document has a DTD, a comment or CDATA, which Plivo's XML needs none of"]
    try:
        root = ElementTree.fromstring(answer.body)  # noqa: S314 (no DTD)
    except ElementTree.ParseError as error:
        return [f"the document is not well-formed: {error}"]
    return list(_document(root))


def texted(answer: Answer) -> list[str]:
    """The texts that an answer without complaints sends."""
    root = ElementTree.fromstring(answer.body)  # noqa: S314 (checked by `complaints`)
    return [message.text or "" for message in root.findall("Message")]


def _document(root: ElementTree.Element) -> Iterator[str]:
    if root.tag != "Response":
        yield f"the root is <{root.tag}>, not <Response>"
    if (root.text or "").strip() or any((element.tail or "").strip() for element in root):
        yield "there is text outside of an element"
    for element in root:
        if element.tag != "Message":
            yield f"<{element.tag}> cannot answer a message"
        else:
            yield from _message(element)


def _message(message: ElementTree.Element) -> Iterator[str]:
    if unknown := set(message.attrib) - _KNOWN:
        yield f"<Message> has no attribute {', '.join(sorted(unknown))}"
    for name in sorted(_NEEDED):
        if not _NUMBER.fullmatch(message.get(name, "")):
            yield f"{name} is no number"
    if message.get("type", "sms") != "sms":
        yield "the type of a message is sms"
    if message.get("callbackMethod", "POST") not in ("GET", "POST"):
        yield "callbackMethod is GET or POST"
    if "callbackUrl" in message.attrib and not is_address(message.attrib["callbackUrl"]):
        yield "callbackUrl is no web address"
    if len(message):
        yield "<Message> holds elements"
    if not (message.text or "").strip():
        yield "a message says nothing"
    if len((message.text or "").encode("utf-16-be")) // 2 > MAX_TEXT:
        yield f"a message has more than {MAX_TEXT} characters"
