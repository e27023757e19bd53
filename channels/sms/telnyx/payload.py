"""What Telnyx sends: messages, and what became of ours.

https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks
"""

import re
from typing import Literal

import msgspec
from msgspec import Struct, field

from channels.sms.keywords import ORDINARY, Meaning, bare
from channels.sms.media import attachments
from channels.sms.message import Inbound
from channels.sms.numbers import e164
from channels.sms.reference import reference_in
from channels.sms.toll_free import keyword_to
from shared.channel import Receipt
from shared.errors import Malformed
from shared.jsontext import decode
from shared.turn import Keyword

State = Literal["sent", "delivered", "failed"]

OPTED_OUT = "40300"  # "Blocked due to STOP message"

_RECEIVED = "message.received"
_ABOUT_MESSAGES = "message."
_STATES: dict[str, State] = {
    **dict.fromkeys(("delivered", "read"), "delivered"),
    **dict.fromkeys(("sending_failed", "delivery_failed", "expired"), "failed"),
}
_TYPES: dict[str, Meaning] = {"OPT_OUT": "stop", "STOP": "stop", "OPT_IN": "start", "START": "start", "HELP": "help"}
_BLOCKING = frozenset({"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit"})
"""Words after which Telnyx lets no message of ours through any more, a confirmation neither, until START or UNSTOP.

https://developers.telnyx.com/docs/messaging/messages/advanced-opt-in-out
"""
_OURS = "webhook_delivered"
_CODE = re.compile(r"[0-9]{1,8}")


class Address(Struct, frozen=True):
    """A number, and what became of the message there."""

    phone_number: str = ""
    status: str = ""


class Medium(Struct, frozen=True):
    """Something sent along."""

    url: str = ""
    content_type: str | None = None


class Error(Struct, frozen=True):
    """Why a message failed."""

    code: str | int = ""


class Payload(Struct, frozen=True):
    """The message that an event is about."""

    id: str = ""
    from_: Address = field(name="from", default=Address())
    to: tuple[Address, ...] = ()
    text: str | None = None
    media: tuple[Medium, ...] | None = None
    errors: tuple[Error, ...] | None = None
    webhook_url: str | None = None
    autoresponse_type: str | None = None


class Data(Struct, frozen=True):
    """An event; its payload is looked into only where it is about a message."""

    id: str
    event_type: str
    payload: msgspec.Raw = msgspec.Raw(b"{}")


class Event(Struct, frozen=True):
    """A webhook."""

    data: Data


_DECODER, _PAYLOAD = msgspec.json.Decoder(Event), msgspec.json.Decoder(Payload)


def content_of(body: bytes, help_text: str) -> Inbound | Receipt:
    """The message, or what became of one of ours. An event about anything else is a receipt about nothing. Raises Malformed."""
    data = decode(_DECODER, body).data
    if not data.event_type.startswith(_ABOUT_MESSAGES):
        return Receipt("sent")
    payload = decode(_PAYLOAD, bytes(data.payload))
    return _message(data.id, payload, help_text) if data.event_type == _RECEIVED else _receipt(payload)


def codes_of(errors: object) -> list[str]:
    """The codes in the `errors` of an API answer."""
    found = errors if isinstance(errors, list) else []
    codes = [str(one.get("code", "")) for one in found if isinstance(one, dict)]
    return [code for code in codes if _CODE.fullmatch(code)]


def _message(event_id: str, payload: Payload, help_text: str) -> Inbound:
    if not payload.to:
        raise Malformed("sms: data.payload.to is empty", ("data.payload.to",))
    ours = next((one for one in payload.to if one.status == _OURS), payload.to[0])
    recipient, text = e164(ours.phone_number, "data.payload.to"), payload.text or ""
    return Inbound(
        id=event_id,
        sender=e164(payload.from_.phone_number, "data.payload.from"),
        recipient=recipient,
        text=text,
        media=attachments((one.url, one.content_type or "") for one in payload.media or ()),
        keyword=_told(payload.autoresponse_type or "", text, help_text)
        or keyword_to(recipient, text, frozenset(), help_text),
    )


def _told(kind: str, text: str, help_text: str) -> Keyword | None:
    """The keyword that Telnyx has acted upon itself, custom words too. STOP then answers no open question of ours any more."""
    word = bare(text)
    meaning: Meaning | None = "stop" if word in _BLOCKING else _TYPES.get(kind.strip().upper())
    if meaning is None:
        return None
    reply = help_text if meaning == "help" else ""
    return Keyword(meaning, ordinary=meaning == "start" and word in ORDINARY, carrier_answers=True, reply=reply)


def _receipt(payload: Payload) -> Receipt:
    if not payload.id:
        raise Malformed("sms: data.payload.id is missing", ("data.payload.id",))
    state = _STATES.get(payload.to[0].status if payload.to else "", "sent")
    codes = (
        [code for one in payload.errors or () if _CODE.fullmatch(code := str(one.code))] if state == "failed" else []
    )
    return Receipt(
        state,
        provider_id=payload.id,
        reference=reference_in(payload.webhook_url or ""),
        reason=codes[0] if codes else "",
        opted_out=OPTED_OUT in codes,
    )
