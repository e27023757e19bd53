"""What Dialogflow ES refuses in the answer of a webhook.

https://cloud.google.com/dialogflow/es/docs/reference/rpc/google.cloud.dialogflow.v2#webhookresponse and, for `payload.google`,
https://developers.google.com/assistant/df-asdk/reference/dialogflow-webhook-json
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
    URL,
    Fields,
    Many,
    Number,
    OneOf,
    Text,
    complaints,
    ssml_complaint,
)

_PLATFORM = OneOf(
    (
        "PLATFORM_UNSPECIFIED",
        "FACEBOOK",
        "SLACK",
        "TELEGRAM",
        "KIK",
        "SKYPE",
        "LINE",
        "VIBER",
        "ACTIONS_ON_GOOGLE",
        "GOOGLE_HANGOUTS",
    )
)
_BUTTON = Fields({"text": Text(20, True), "postback": TEXT}, ("text",))
_KINDS: Mapping[str, Any] = {
    "text": Fields({"text": Many(NEEDED, 1)}, ("text",)),
    "image": Fields({"imageUri": URL, "accessibilityText": TEXT}, ("imageUri",)),
    "quickReplies": Fields({"title": TEXT, "quickReplies": Many(Text(20, True), 1, 11)}, ("title", "quickReplies")),
    "card": Fields(
        {"title": Text(80, True), "subtitle": Text(80), "imageUri": URL, "buttons": Many(_BUTTON, 0, 3)}, ("title",)
    ),
    "payload": OBJECT,
    "simpleResponses": OBJECT,
    "basicCard": OBJECT,
    "suggestions": OBJECT,
    "linkOutSuggestion": OBJECT,
    "listSelect": OBJECT,
    "carouselSelect": OBJECT,
    "browseCarouselCard": OBJECT,
    "tableCard": OBJECT,
    "mediaContent": OBJECT,
}
_CONTEXT = Fields({"name": NEEDED, "lifespanCount": Number(), "parameters": OBJECT}, ("name",))
ANSWER = Fields(
    {
        "fulfillmentText": TEXT,
        "fulfillmentMessages": Many(Fields({**_KINDS, "platform": _PLATFORM}, (), tuple(_KINDS))),
        "source": TEXT,
        "payload": OBJECT,
        "outputContexts": Many(_CONTEXT),
        "followupEventInput": Fields({"name": NEEDED, "parameters": OBJECT, "languageCode": NEEDED}, ("name",)),
        "sessionEntityTypes": Many(OBJECT),
    }
)

_IMAGE = Fields({"url": URL, "accessibilityText": NEEDED, "height": Number(), "width": Number()}, ("url",))
_OPENS = Fields({"title": NEEDED, "openUrlAction": Fields({"url": URL}, ("url",))}, ("title", "openUrlAction"))
_CARD = Fields(
    {"title": TEXT, "subtitle": TEXT, "formattedText": Text(750), "image": _IMAGE, "buttons": Many(_OPENS, 0, 1)}
)
_SIMPLE = Fields({"textToSpeech": TEXT, "ssml": TEXT, "displayText": Text(640)}, (), ("textToSpeech", "ssml"))
_SOUND = Fields(
    {
        "mediaType": OneOf(("AUDIO",)),
        "mediaObjects": Many(
            Fields(
                {"name": NEEDED, "description": TEXT, "contentUrl": URL, "icon": _IMAGE, "largeImage": _IMAGE},
                ("name", "contentUrl"),
            ),
            1,
        ),
    },
    ("mediaObjects",),
)
_TABLE = Fields(
    {
        "title": TEXT,
        "subtitle": TEXT,
        "image": _IMAGE,
        "columnProperties": Many(
            Fields({"header": TEXT, "horizontalAlignment": OneOf(("LEADING", "CENTER", "TRAILING"))})
        ),
        "rows": Many(Fields({"cells": Many(Fields({"text": TEXT})), "dividerAfter": FLAG})),
        "buttons": Many(_OPENS),
    },
    ("rows",),
)
_ITEMS = {"simpleResponse": _SIMPLE, "basicCard": _CARD, "mediaResponse": _SOUND, "tableCard": _TABLE}
_GOOGLE = Fields(
    {
        "expectUserResponse": FLAG,
        "noInputPrompts": Many(Fields({"textToSpeech": TEXT, "ssml": TEXT})),
        "userStorage": TEXT,
        "isSsml": FLAG,
        "systemIntent": ANY,
        "richResponse": Fields(
            {
                "items": Many(Fields(_ITEMS, (), tuple(_ITEMS)), 1),
                "suggestions": Many(Fields({"title": Text(25, True)}, ("title",)), 0, 8),
                "linkOutSuggestion": ANY,
            },
            ("items",),
        ),
    },
    ("expectUserResponse", "richResponse"),
)
_CONTEXT_NAME = re.compile("[a-z0-9_-]{1,250}")


def refusals(request: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    """What Dialogflow holds against `answer` to `request`."""
    found = list(complaints(answer, ANSWER))
    if not found:
        found += [*_messages(answer), *_contexts(request, answer), *_google(request, answer)]
    return found


def _messages(answer: Mapping[str, Any]) -> Iterator[str]:
    for message in answer.get("fulfillmentMessages", ()):
        yield from rich_complaints(message.get("payload", {}), "es")
        for text in message.get("text", {}).get("text", ()):
            if text.startswith("<speak>"):
                yield from ssml_complaint(text, "a text")
                if len(text.encode()) > 5_000 + len("<speak></speak>"):
                    yield "a text in SSML has more than 5,000 bytes"
            elif len(text) > 2_000:
                yield f"a text has {len(text)} characters, more than 2000"


def _contexts(request: Mapping[str, Any], answer: Mapping[str, Any]) -> Iterator[str]:
    names = [context["name"] for context in answer.get("outputContexts", ())]
    for name in names:
        session, _, short = name.rpartition("/contexts/")
        if session != request["session"] or not _CONTEXT_NAME.fullmatch(short):
            yield f"{name!r} is no context of this session"
    if len(set(names)) != len(names):
        yield "a context is set twice"


def _google(request: Mapping[str, Any], answer: Mapping[str, Any]) -> Iterator[str]:
    google = answer.get("payload", {}).get("google")
    if google is None:
        if request.get("originalDetectIntentRequest", {}).get("source") == "google":
            yield "the Assistant needs payload.google"
        return
    found = list(complaints(google, _GOOGLE, "payload.google"))
    yield from found
    if found:
        return
    items = google["richResponse"]["items"]
    for simple in (item["simpleResponse"] for item in items if "simpleResponse" in item):
        if len(simple.get("displayText", simple.get("textToSpeech", ""))) > 640:
            yield "a bubble has more than 640 characters"
    if "simpleResponse" not in items[0]:
        yield "a rich response begins with a simple one"
    if sum("simpleResponse" in item for item in items) > 2 or sum("simpleResponse" not in item for item in items) > 1:
        yield "a rich response has at most two simple ones and one rich item"
