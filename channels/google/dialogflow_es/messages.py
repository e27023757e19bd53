"""The messages of Dialogflow ES, by what the integration can show.

https://cloud.google.com/dialogflow/es/docs/intents-rich-messages. Where integrations differ, the limits are those of the
strictest (Facebook Messenger), which fit them all.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from channels.google.messenger import rich_content
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
    pieces,
    speakable,
    table_lines,
    unsaid,
)
from shared.turn import Card, Choice, Media, Reply
from shared.wording import wording

MAX_TEXT = 2_000  # characters of one text
MAX_TITLE = 80  # of a card, and of its subtitle
MAX_REPLIES = 11
MAX_REPLY = 20  # characters
MAX_SPEECH = 5_000  # bytes that are made into sound
OPEN = "Open"

PLATFORMS = {
    "facebook": "FACEBOOK",
    "hangouts": "GOOGLE_HANGOUTS",
    "kik": "KIK",
    "line": "LINE",
    "skype": "SKYPE",
    "slack": "SLACK",
    "slack_testbot": "SLACK",
    "telegram": "TELEGRAM",
    "viber": "VIBER",
}
"""Integrations that show messages of their own platform, by the source of the request."""

Message = dict[str, Any]


class Parts(Struct, frozen=True):
    """The messages, and the lines that tell what they do not show."""

    messages: list[Message]
    lines: list[Line]


def told(reply: Reply, table: Table | None) -> str:
    """All of the reply in words, links included: what a client shows that knows texts only."""
    return joined(
        "\n", (reply.text, *(line.shown for line in _all_lines(reply, table)), hint(unsaid(reply), reply.language))
    )


def typed(reply: Reply, table: Table | None, source: str, messenger: bool) -> list[Message]:
    """Messages for a screen: texts, cards, pictures, quick replies; for no known platform, Dialogflow Messenger's too."""
    cards, media, quick = _cards(reply.cards), _media(reply.media), _quick(reply.choices, reply.language)
    lines = [*(table_lines(table) if table else ()), *cards.lines, *media.lines, *quick.lines]
    text = joined("\n", (reply.text, *(line.shown for line in lines)))
    found = [*_texts(text), *cards.messages, *media.messages, *quick.messages]
    platform = PLATFORMS.get(source)
    if platform:
        return [{**message, "platform": platform} for message in found]
    rich = rich_content(reply, "es") if messenger else None
    return [*found, {"payload": rich}] if rich else found


def in_words(reply: Reply, table: Table | None) -> list[Message]:
    """Messages for a client that shows texts only."""
    return list(_texts(told(reply, table)))


def on_the_phone(reply: Reply, table: Table | None) -> list[Message]:
    """One text in SSML, with all that can be said."""
    lines = [line.said for line in _all_lines(reply, table)]
    speech = speakable(reply, (*lines, hint(unsaid(reply), reply.language)), MAX_SPEECH)
    return [{"text": {"text": [SPEAK.format(speech)]}}] if speech else []


def _all_lines(reply: Reply, table: Table | None) -> Iterator[Line]:
    if table is not None:
        yield from table_lines(table)
    for card in reply.cards:
        yield from card_lines(card)
    yield from map(media_line, reply.media)


def _texts(text: str) -> Iterator[Message]:
    for piece in pieces(text, MAX_TEXT - 1):
        # Words that only look like SSML are not taken for it with something in front that nobody sees.
        yield {"text": {"text": [f"\u200b{piece}" if piece.startswith("<speak") else piece]}}


def _cards(cards: Iterable[Card]) -> Parts:
    parts = Parts([], [])
    for card in cards:
        title, more = cut(card.title or card.text, MAX_TITLE)
        subtitle, rest = cut(card.text if card.title else "", MAX_TITLE)
        image, url = linkable(card.image_url), linkable(card.url)
        if not title:
            parts.messages.extend([_image(image, "")] if image else [])
            parts.lines.extend(card_lines(card, (image,)))
            continue
        out: Message = {"title": title}
        out |= {"subtitle": subtitle} if subtitle else {}
        out |= {"imageUri": image} if image else {}
        out |= {"buttons": [{"text": OPEN, "postback": url}]} if url else {}
        parts.messages.append({"card": out})
        stray = [one for one in (card.image_url, card.url) if one and not linkable(one)]
        parts.lines.extend(Line(text, text) for text in (more, rest) if text)
        parts.lines.extend(map(Line, stray))
    return parts


def _image(url: str, alt: str) -> Message:
    return {"image": {"imageUri": url, **({"accessibilityText": alt} if alt else {})}}


def _media(media: Iterable[Media]) -> Parts:
    parts = Parts([], [])
    for medium in media:
        if medium.media_type.startswith("image/") and linkable(medium.url):
            parts.messages.append(_image(medium.url, medium.alt))
        else:
            parts.lines.append(media_line(medium))
    return parts


def _quick(choices: Iterable[Choice], language: str) -> Parts:
    """Quick replies; those that are too long, or too many, are told in a sentence."""
    titles: list[str] = []
    others: list[Choice] = []
    for choice in choices:
        title = choice.title
        if len(title) <= MAX_REPLY and (len(titles) < MAX_REPLIES or title in titles):
            titles.append(title)
        else:
            others.append(choice)
    sentence = hint(others, language)
    quick = {"quickReplies": {"title": wording("choose", language), "quickReplies": list(dict.fromkeys(titles))}}
    return Parts([quick] if titles else [], [Line(sentence, sentence)] if sentence else [])
