"""Telnyx' API for messages, on this machine: https://developers.telnyx.com/api-reference/messages/send-a-message"""

import hmac
import re
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from channels.sms.twins.api import CarrierApi, Taken
from channels.sms.twins.checks import is_address, json_object
from shared.testing.platforms.api import Back, Call, Failure

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_FIELDS = {
    *(
        "from",
        "to",
        "text",
        "media_urls",
        "type",
        "subject",
        "messaging_profile_id",
        "send_at",
        "auto_detect",
        "encoding",
    ),
    *("webhook_url", "webhook_failover_url", "use_profile_webhooks"),
}
_GSM = frozenset(  # the characters that Telnyx counts as GSM-7; the last ones as two
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ\n\r !\"#$%&'()*+,-./:;<=>?@_@£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡"
    "ÄÖÑÜ§¿äöñüà^{}\\[~]|€\f"
)
_TWO = "^{}\\[~]|€\f"
_PARTS = 10


class TelnyxApi(CarrierApi):
    """Takes messages of one account. The same Idempotency-Key again gives the same message."""

    def __init__(self, key: str, port: int = 0) -> None:
        super().__init__(port)
        self._key = key
        self._known: dict[str, Back] = {}

    def answer(self, call: Call) -> Back:
        """As CarrierApi.answer."""
        token = call.headers.get("authorization", "")
        if not hmac.compare_digest(token.encode(), f"Bearer {self._key}".encode()):
            return self.refuse("the API key is not one of the account", _error(401, 10009, "Authentication failed"))
        if call.method != "POST" or call.path != "/v2/messages":
            return self.refuse(f"there is no {call.method} {call.path}", _error(404, 10005, "Resource not found"))
        message = json_object(call)
        for code, complaint in wrong(message):
            return self.refuse(complaint, _error(400, code, "Invalid"))
        again = self._known.get(call.headers.get("idempotency-key", ""))
        return again or self._take(call, message)

    def failed(self, failure: Failure) -> Back:
        """As CarrierApi.failed."""
        code = failure.code or {429: 10011}.get(failure.status, 10007)
        back = _error(failure.status, code, "Blocked due to STOP message" if code == 40300 else "Failed")
        headers = (("Retry-After", failure.retry_after),) if failure.retry_after else ()
        return Back(back.status, back.body, back.content_type, headers)

    def _take(self, call: Call, message: dict[str, Any]) -> Back:
        own, media = str(uuid.uuid4()), tuple(message.get("media_urls", ()))
        reference = parse_qs(urlsplit(message.get("webhook_url", "")).query).get("reference", [""])[0]
        self.take(Taken(own, message["to"], message["from"], message.get("text", ""), media, reference, call))
        data = {"id": own, "record_type": "message", "direction": "outbound", "type": message.get("type", "SMS")}
        back = Back(
            200, msgspec.json.encode({"data": data | {"to": [{"phone_number": message["to"], "status": "queued"}]}})
        )
        if key := call.headers.get("idempotency-key"):
            self._known[key] = back
        return back


def wrong(message: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """What Telnyx refuses, with its error code."""
    if not message:
        yield 10015, "the body is no JSON object"
        return
    if unknown := set(message) - _FIELDS:
        yield 10015, f"unknown fields: {', '.join(sorted(unknown))}"
    for name in ("to", "from"):
        if not (isinstance(message.get(name), str) and _NUMBER.fullmatch(message[name])):
            yield 10002, f"{name} is no number in E.164"
    media = message.get("media_urls", [])
    if not (message.get("text") or media):
        yield 10004, "there is neither text nor media_urls"
    if len(media) > 10 or (media and message.get("type") != "MMS"):
        yield 40319, "pictures are for a message of type MMS, ten at most"
    if parts(message.get("text", "")) > _PARTS:
        yield 40302, f"the text has more than {_PARTS} parts"
    for name in ("webhook_url", "webhook_failover_url"):
        if name in message and not (is_address(message[name]) and len(message[name]) <= 2_000):
            yield 10003, f"{name} is no web address"


def parts(text: str) -> int:
    """The parts that Telnyx makes of a text, by its page on character limits."""
    if _GSM.issuperset(text):
        length, alone, each = len(text) + sum(text.count(one) for one in _TWO), 160, 153
    else:
        length, alone, each = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= alone else -(-length // each)


def _error(status: int, code: int, title: str) -> Back:
    error = {
        "code": str(code),
        "title": title,
        "detail": "It was refused.",
        "meta": {"url": f"https://developers.telnyx.com/docs/overview/errors/{code}"},
    }
    return Back(status, msgspec.json.encode({"errors": [error]}))
