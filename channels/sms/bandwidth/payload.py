"""What Bandwidth sends: a list of callbacks, messages and what became of ours.

https://dev.bandwidth.com/docs/messaging/webhooks

Each list that Bandwidth documents holds one callback, and its libraries read the first. Should there be several, nothing of
them is lost: those of one person become one message, those about one message of ours the one that settles it; a list that
mixes people is refused, so that Bandwidth keeps it and tries again.
"""

import hashlib
from typing import Literal

import msgspec
from msgspec import Struct, field

from channels.sms.media import attachments
from channels.sms.message import Inbound
from channels.sms.numbers import e164
from channels.sms.reference import as_reference
from channels.sms.toll_free import keyword_to
from shared.channel import Receipt
from shared.errors import Malformed
from shared.jsontext import decode

State = Literal["sent", "delivered", "failed"]

OPTED_OUT = 4775  # "destination-rejected-due-to-user-opt-out"

_RECEIVED = "message-received"
_STATES: dict[str, State] = {
    "message-sending": "sent",
    "message-delivered": "delivered",
    "message-read": "delivered",
    "message-failed": "failed",
}
_SETTLED = ("sent", "failed", "delivered")


class Message(Struct, frozen=True):
    """The message that a callback is about. `owner` is our number."""

    id: str
    owner: str = ""
    from_: str = field(name="from", default="")
    to: tuple[str, ...] = ()
    text: str | None = None
    media: tuple[str, ...] | None = None
    tag: str | None = None


class Callback(Struct, frozen=True, rename={"error_code": "errorCode"}):
    """One callback. `to` is our number where a message came in, and theirs where ours went out."""

    type: str
    message: Message
    to: str = ""
    error_code: int | None = None


_DECODER = msgspec.json.Decoder(tuple[Callback, ...])


def content_of(body: bytes, help_text: str) -> Inbound | Receipt:
    """The message, or what became of one of ours. A callback about anything else is a receipt about nothing. Raises Malformed."""
    callbacks = decode(_DECODER, body)
    if not callbacks:
        raise Malformed("sms: the list of callbacks is empty")
    received = [one for one in callbacks if one.type == _RECEIVED]
    if not received:
        return _settled([_receipt(one) for one in callbacks])
    if len(received) < len(callbacks):
        raise _mixed()
    return _joined([_message(one, help_text) for one in received], help_text)


def _message(callback: Callback, help_text: str) -> Inbound:
    message = callback.message
    recipient, text = e164(message.owner or callback.to, "message.owner"), message.text or ""
    return Inbound(
        id=message.id,
        sender=e164(message.from_, "message.from"),
        recipient=recipient,
        text=text,
        media=attachments((url, "") for url in message.media or ()),
        keyword=keyword_to(recipient, text, frozenset(), help_text),
    )


def _joined(messages: list[Inbound], help_text: str) -> Inbound:
    """The messages of one person as one, whose id is made of theirs."""
    first = messages[0]
    if len(messages) == 1:
        return first
    if any((one.sender, one.recipient) != (first.sender, first.recipient) for one in messages):
        raise _mixed()
    text = "\n".join(one.text for one in messages if one.text)
    return Inbound(
        id="+" + hashlib.sha256("\n".join(one.id for one in messages).encode()).hexdigest(),
        sender=first.sender,
        recipient=first.recipient,
        text=text,
        media=tuple(medium for one in messages for medium in one.media),
        keyword=keyword_to(first.recipient, text, frozenset(), help_text),
    )


def _receipt(callback: Callback) -> Receipt:
    state = _STATES.get(callback.type)
    if state is None:
        return Receipt("sent")
    code = callback.error_code if state == "failed" else None
    return Receipt(
        state,
        provider_id=callback.message.id,
        reference=as_reference(callback.message.tag or ""),
        reason="" if code is None else str(code),
        opted_out=code == OPTED_OUT,
    )


def _settled(receipts: list[Receipt]) -> Receipt:
    """What the receipts of one message come to: delivered before failed before sent."""
    if len({one.provider_id for one in receipts}) > 1:
        raise _mixed()
    return max(receipts, key=lambda one: (_SETTLED.index(one.state), one.opted_out))


def _mixed() -> Malformed:
    return Malformed("sms: one list of Bandwidth's callbacks is about several people; each must come by itself")
