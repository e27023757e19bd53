"""Bandwidth's Messaging API, on this machine: https://dev.bandwidth.com/apis/messaging-apis/messaging/#tag/Messages/operation/createMessage"""

import re
import uuid
from collections.abc import Iterator
from typing import Any

import msgspec

from channels.sms.twins.api import CarrierApi, Taken
from channels.sms.twins.checks import is_address, json_object
from shared.testing.platforms.api import Back, Call, Failure

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_FIELDS = {"applicationId", "to", "from", "text", "media", "tag", "priority", "expiration"}


class BandwidthApi(CarrierApi):
    """Takes messages of one application of one account."""

    def __init__(self, account: str, application: str, user: tuple[str, str], port: int = 0) -> None:
        super().__init__(port)
        self._account, self._application, self._user = account, application, user

    def answer(self, call: Call) -> Back:
        """As CarrierApi.answer."""
        if call.basic() != self._user:
            return self.refuse("the credentials are not those of the account", _error(401, "unauthorized"))
        if call.method != "POST" or call.path != f"/api/v2/users/{self._account}/messages":
            return self.refuse(f"there is no {call.method} {call.path}", _error(404, "not-found"))
        message = json_object(call)
        for complaint in wrong(message, self._application):
            return self.refuse(complaint, _error(400, "request-validation"))
        return self._take(call, message)

    def failed(self, failure: Failure) -> Back:
        """As CarrierApi.failed."""
        back = _error(failure.status, "message-rate-limit" if failure.status == 429 else "internal-server-error")
        headers = (("Retry-After", failure.retry_after),) if failure.retry_after else ()
        return Back(back.status, back.body, back.content_type, headers)

    def _take(self, call: Call, message: dict[str, Any]) -> Back:
        own, media = uuid.uuid4().hex, tuple(message.get("media", ()))
        text, tag = message.get("text", ""), message.get("tag", "")
        self.take(Taken(own, message["to"][0], message["from"], text, media, tag, call))
        body = {"id": own, "owner": message["from"], "direction": "out", "segmentCount": 1, **message}
        return Back(202, msgspec.json.encode(body))


def wrong(message: dict[str, Any], application: str) -> Iterator[str]:
    """What Bandwidth refuses."""
    if not message:
        yield "the body is no JSON object"
        return
    if unknown := set(message) - _FIELDS:
        yield f"unknown fields: {', '.join(sorted(unknown))}"
    if message.get("applicationId") != application:
        yield "applicationId is not one of the account"
    to = message.get("to")
    if not (isinstance(to, list) and to and all(isinstance(one, str) and _NUMBER.fullmatch(one) for one in to)):
        yield "to is no list of numbers in E.164"
    if not (isinstance(message.get("from"), str) and _NUMBER.fullmatch(message["from"])):
        yield "from is no number in E.164"
    yield from _sizes(message)


def _sizes(message: dict[str, Any]) -> Iterator[str]:
    media = message.get("media", [])
    if not (message.get("text") or media):
        yield "there is neither text nor media"
    if len(message.get("text", "")) > 2_048:
        yield "text has more than 2048 characters"
    if len(message.get("tag", "")) > 1_024:
        yield "tag has more than 1024 characters"
    for url in media:
        if not is_address(url) or len(url) > 4_096:
            yield "a medium is no web address of 4096 characters at most"


def _error(status: int, kind: str) -> Back:
    return Back(status, msgspec.json.encode({"type": kind, "description": "It was refused."}))
