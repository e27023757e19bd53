"""Vonage's Messages API, on this machine: https://developer.vonage.com/en/api/messages-olympus#SendMessage"""

import hmac
import re
import uuid
from collections.abc import Iterator
from typing import Any

import msgspec

from channels.sms.twins.api import CarrierApi, Taken
from channels.sms.twins.checks import is_address, json_object
from shared.testing.platforms.api import Back, Call, Failure

_NUMBER = re.compile(r"[1-9][0-9]{6,14}")
_COMMON = {
    "message_type",
    "channel",
    "to",
    "from",
    "client_ref",
    "webhook_url",
    "webhook_version",
    "ttl",
    "trusted_recipient",
}
_OWN = {
    ("sms", "text"): {"text", "sms"},
    ("mms", "text"): {"text"},
    ("mms", "image"): {"image"},
    ("mms", "content"): {"content"},
}


class VonageApi(CarrierApi):
    """Takes messages of one account, which shows its key and secret."""

    def __init__(self, key: str, secret: str, port: int = 0) -> None:
        super().__init__(port)
        self._key, self._secret = key, secret

    def answer(self, call: Call) -> Back:
        """As CarrierApi.answer."""
        user, password = call.basic() or ("", "")
        if user != self._key or not hmac.compare_digest(password.encode(), self._secret.encode()):
            return self.refuse(
                "the credentials are not those of the account", _error(401, "Unauthorized", "unauthorized")
            )
        if call.method != "POST" or call.path != "/v1/messages":
            return self.refuse(f"there is no {call.method} {call.path}", _error(404, "Not Found", "not-found"))
        message = json_object(call)
        for complaint in wrong(message):
            return self.refuse(complaint, _error(422, "Invalid params", "1150"))
        return self._take(call, message)

    def failed(self, failure: Failure) -> Back:
        """As CarrierApi.failed."""
        back = _error(failure.status, "Failed", str(failure.code or {429: 1000}.get(failure.status, 1030)))
        headers = (("Retry-After", failure.retry_after),) if failure.retry_after else ()
        return Back(back.status, back.body, back.content_type, headers)

    def _take(self, call: Call, message: dict[str, Any]) -> Back:
        images = [message["image"]] if "image" in message else message.get("content", [])
        text = message.get("text") or "\n".join(one["caption"] for one in images if one.get("caption"))
        own, media = str(uuid.uuid4()), tuple(one["url"] for one in images)
        self.take(Taken(own, message["to"], message["from"], text, media, message.get("client_ref", ""), call))
        return Back(202, msgspec.json.encode({"message_uuid": own}))


def wrong(message: dict[str, Any]) -> Iterator[str]:
    """What Vonage refuses."""
    if not message:
        yield "the body is no JSON object"
        return
    own = _OWN.get((message.get("channel", ""), message.get("message_type", "")))
    if own is None:
        yield f"there is no {message.get('message_type')} by {message.get('channel')}"
        return
    if unknown := set(message) - _COMMON - own:
        yield f"unknown fields: {', '.join(sorted(unknown))}"
    for name in ("to", "from"):
        if not (isinstance(message.get(name), str) and _NUMBER.fullmatch(message[name])):
            yield f"{name} is no number in E.164 without a plus sign"
    if len(message.get("client_ref", "")) > 100:
        yield "client_ref has more than 100 characters"
    if "webhook_url" in message and not is_address(message["webhook_url"]):
        yield "webhook_url is no web address"
    yield from _sizes(message)


def _sizes(message: dict[str, Any]) -> Iterator[str]:
    if message["message_type"] == "text" and not 0 < len(message.get("text", "")) <= 3_200:
        yield "text must have 1 to 3200 characters"
    for image in [message["image"]] if "image" in message else message.get("content", []):
        if not is_address(image.get("url", "")):
            yield "a picture has no web address"
        if "caption" in image and not 0 < len(image["caption"]) <= 3_000:
            yield "a caption must have 1 to 3000 characters"


def _error(status: int, title: str, code: str) -> Back:
    body = {
        "type": f"https://developer.vonage.com/api-errors/messages#{code}",
        "title": title,
        "detail": "It was refused.",
        "instance": uuid.uuid4().hex,
    }
    return Back(status, msgspec.json.encode(body), "application/problem+json")
