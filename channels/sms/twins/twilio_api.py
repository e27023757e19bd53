"""Twilio's REST API for messages, on this machine.

https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
"""

import hmac
import uuid
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import msgspec

from channels.sms.twins.api import CarrierApi, Taken
from shared.testing.platforms.api import Back, Call, Failure

_FIELDS = {
    "To",
    "From",
    "MessagingServiceSid",
    "Body",
    "MediaUrl",
    "ContentSid",
    "StatusCallback",
    "ApplicationSid",
    "MaxPrice",
    "ProvideFeedback",
    "Attempt",
    "ValidityPeriod",
    "SmartEncoded",
    "ScheduleType",
    "SendAt",
    "SendAsMms",
    "ContentVariables",
}
_TEXTS = {21610: "Attempt to send to unsubscribed recipient", 20429: "Too Many Requests", 20003: "Authenticate"}


class TwilioApi(CarrierApi):
    """Takes messages of one account."""

    def __init__(self, account: str, token: str, port: int = 0) -> None:
        super().__init__(port)
        self._account, self._token = account, token

    def answer(self, call: Call) -> Back:
        """As CarrierApi.answer."""
        user, password = call.basic() or ("", "")
        if user != self._account or not hmac.compare_digest(password.encode(), self._token.encode()):
            return self.refuse("the credentials are not those of the account", _error(401, 20003))
        if call.method != "POST" or call.path != f"/2010-04-01/Accounts/{self._account}/Messages.json":
            return self.refuse(f"there is no {call.method} {call.path}", _error(404, 20404))
        fields = call.form()
        for code, complaint in _wrong(call, fields):
            return self.refuse(complaint, _error(400, code))
        return self._take(call, fields)

    def failed(self, failure: Failure) -> Back:
        """As CarrierApi.failed."""
        code = failure.code or (20429 if failure.status == 429 else 20500)
        headers = (("Retry-After", failure.retry_after),) if failure.retry_after else ()
        back = _error(failure.status, code)
        return Back(back.status, back.body, back.content_type, headers)

    def _take(self, call: Call, fields: dict[str, list[str]]) -> Back:
        sid = f"{'MM' if 'MediaUrl' in fields else 'SM'}{uuid.uuid4().hex}"
        status = parse_qs(urlsplit(_one(fields, "StatusCallback")).query)
        sender, text = _one(fields, "From") or _one(fields, "MessagingServiceSid"), _one(fields, "Body")
        reference = status.get("reference", [""])[0]
        media = tuple(fields.get("MediaUrl", ()))
        self.take(Taken(sid, _one(fields, "To"), sender, text, media, reference, call))
        body = {"sid": sid, "status": "queued", "account_sid": self._account, "error_code": None, "body": text}
        return Back(201, msgspec.json.encode(body))


def _wrong(call: Call, fields: dict[str, list[str]]) -> Iterator[tuple[int, str]]:
    """What Twilio refuses, with its error code."""
    if not call.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        yield 20001, "the body is not a form"
    if unknown := set(fields) - _FIELDS:
        yield 20001, f"unknown fields: {', '.join(sorted(unknown))}"
    if not _one(fields, "To"):
        yield 21604, "To is missing"
    if not (_one(fields, "From") or _one(fields, "MessagingServiceSid")):
        yield 21603, "From is missing"
    if not (_one(fields, "Body") or fields.get("MediaUrl") or _one(fields, "ContentSid")):
        yield 21619, "there is neither Body nor MediaUrl"
    if len(_one(fields, "Body").encode("utf-16-be", "surrogatepass")) // 2 > 1_600:
        yield 21617, "Body has more than 1600 characters"
    if len(fields.get("MediaUrl", ())) > 10:
        yield 21623, "there are more than 10 media"
    if status := _one(fields, "StatusCallback"):
        parts = urlsplit(status)
        if parts.scheme not in ("http", "https") or not parts.hostname or "_" in parts.hostname:
            yield 21609, "StatusCallback is not a valid URL"


def _one(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]


def _error(status: int, code: int) -> Back:
    body = {
        "code": code,
        "message": _TEXTS.get(code, "refused"),
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return Back(status, msgspec.json.encode(body))
