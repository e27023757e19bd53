"""What the Assistant takes from Dialogflow ES: `payload.google`.

https://developers.google.com/assistant/df-asdk/reference/dialogflow-webhook-json
"""

from collections.abc import Iterator
from typing import Any

from channels.google.apologies import asks
from channels.google.native import Table
from channels.google.words import (
    SPEAK,
    Line,
    card_lines,
    cut,
    hint,
    joined,
    linkable,
    media_line,
    speech_of,
    table_lines,
    unsaid,
    words,
)
from shared.turn import Card, Choice, Device, Media, Reply

MAX_BUBBLE = 640  # characters of a simple response
MAX_SUGGESTIONS = 8
MAX_SUGGESTION = 25  # characters
MAX_CARD = 750
OPEN = "Open"

Item = dict[str, Any]


def payload(reply: Reply, table: Table | None, device: Device) -> dict[str, Any]:
    """The answer: at most two simple responses around one rich one, then chips."""
    chips, others = _chips(reply, device)
    rich, lines = _rich(reply, table, device)
    items = _around(reply, rich, [*lines, *(Line(one, one) for one in (hint(others, reply.language),) if one)])
    response: Item = {"items": items}
    if chips:
        response["suggestions"] = [{"title": title} for title in chips]
    google: Item = {"expectUserResponse": asks(reply), "richResponse": response}
    if asks(reply) and reply.reprompt:
        google["noInputPrompts"] = [{"textToSpeech": reply.reprompt}]
    return google


def _around(reply: Reply, rich: Item | None, lines: list[Line]) -> list[Item]:
    """The words first, what is shown next, and what is left in a second bubble."""
    head, rest = cut(reply.text, MAX_BUBBLE)
    bubble, over = cut(joined("\n", (rest, *(line.shown for line in lines))), MAX_BUBBLE)
    speech = speech_of(reply)
    voice = joined(" ", (rest if over or not speech else "", *(line.shown if over else line.said for line in lines)))
    first = _simple({"ssml": SPEAK.format(speech)} if speech else {"textToSpeech": head}, head)
    last = _simple({"textToSpeech": voice or bubble}, bubble)
    if not (speech or head):
        first, last = last, None
    # A rich response starts with words, so that a speaker has something to say.
    opening = first or {"simpleResponse": {"textToSpeech": "Here you are."}}
    return [item for item in (opening, rich, last) if item]


def _simple(voice: Item, text: str) -> Item | None:
    if not (text or any(voice.values())):
        return None
    return {"simpleResponse": {**voice, **({"displayText": text} if text and text not in voice.values() else {})}}


def _chips(reply: Reply, device: Device) -> tuple[list[str], list[Choice]]:
    if not (device.screen and asks(reply)):
        return [], unsaid(reply)
    titles: list[str] = []
    others: list[Choice] = []
    for choice in reply.choices:
        title = choice.title
        if len(title) <= MAX_SUGGESTION and (len(titles) < MAX_SUGGESTIONS or title in titles):
            titles.append(title)
        else:
            others.append(choice)
    return list(dict.fromkeys(titles)), others


def _rich(reply: Reply, table: Table | None, device: Device) -> tuple[Item | None, list[Line]]:
    """The one rich item, and the lines that tell the rest."""
    sound = next((one for one in reply.media if one.media_type.startswith("audio/") and linkable(one.url)), None)
    if not device.screen:
        return None, list(_lines(reply, table))
    if sound is not None and device.audio_player:
        return _sound(sound), list(_lines(reply, table, sound))
    if table is not None:
        return _table(table), list(_lines(reply, None))
    if not reply.cards:
        return None, list(_lines(reply, None))
    item, seen = _card(reply.cards[0])
    if not item:
        return None, list(_lines(reply, None))
    return item, [*card_lines(reply.cards[0], seen), *_lines(reply, None, cards=reply.cards[1:])]


def _lines(
    reply: Reply, table: Table | None, without: Media | None = None, cards: tuple[Card, ...] | None = None
) -> Iterator[Line]:
    if table is not None:
        yield from table_lines(table)
    for card in reply.cards if cards is None else cards:
        yield from card_lines(card)
    yield from (media_line(one) for one in reply.media if one is not without)


def _card(card: Card) -> tuple[Item, tuple[str, ...]]:
    """The card, and what of it is seen."""
    image, url = linkable(card.image_url), linkable(card.url)
    fits = len(card.text) <= MAX_CARD
    out: Item = {"title": card.title, "formattedText": (card.text if fits else "") or cut(card.title, MAX_CARD)[0]}
    if image:
        out["image"] = {"url": image, "accessibilityText": card.title or "Picture"}
    if url:
        out["buttons"] = [{"title": OPEN, "openUrlAction": {"url": url}}]
    if not (image or out["formattedText"]):
        return {}, ()
    return {"basicCard": out}, (card.title, card.text if fits else "", image, url)


def _sound(sound: Media) -> Item:
    media = {"name": sound.alt or "Sound", "contentUrl": sound.url}
    return {"mediaResponse": {"mediaType": "AUDIO", "mediaObjects": [media]}}


def _table(table: Table) -> Item:
    out: Item = {
        "title": words(table.title) or words(table.subtitle),
        "columnProperties": [
            {"header": words(column.header), "horizontalAlignment": column.align} for column in table.columns
        ],
        "rows": [{"cells": [{"text": words(cell)} for cell in row], "dividerAfter": True} for row in table.rows],
    }
    return {"tableCard": {**out, **({"subtitle": words(table.subtitle)} if table.title and table.subtitle else {})}}
