"""What Plivo sends, as a form: messages, and what became of ours.

https://docs.plivo.com/docs/messaging/api/message/handling-incoming
https://docs.plivo.com/docs/messaging/api/message/message-status-callbacks
"""

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from channels.sms.keywords import ORDINARY, Meaning, folded
from channels.sms.media import MAX_MEDIA, attachments
from channels.sms.message import Inbound
from channels.sms.numbers import e164
from channels.sms.reference import reference_in
from channels.sms.toll_free import keyword_to
from shared.channel import Receipt
from shared.errors import Malformed
from shared.turn import Keyword

State = Literal["sent", "delivered", "failed"]

OPTED_OUT = "200"  # "Source number blocked by STOP from destination number"

_STATES: dict[str, State] = {
    **dict.fromkeys(("queued", "sent"), "sent"),
    **dict.fromkeys(("delivered", "read"), "delivered"),
    **dict.fromkeys(("failed", "undelivered", "rejected"), "failed"),
}
_INTENTS: dict[str, Meaning] = {"optout": "stop", "optin": "start", "help": "help"}
_ANSWERED: frozenset[Meaning] = frozenset({"stop", "help"})
"""What Plivo confirms where it says that it understood: https://docs.plivo.com/docs/messaging/concepts/dnd-service/"""

_TEXTING = ("sms", "mms")
_SAID = ("Text", "Body", "MediaCount")
_CODE = re.compile(r"[0-9]{1,6}")


def content_of(fields: Mapping[str, str], target: str, help_text: str) -> Inbound | Receipt:
    """The message, or what became of one of ours; `target` is where it was sent to. Raises Malformed."""
    if fields.get("Status") and not any(name in fields for name in _SAID):
        return _receipt(fields, target)
    if fields.get("Type", "sms").lower() not in _TEXTING:
        raise Malformed(
            "sms: this message did not come as a text message; give other channels an application of their own"
        )
    recipient = e164(_needed(fields, "To"), "To")
    text = fields.get("Text") or fields.get("Body", "")
    return Inbound(
        id=_needed(fields, "MessageUUID"),
        sender=e164(_needed(fields, "From"), "From"),
        recipient=recipient,
        text=text,
        media=attachments((url, "") for url in _media(fields)),
        keyword=_told(fields.get("MessageIntent", ""), text, help_text)
        or keyword_to(recipient, text, frozenset(), help_text),
    )


def _told(intent: str, text: str, help_text: str) -> Keyword | None:
    """The keyword that Plivo understood itself: it has blocked the number or taken the block off, and confirms STOP and HELP."""
    meaning = _INTENTS.get(intent.strip().lower())
    if meaning is None:
        return None
    return Keyword(
        meaning,
        ordinary=meaning == "start" and folded(text) in ORDINARY,
        carrier_answers=meaning in _ANSWERED,
        reply=help_text if meaning == "help" else "",
    )


def _receipt(fields: Mapping[str, str], target: str) -> Receipt:
    code = fields.get("ErrorCode", "")
    state = _STATES.get(fields["Status"].lower(), "sent")
    known = code if state == "failed" and _CODE.fullmatch(code) else ""
    return Receipt(
        state,
        provider_id=_needed(fields, "MessageUUID"),
        reference=reference_in(target),
        reason=known,
        opted_out=known == OPTED_OUT,
    )


def _media(fields: Mapping[str, str]) -> Iterator[str]:
    """Media0, Media1 …: the documentation starts with the one in one place and with the other in another."""
    for number in range(MAX_MEDIA + 1):
        if url := fields.get(f"Media{number}"):
            yield url


def _needed(fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name, "")
    if not value:
        raise Malformed(f"sms: {name} is missing", (name,))
    return value
