"""What the Assistant refuses in the answer of an Actions Builder webhook.

https://developers.google.com/assistant/conversational/webhooks (HandlerResponse) and the pages on simple, rich, visual selection
and media responses, and on suggestions
"""

from collections.abc import Iterator, Mapping
from typing import Any

from channels.google.twins.shapes import (
    ANY,
    FLAG,
    NEEDED,
    OBJECT,
    TEXT,
    URL,
    Fields,
    Many,
    Named,
    Number,
    OneOf,
    Text,
    complaints,
    ssml_complaint,
)

_OPEN = Fields({"url": URL, "hint": OneOf(("LINK_UNSPECIFIED", "AMP"))}, ("url",))
_LINK = Fields({"name": NEEDED, "open": _OPEN}, ("name", "open"))
_IMAGE = Fields({"url": URL, "alt": NEEDED, "height": Number(), "width": Number()}, ("url", "alt"))
_FILL = OneOf(("UNSPECIFIED", "GRAY", "WHITE", "CROPPED"))
_ALIGN = OneOf(("UNSPECIFIED", "LEADING", "CENTER", "TRAILING"))
_CARD = Fields(
    {"title": TEXT, "subtitle": TEXT, "text": Text(750), "image": _IMAGE, "imageFill": _FILL, "button": _LINK}
)
_ITEM = Fields({"key": NEEDED}, ("key",))
_BROWSED = Fields(
    {"title": NEEDED, "description": TEXT, "footer": TEXT, "image": _IMAGE, "openUriAction": _OPEN},
    ("title", "openUriAction"),
)
_MEDIA_OBJECT = Fields(
    {
        "name": NEEDED,
        "description": TEXT,
        "url": URL,
        "image": Fields({"icon": _IMAGE, "large": _IMAGE}, (), ("icon", "large")),
    },
    ("name", "url"),
)
_MEDIA = Fields(
    {
        "mediaType": OneOf(("AUDIO", "MEDIA_STATUS_ACK")),
        "mediaObjects": Many(_MEDIA_OBJECT),
        "startOffset": TEXT,
        "firstMediaObjectIndex": Number(),
        "repeatMode": OneOf(("OFF", "ALL")),
        "optionalMediaControls": Many(OneOf(("PAUSED", "STOPPED"))),
    },
    ("mediaType",),
)
_TABLE = Fields(
    {
        "title": TEXT,
        "subtitle": TEXT,
        "image": _IMAGE,
        "button": _LINK,
        "columns": Many(Fields({"header": TEXT, "align": _ALIGN})),
        "rows": Many(Fields({"cells": Many(Fields({"text": TEXT})), "divider": FLAG}), 1),
    },
    ("columns", "rows"),
)
_KINDS = ("card", "image", "table", "media", "list", "collection", "collectionBrowse")
_CONTENT = Fields(
    {
        "card": _CARD,
        "image": _IMAGE,
        "table": _TABLE,
        "media": _MEDIA,
        "list": Fields({"title": TEXT, "subtitle": TEXT, "items": Many(_ITEM, 2, 30)}, ("items",)),
        "collection": Fields(
            {"title": TEXT, "subtitle": TEXT, "items": Many(_ITEM, 2, 10), "imageFill": _FILL}, ("items",)
        ),
        "collectionBrowse": Fields({"items": Many(_BROWSED, 2, 10), "imageFill": _FILL}, ("items",)),
    },
    (),
    _KINDS,
)
_SIMPLE = Fields({"speech": TEXT, "text": Text(640)})
_PROMPT = Fields(
    {
        "override": FLAG,
        "firstSimple": _SIMPLE,
        "lastSimple": _SIMPLE,
        "content": _CONTENT,
        "suggestions": Many(Fields({"title": Text(25, True)}, ("title",)), 0, 8),
        "link": _LINK,
        "canvas": Fields({"url": URL, "data": ANY, "suppressMic": FLAG}),
    }
)
_SLOT = Fields(
    {
        "mode": OneOf(("OPTIONAL", "REQUIRED")),
        "status": OneOf(("EMPTY", "INVALID", "FILLED")),
        "value": ANY,
        "updated": FLAG,
        "prompt": _PROMPT,
    }
)
ANSWER = Fields(
    {
        "session": Fields(
            {"id": NEEDED, "params": OBJECT, "typeOverrides": Many(OBJECT), "languageCode": TEXT}, ("id",)
        ),
        "user": Fields({"locale": TEXT, "params": OBJECT}),
        "home": Fields({"params": OBJECT}),
        "device": OBJECT,
        "prompt": _PROMPT,
        "scene": Fields(
            {
                "name": TEXT,
                "slots": Named(_SLOT),
                "slotFillingStatus": TEXT,
                "next": Fields({"name": NEEDED}, ("name",)),
            }
        ),
        "expected": Fields({"speech": Many(NEEDED, 0, 1_000), "languageCode": TEXT}),
    }
)


def refusals(request: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    """What the Assistant holds against `answer` to `request`."""
    return list(complaints(answer, ANSWER)) or [
        *_session(request, answer),
        *_simples(answer.get("prompt", {})),
        *_content(request, answer.get("prompt", {})),
        *_slots(request, answer.get("scene", {})),
    ]


def _session(request: Mapping[str, Any], answer: Mapping[str, Any]) -> Iterator[str]:
    if answer.get("session", {}).get("id", request["session"]["id"]) != request["session"]["id"]:
        yield "the answer is for another session"


def _simples(prompt: Mapping[str, Any]) -> Iterator[str]:
    for name in ("firstSimple", "lastSimple"):
        simple = prompt.get(name)
        if simple is None:
            continue
        speech = simple.get("speech", "")
        if not (speech or simple.get("text")):
            yield f"{name} says and shows nothing"
        if "<speak" in speech:
            yield from ssml_complaint(speech, f"{name}.speech")
    titles = [chip.get("title") for chip in prompt.get("suggestions", ())]
    if len(set(titles)) != len(titles):
        yield "two suggestions have the same title"


def _content(request: Mapping[str, Any], prompt: Mapping[str, Any]) -> Iterator[str]:
    """What fits together, and what this device can show."""
    content, able = prompt.get("content"), request.get("device", {}).get("capabilities", ())
    if prompt.get("suggestions") and "RICH_RESPONSE" not in able:
        yield "this device has no place for suggestions"
    if content is None:
        return
    media = content.get("media", {})
    if media.get("mediaType") == "MEDIA_STATUS_ACK":
        return
    if "firstSimple" not in prompt:
        yield "rich content needs words before it (firstSimple)"
    if "RICH_RESPONSE" not in able:
        yield "this device has no place for rich content"
    if media and not ("LONG_FORM_AUDIO" in able and media.get("mediaObjects")):
        yield "this device plays no media, or there is nothing to play"
    card = content.get("card", {})
    if card and not (card.get("text") or card.get("image")):
        yield "a card needs a text or an image"
    if card.get("image") and len(card.get("text", "")) > 500:
        yield "a card with an image has at most 500 characters of text"
    if ("button" in card or "collectionBrowse" in content) and "WEB_LINK" not in able:
        yield "this device opens no pages"
    table = content.get("table", {})
    if table.get("subtitle") and not table.get("title"):
        yield "a table with a subtitle needs a title"


def _slots(request: Mapping[str, Any], scene: Mapping[str, Any]) -> Iterator[str]:
    known = request.get("scene", {}).get("slots", {})
    for name in scene.get("slots", {}):
        if name not in known:
            yield f"the scene has no slot {name!r}"
