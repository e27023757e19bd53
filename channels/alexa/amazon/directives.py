"""Amazon's Progressive Response API, on this machine.

https://developer.amazon.com/docs/custom-skills/progressive-response-api-reference.html
"""

import hmac
from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from channels.alexa.amazon.ssml import ssml_faults, ssml_words
from shared.testing.platforms.api import Back, Call, Failure, PlatformApi

MOST = 5  # directives while one request waits


class DirectivesApi(PlatformApi):
    """Takes what is to be spoken to whoever waits: for the requests in `waiting`, with the token that those carried.

    `spoken` are the words that were taken, by request id.
    """

    def __init__(self, token: str, port: int = 0) -> None:
        super().__init__(port)
        self._token = token
        self.waiting: set[str] = set()
        self.spoken: dict[str, list[str]] = {}

    def judged(self) -> list[str]:
        """What was refused since this was asked last."""
        with self.changed:
            found, self.complaints = self.complaints, []
        return found

    def answer(self, call: Call) -> Back:
        """As PlatformApi.answer."""
        token = call.headers.get("authorization", "")
        if not hmac.compare_digest(token.encode(), f"Bearer {self._token}".encode()):
            return self.refuse(
                "progressive response: the token is not that of the request", _error(401, "UNAUTHORIZED")
            )
        if (call.method, call.path) != ("POST", "/v1/directives"):
            return self.refuse(f"progressive response: there is no {call.method} {call.path}", _error(404, "NOT_FOUND"))
        sent = _sent(call.body)
        for complaint in wrong(sent, self.waiting):
            return self.refuse(f"progressive response: {complaint}", _error(400, "BAD_REQUEST"))
        with self.changed:
            said = self.spoken.setdefault(sent["header"]["requestId"], [])
            if len(said) >= MOST:
                return self.refuse(f"progressive response: more than {MOST} for one request", _error(403, "FORBIDDEN"))
            said.append(ssml_words(sent["directive"]["speech"]))
        return Back(204)

    def failed(self, failure: Failure) -> Back:
        """As PlatformApi.failed."""
        return _error(
            failure.status, {401: "UNAUTHORIZED", 429: "THROTTLING"}.get(failure.status, "INTERNAL_SERVICE_EXCEPTION")
        )


def wrong(sent: Any, waiting: Collection[str]) -> Iterator[str]:
    """What Amazon refuses in a directive."""
    match sent:
        case {
            "header": {"requestId": str(request), **more},
            "directive": {"type": str(type_), "speech": str(speech), **others},
        }:
            if more or others or set(sent) != {"header", "directive"}:
                yield "it has fields that nobody knows"
            if request not in waiting:
                yield "no such request waits for an answer"
            if type_ != "VoicePlayer.Speak":
                yield f"{type_} is no directive that is taken here"
            if not 1 <= len(speech) <= 600:
                yield f"the speech has {len(speech)} characters, not 1 to 600"
            yield from ssml_faults(speech)
        case _:
            yield "it lacks header.requestId, or a directive with type and speech"


def _sent(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _error(status: int, type_: str) -> Back:
    return Back(status, msgspec.json.encode({"type": type_, "message": "It was refused."}))
