"""What Dialogflow CX refuses in the answer of a webhook.

https://cloud.google.com/dialogflow/cx/docs/reference/rpc/google.cloud.dialogflow.cx.v3#webhookresponse
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from channels.google.twins.rich_rules import rich_complaints
from channels.google.twins.shapes import (
    ANY,
    FLAG,
    NEEDED,
    OBJECT,
    TEXT,
    Fields,
    Many,
    OneOf,
    complaints,
    ssml_complaint,
)

_KINDS: Mapping[str, Any] = {
    "text": Fields({"text": Many(NEEDED, 1), "allowPlaybackInterruption": FLAG}, ("text",)),
    "payload": OBJECT,
    "conversationSuccess": Fields({"metadata": OBJECT}),
    "outputAudioText": Fields(
        {"text": NEEDED, "ssml": NEEDED, "allowPlaybackInterruption": FLAG}, (), ("text", "ssml")
    ),
    "liveAgentHandoff": Fields({"metadata": OBJECT}),
    "playAudio": Fields({"audioUri": NEEDED, "allowPlaybackInterruption": FLAG}, ("audioUri",)),
    "telephonyTransferCall": Fields({"phoneNumber": NEEDED}, ("phoneNumber",)),
}
_ITS_OWN = ("endInteraction", "mixedAudio", "knowledgeInfoCard", "toolCall")  # only Dialogflow itself makes these
_FORM_PARAMETER = Fields(
    {
        "displayName": NEEDED,
        "required": FLAG,
        "state": OneOf(("EMPTY", "INVALID", "FILLED")),
        "value": ANY,
        "justCollected": FLAG,
    },
    ("displayName", "state"),
)
ANSWER = Fields(
    {
        "fulfillmentResponse": Fields(
            {
                "messages": Many(Fields({**_KINDS, "channel": TEXT, "responseType": TEXT}, (), tuple(_KINDS))),
                "mergeBehavior": OneOf(("MERGE_BEHAVIOR_UNSPECIFIED", "APPEND", "REPLACE")),
            }
        ),
        "pageInfo": Fields(
            {
                "currentPage": TEXT,
                "displayName": TEXT,
                "formInfo": Fields({"parameterInfo": Many(_FORM_PARAMETER)}),
            }
        ),
        "sessionInfo": Fields({"session": TEXT, "parameters": OBJECT}),
        "payload": OBJECT,
        "targetPage": NEEDED,
        "targetFlow": NEEDED,
    }
)
_FLOW = re.compile("projects/[^/]+/locations/[^/]+/agents/[^/]+/flows/[^/]+")
_PAGE = re.compile(_FLOW.pattern + "/pages/[^/]+")
_NUMBER = re.compile(r"\+[1-9][0-9]{4,14}")


def refusals(request: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    """What Dialogflow holds against `answer` to `request`."""
    messages = answer.get("fulfillmentResponse", {}).get("messages", ())
    found = [f"only Dialogflow itself makes {name}" for name in _ITS_OWN for message in messages if name in message]
    found += complaints(answer, ANSWER)
    return found or [*_messages(messages), *_transition(answer), *_form(request, answer)]


def _messages(messages: Any) -> Iterator[str]:
    for message in messages:
        yield from rich_complaints(message.get("payload", {}), "cx")
        ssml = message.get("outputAudioText", {}).get("ssml", "")
        if ssml:
            yield from ssml_complaint(ssml, "outputAudioText")
        if len(ssml.encode()) > 5_000 + len("<speak></speak>"):
            yield "outputAudioText has more than 5,000 bytes"
        number = message.get("telephonyTransferCall", {}).get("phoneNumber")
        if number is not None and not _NUMBER.fullmatch(number):
            yield "a call is transferred to a number like +18005550100"


def _transition(answer: Mapping[str, Any]) -> Iterator[str]:
    if "targetPage" in answer and "targetFlow" in answer:
        yield "there may be a target page or a target flow, not both"
    if "targetPage" in answer and not _PAGE.fullmatch(answer["targetPage"]):
        yield f"{answer['targetPage']!r} is no page"
    if "targetFlow" in answer and not _FLOW.fullmatch(answer["targetFlow"]):
        yield f"{answer['targetFlow']!r} is no flow"


def _form(request: Mapping[str, Any], answer: Mapping[str, Any]) -> Iterator[str]:
    asked = request.get("pageInfo", {}).get("formInfo", {}).get("parameterInfo", ())
    known = {parameter["displayName"] for parameter in asked}
    for parameter in answer.get("pageInfo", {}).get("formInfo", {}).get("parameterInfo", ()):
        if parameter["displayName"] not in known:
            yield f"the page's form has no parameter {parameter['displayName']!r}"
