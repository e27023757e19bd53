"""What Twilio sends, as a form or as JSON with the same names.

https://www.twilio.com/docs/messaging/guides/webhook-request
https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
"""

import re
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from channels.sms import form
from channels.sms.keywords import Meaning
from channels.sms.media import MAX_MEDIA, attachments
from channels.sms.message import Inbound
from channels.sms.numbers import e164
from channels.sms.reference import reference_in
from channels.sms.twilio.signature import MAX_FIELDS, is_json
from shared.channel import Receipt, Wire
from shared.errors import Malformed
from shared.jsontext import decode
from shared.turn import Keyword

OPTED_OUT = "21610"  # "Attempt to send to unsubscribed recipient"

Fields = dict[str, str]
State = Literal["sent", "delivered", "failed"]

_STATES: dict[str, State] = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), "sent"),
    **dict.fromkeys(("delivered", "read"), "delivered"),
    **dict.fromkeys(("failed", "undelivered", "canceled"), "failed"),
}
_INCOMING = ("", "receiving", "received")
_OPT_OUT_TYPES: dict[str, Meaning] = {"STOP": "stop", "START": "start", "HELP": "help"}
_DECODER: "msgspec.json.Decoder[dict[str, Any]]" = msgspec.json.Decoder(dict[str, Any])
_SID, _SID_LENGTH = re.compile("[A-Z]{2}[0-9a-fA-F]{32}"), 34
_CODE = re.compile(r"[0-9]{1,6}")


def fields_of(wire: Wire) -> Fields:
    """The fields of the body; of one that comes twice the last. Raises Malformed."""
    if is_json(wire):
        return dict(_texts(decode(_DECODER, wire.body)))
    return form.decode(wire.body, MAX_FIELDS)


def content_of(fields: Fields, target: str) -> Inbound | Receipt:
    """The message, or what became of one of ours; `target` is where it was sent to. Raises Malformed."""
    status = fields.get("MessageStatus") or ("" if "Body" in fields else fields.get("SmsStatus", ""))
    return _message(fields) if status in _INCOMING else _receipt(fields, status, target)


def code_of(found: object) -> str:
    """An error's code, if it is one; "" otherwise."""
    return str(found) if _CODE.fullmatch(str(found)) else ""


def _message(fields: Fields) -> Inbound:
    return Inbound(
        id=_sid(fields),
        sender=e164(_needed(fields, "From"), "From"),
        recipient=e164(_needed(fields, "To"), "To"),
        text=fields.get("Body", ""),
        media=attachments(_media(fields)),
        keyword=_told(fields.get("OptOutType", "")),
    )


def _receipt(fields: Fields, status: str, target: str) -> Receipt:
    code = code_of(fields.get("ErrorCode"))
    return Receipt(
        _STATES.get(status, "sent"),
        provider_id=_sid(fields),
        reference=reference_in(target),
        reason=code,
        opted_out=code == OPTED_OUT,
    )


def _texts(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The fields of a JSON body: texts and numbers. What is neither is left out, like all that is unknown."""
    for name, value in body.items():
        if isinstance(value, str | int) and not isinstance(value, bool):
            yield name, str(value)


def _needed(fields: Fields, name: str) -> str:
    value = fields.get(name, "")
    if not value:
        raise Malformed(f"sms: {name} is missing", (name,))
    return value


def _sid(fields: Fields) -> str:
    """The message's own id. The idempotency token in the headers is not signed, so it does not decide what is a duplicate.

    Nothing is signed between a value and the next name either: a SID with more behind it is a replay that would pass for new.
    """
    for name in ("MessageSid", "SmsMessageSid", "SmsSid"):
        if value := fields.get(name):
            if len(value) > _SID_LENGTH and _SID.match(value):
                raise Malformed(f"sms: {name} has more than a SID in it", (name,))
            return value
    raise Malformed("sms: MessageSid is missing", ("MessageSid",))


def _media(fields: Fields) -> Iterator[tuple[str, str]]:
    count = fields.get("NumMedia", "0")
    if not (count.isascii() and count.isdigit() and len(count) <= 3):
        raise Malformed("sms: NumMedia is not a number", ("NumMedia",))
    for number in range(min(int(count), MAX_MEDIA)):
        yield fields.get(f"MediaUrl{number}", ""), fields.get(f"MediaContentType{number}", "")


def _told(kind: str) -> Keyword | None:
    """The keyword that Twilio acted upon (Advanced Opt-Out, custom words too): it has answered, and blocked or unblocked."""
    meaning = _OPT_OUT_TYPES.get(kind)
    return None if meaning is None else Keyword(meaning, ordinary=meaning == "start", carrier_answers=True)
