"""Answers within Google's size: shortened step by step until they fit."""

from collections.abc import Callable

import msgspec
from msgspec import Struct

from channels.google.native import NOTHING, Native, native_of
from channels.google.words import cut, linkable, words
from shared.turn import Card, Choice, Media, Reply

MAX_BYTES = 64 * 1024
"""https://cloud.google.com/dialogflow/es/docs/fulfillment-webhook, and the same for CX"""

_encode = msgspec.json.Encoder().encode
_replace = msgspec.structs.replace


class Room(Struct, frozen=True):
    """The most characters of one text, the most cards, choices and media, and whether there is room for what is native."""

    text: int
    things: int
    native: bool = True


_ROOMS = (Room(8_000, 12), Room(2_500, 8), Room(800, 4), Room(800, 4, native=False))


def fitting(reply: Reply, build: Callable[[Reply, Native], object]) -> bytes:
    """The fullest answer that `build` makes of `reply` and Google takes. Raises PluginInvalid for a wrong native part."""
    native = native_of(reply)
    reply = cleaned(reply.aloud)
    body = _encode(build(reply, native))
    for room in _ROOMS:
        if len(body) <= MAX_BYTES:
            break
        body = _encode(build(shortened(reply, room), native if room.native else NOTHING))
    return body


def cleaned(reply: Reply) -> Reply:
    """`reply` with texts that can be encoded and spoken; its speech is made safe where it is used."""
    return _replace(
        reply,
        text=words(reply.text),
        cards=tuple(
            Card(words(one.title), words(one.text), words(one.image_url or ""), words(one.url or ""))
            for one in reply.cards
        ),
        choices=tuple(Choice(title, one.value) for one in reply.choices if (title := words(one.title))),
        media=tuple(Media(words(one.url), one.media_type, words(one.alt)) for one in reply.media),
        reprompt=words(reply.reprompt or ""),
    )


def shortened(reply: Reply, room: Room) -> Reply:
    """A cleaned `reply` with as much as there is room for. What is cut ends in an ellipsis; addresses too long for a link go."""
    short = reply.speech is None or len(reply.speech) <= room.text
    return _replace(
        reply,
        text=_short(reply.text, room.text),
        speech=reply.speech if short else None,
        cards=tuple(_card(card, room.text) for card in reply.cards[: room.things]),
        choices=tuple(Choice(_short(one.title, 80), one.value) for one in reply.choices[: room.things]),
        media=tuple(
            Media(one.url, one.media_type, _short(one.alt, 200))
            for one in reply.media[: room.things]
            if linkable(one.url)
        ),
        reprompt=_short(reply.reprompt or "", 300),
    )


def _card(card: Card, limit: int) -> Card:
    return Card(
        _short(card.title, 200),
        _short(card.text, limit // 2),
        linkable(card.image_url),
        linkable(card.url),
    )


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else cut(text, limit - 2)[0] + " …"
