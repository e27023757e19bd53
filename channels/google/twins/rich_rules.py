"""What Dialogflow Messenger shows: the types of rich content and their fields.

https://cloud.google.com/dialogflow/cx/docs/concept/integration/dialogflow-messenger/fulfillment
https://cloud.google.com/dialogflow/es/docs/integrations/dialogflow-messenger#rich
"""

from collections.abc import Iterator, Mapping
from typing import Any

from channels.google.twins.shapes import ANY, NEEDED, TEXT, URL, Fields, Many, complaints

_ANCHOR = Fields({"href": URL, "target": TEXT}, ("href",))
_ICON = Fields({"type": NEEDED, "color": TEXT}, ("type",))
_CX: Mapping[str, Fields] = {
    "info": Fields(
        {"type": TEXT, "title": NEEDED, "subtitle": TEXT, "image": Fields({"rawUrl": URL}), "anchor": _ANCHOR},
        ("title",),
    ),
    "description": Fields({"type": TEXT, "title": TEXT, "text": Many(TEXT, 1)}, ("text",)),
    "image": Fields(
        {"type": TEXT, "rawUrl": URL, "accessibilityText": TEXT, "anchor": _ANCHOR}, ("rawUrl", "accessibilityText")
    ),
    "button": Fields({"type": TEXT, "icon": _ICON, "text": NEEDED, "anchor": _ANCHOR, "event": ANY}, ("text",)),
    "chips": Fields(
        {"type": TEXT, "options": Many(Fields({"text": NEEDED, "image": ANY, "anchor": _ANCHOR}, ("text",)), 1)},
        ("options",),
    ),
    "list": Fields({"type": TEXT, "title": NEEDED, "subtitle": TEXT, "anchor": _ANCHOR, "event": ANY}, ("title",)),
    "accordion": Fields(
        {"type": TEXT, "title": NEEDED, "subtitle": TEXT, "image": ANY, "text": TEXT}, ("title", "text")
    ),
}
_ES: Mapping[str, Fields] = {
    **_CX,
    "info": Fields(
        {"type": TEXT, "title": NEEDED, "subtitle": TEXT, "image": ANY, "actionLink": URL},
        ("title",),
    ),
    "image": Fields({"type": TEXT, "rawUrl": URL, "accessibilityText": TEXT}, ("rawUrl", "accessibilityText")),
    "button": Fields({"type": TEXT, "icon": _ICON, "text": NEEDED, "link": URL, "event": ANY}, ("text",)),
    "chips": Fields(
        {"type": TEXT, "options": Many(Fields({"text": NEEDED, "image": ANY, "link": URL}, ("text",)), 1)}, ("options",)
    ),
}


def rich_complaints(payload: Mapping[str, Any], form: str) -> Iterator[str]:
    """What Messenger does not show of `payload`; nothing where it is no rich content. `form` is es or cx."""
    if "richContent" not in payload:
        return
    known, groups = (_ES if form == "es" else _CX), payload["richContent"]
    if not isinstance(groups, list) or not all(isinstance(group, list) and group for group in groups):
        yield "richContent must be a list of lists"
        return
    for item in (item for group in groups for item in group):
        kind = str(item.get("type")) if isinstance(item, dict) else ""
        if kind in known:
            yield from complaints(item, known[kind], f"richContent {kind}")
        else:
            yield f"richContent has an item of type {kind!r}"


def rich_lines(payload: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """What is shown of `payload`, a line each, and the chips."""
    shown: list[str] = []
    chips: list[str] = []
    for group in payload.get("richContent", ()):
        chips += [option["text"] for item in group if item["type"] == "chips" for option in item["options"]]
        shown += _lines([item for item in group if item["type"] != "chips"])
    return shown, chips


def _lines(items: list[dict[str, Any]]) -> list[str]:
    """The texts of what is shown together. The words that stand for a picture are often its title: they are told once."""
    parts = [{name: value for name, value in item.items() if name not in ("type", "icon")} for item in items]
    return list(dict.fromkeys(_texts(parts)))


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _texts(one)]
