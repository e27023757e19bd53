"""Plivo's API for messages, on this machine: https://docs.plivo.com/docs/messaging/api/message/send-a-message"""

import re
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from channels.sms.twins.api import CarrierApi, Taken
from channels.sms.twins.checks import is_address, json_object
from shared.testing.platforms.api import Back, Call, Failure

_NUMBER = re.compile(r"\+?[0-9]{3,15}")
_FIELDS = {
    *("src", "dst", "text", "type", "url", "method", "log", "trackable", "powerpack_uuid", "media_urls", "media_ids"),
    *("message_expiry", "dlt_entity_id", "dlt_template_id", "dlt_template_category"),
}


class PlivoApi(CarrierApi):
    """Takes messages of one account."""

    def __init__(self, auth_id: str, auth_token: str, port: int = 0) -> None:
        super().__init__(port)
        self._user = (auth_id, auth_token)

    def answer(self, call: Call) -> Back:
        """As CarrierApi.answer."""
        if call.basic() != self._user:
            return self.refuse("the credentials are not those of the account", Back(401, b"", "text/plain"))
        if call.method != "POST" or call.path != f"/v1/Account/{self._user[0]}/Message/":
            return self.refuse(f"there is no {call.method} {call.path}", _error(404))
        message = json_object(call)
        for complaint in wrong(message):
            return self.refuse(complaint, _error(400))
        return self._take(call, message)

    def failed(self, failure: Failure) -> Back:
        """As CarrierApi.failed."""
        headers = (("Retry-After", failure.retry_after),) if failure.retry_after else ()
        return Back(failure.status, _error(failure.status).body, headers=headers)

    def _take(self, call: Call, message: dict[str, Any]) -> Back:
        own, media = str(uuid.uuid4()), tuple(message.get("media_urls", ()))
        reference = parse_qs(urlsplit(message.get("url", "")).query).get("reference", [""])[0]
        self.take(Taken(own, message["dst"], message["src"], message.get("text", ""), media, reference, call))
        body = {"message": "message(s) queued", "message_uuid": [own], "api_id": str(uuid.uuid4())}
        return Back(202, msgspec.json.encode(body))


def wrong(message: dict[str, Any]) -> Iterator[str]:
    """What Plivo refuses."""
    if not message:
        yield "the body is no JSON object"
        return
    if unknown := set(message) - _FIELDS:
        yield f"unknown fields: {', '.join(sorted(unknown))}"
    for name in ("src", "dst"):
        if not (isinstance(message.get(name), str) and _NUMBER.fullmatch(message[name])):
            yield f"{name} is no number"
    media = message.get("media_urls", [])
    if media and message.get("type") != "mms":
        yield "pictures are for a message of type mms"
    if len(media) > 10:
        yield "there are more than 10 media"
    if not (message.get("text") or media):
        yield "there is neither text nor media_urls"
    if len(message.get("text", "").encode("utf-16-be", "surrogatepass")) // 2 > 1_600:
        yield "text has more than 1600 characters"
    if "url" in message and not is_address(message["url"]):
        yield "url is no web address"


def _error(status: int) -> Back:
    return Back(status, msgspec.json.encode({"api_id": str(uuid.uuid4()), "error": "It was refused."}))
