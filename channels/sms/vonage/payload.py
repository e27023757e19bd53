"""What Vonage sends: messages and their fate, by the Messages API (version 1) and by the older SMS API.

https://developer.vonage.com/en/api/messages-olympus (webhooks), https://developer.vonage.com/en/messaging/sms/guides/inbound-sms,
https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts
"""

import re
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec
from msgspec import Struct, field

from channels.sms.keywords import Meaning
from channels.sms.media import attachments
from channels.sms.message import Inbound
from channels.sms.numbers import e164
from channels.sms.reference import as_reference
from channels.sms.toll_free import keyword_to
from shared.channel import Receipt
from shared.errors import Malformed
from shared.jsontext import decode
from shared.turn import Keyword

State = Literal["sent", "delivered", "failed"]

OPTED_OUT = ("1240", "9")
"""Of the Messages API: "the user has already sent a STOP opt-out message"; of the SMS API: the same, "Illegal Number"."""

_STATES: dict[str, State] = {
    **dict.fromkeys(("submitted", "accepted", "buffered", "unknown"), "sent"),
    **dict.fromkeys(("delivered", "read"), "delivered"),
    **dict.fromkeys(("rejected", "undeliverable", "failed", "expired"), "failed"),
}
_TEXTING = ("sms", "mms", "rcs")
_CODE = re.compile(r"(?:.*#)?([A-Za-z0-9_-]{1,40})")


class Resource(Struct, frozen=True):
    """A picture or the like; `type` is there where several come in one message."""

    url: str = ""
    caption: str | None = None
    text: str | None = None
    type: str = ""


class Error(Struct, frozen=True):
    """Why a message failed: `type` ends in "#1240"."""

    type: str = ""
    title: str = ""


class Event(Struct, frozen=True):
    """A webhook of the Messages API, version 1: a message or, with `status`, what became of one of ours."""

    message_uuid: str
    from_: str = field(name="from")
    to: str
    channel: str = "sms"
    text: str | None = None
    image: Resource | None = None
    audio: Resource | None = None
    video: Resource | None = None
    file: Resource | None = None
    vcard: Resource | None = None
    content: tuple[Resource, ...] = ()
    status: str | None = None
    client_ref: str | None = None
    error: Error | None = None


_DECODER = msgspec.json.Decoder(Event)


class Keywords(Struct, frozen=True):
    """What decides about keywords: those that Vonage answers itself, and what the app says to HELP."""

    carrier_answers: frozenset[Meaning]
    help_text: str

    def of(self, recipient: str, text: str) -> Keyword | None:
        """The keyword that `text`, sent to `recipient`, is."""
        return keyword_to(recipient, text, self.carrier_answers, self.help_text)


def content_of(body: bytes, keywords: Keywords) -> Inbound | Receipt:
    """What a webhook of the Messages API says. Raises Malformed."""
    event = decode(_DECODER, body)
    if event.channel not in _TEXTING:
        raise Malformed(
            "sms: this message did not come as a text message; give other channels an application of their own"
        )
    if event.status is not None:
        return _fate(event, event.status)
    recipient, resources = e164(event.to, "to"), tuple(_resources(event))
    captions = (one.caption or one.text or "" for one in resources)
    text = event.text or "\n".join(caption for caption in captions if caption)
    return Inbound(
        id=event.message_uuid,
        sender=e164(event.from_, "from"),
        recipient=recipient,
        text=text,
        media=attachments((one.url, "") for one in resources),
        keyword=keywords.of(recipient, text),
    )


def content_of_fields(fields: Mapping[str, str], keywords: Keywords) -> Inbound | Receipt:
    """What a webhook of the SMS API says. Raises Malformed."""
    if "status" in fields:
        code = fields.get("err-code", "")
        return _receipt(fields["status"], _needed(fields, "messageId"), fields.get("client-ref", ""), code)
    if fields.get("type") == "binary":
        raise Malformed("sms: the message is binary, and no text", ("type",))
    recipient, text = e164(_needed(fields, "to"), "to"), fields.get("text", "")
    return Inbound(
        id=_needed(fields, "messageId"),
        sender=e164(_needed(fields, "msisdn"), "msisdn"),
        recipient=recipient,
        text=text,
        keyword=keywords.of(recipient, text),
    )


def code_of(kind: str, title: str) -> str:
    """The code of an error: what follows the `#` of its type, else its title; "" where neither is one."""
    for text in (kind, title):
        if text and (found := _CODE.fullmatch(text)):
            return found[1]
    return ""


def _resources(event: Event) -> Iterator[Resource]:
    for one in (event.image, event.audio, event.video, event.file, event.vcard):
        if one is not None:
            yield one
    yield from event.content


def _fate(event: Event, status: str) -> Receipt:
    error = event.error or Error()
    return _receipt(status, event.message_uuid, event.client_ref or "", code_of(error.type, error.title))


def _receipt(status: str, provider_id: str, reference: str, code: str) -> Receipt:
    state = _STATES.get(status, "sent")
    if state != "failed":
        code = ""
    reason = code if _CODE.fullmatch(code) else ""
    return Receipt(
        state, provider_id=provider_id, reference=as_reference(reference), reason=reason, opted_out=code in OPTED_OUT
    )


def _needed(fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name, "")
    if not value:
        raise Malformed(f"sms: {name} is missing", (name,))
    return value
