"""The one rich thing of a prompt, and what is left to be told in words because there is no place for it."""

from collections.abc import Iterable

from msgspec import Struct

from channels.google.actions.answer import (
    MAX_BROWSED,
    MAX_CARD,
    MAX_CARD_WITH_IMAGE,
    Browsed,
    CardOut,
    CollectionBrowse,
    Content,
    Image,
    Link,
    MediaImage,
    MediaObject,
    MediaOut,
    OpenUrl,
    TableCell,
    TableColumn,
    TableOut,
    TableRow,
)
from channels.google.native import Column, Table
from channels.google.words import Line, card_lines, cut, linkable, media_line, table_lines, words
from shared.turn import Card, Device, Media, Reply

OPEN = "Open"  # the name of a card's button
_SOUNDS = ("audio/mpeg", "audio/mp3")  # all that the Assistant plays


class Shown(Struct, frozen=True):
    """What is shown, and the lines that tell the rest."""

    content: Content | None
    lines: tuple[Line, ...]


def shown(reply: Reply, table: Table | None, device: Device) -> Shown:
    """The best that the device can show of `reply`: sound first, then a table, pages, a card, cards as a table, a picture."""
    if not device.screen:
        return Shown(None, tuple(_lines(reply.cards, reply.media, table)))
    sound = next((one for one in reply.media if one.media_type in _SOUNDS and linkable(one.url)), None)
    if sound is not None and device.audio_player:
        return _sound(sound, reply, table)
    if table is not None:
        return Shown(Content(table=_table(table)), tuple(_lines(reply.cards, reply.media, None)))
    if reply.cards:
        return _cards(reply, "WEB_LINK" in device.capabilities)
    picture = next((one for one in reply.media if _is_picture(one)), None)
    if picture is not None:
        rest = [one for one in reply.media if one is not picture]
        return Shown(Content(image=_image(picture.url, picture.alt)), tuple(_lines((), rest, None)))
    return Shown(None, tuple(_lines((), reply.media, None)))


def overflow(text: str) -> Content | None:
    """A card for words that found no place in the bubbles."""
    return Content(card=CardOut(text=cut(text, MAX_CARD)[0])) if text else None


def _lines(cards: Iterable[Card], media: Iterable[Media], table: Table | None) -> Iterable[Line]:
    if table is not None:
        yield from table_lines(table)
    for card in cards:
        yield from card_lines(card)
    for medium in media:
        yield media_line(medium)


def _sound(sound: Media, reply: Reply, table: Table | None) -> Shown:
    picture = next((one for one in reply.media if _is_picture(one)), None)
    image = MediaImage(_image(picture.url, picture.alt)) if picture else None
    name = sound.alt or (reply.cards[0].title if reply.cards else "") or "Sound"
    media = MediaOut("AUDIO", [MediaObject(name, sound.url, image=image)])
    rest = [one for one in reply.media if one is not sound and one is not picture]
    return Shown(Content(media=media), tuple(_lines(reply.cards, rest, table)))


def _cards(reply: Reply, links: bool) -> Shown:
    first, *others = reply.cards
    if not others:
        return _one_card(first, reply.media, links)
    pages = [card for card in reply.cards if card.title and linkable(card.url)]
    if links and len(pages) == len(reply.cards) <= MAX_BROWSED:
        content = Content(collection_browse=CollectionBrowse([_page(card) for card in pages]))
        rest = [line for card in pages for line in card_lines(card, _of_page(card))]
    else:
        content = Content(table=_table(_as_table(reply.cards)))
        rest = [line for card in reply.cards for line in card_lines(card, (card.title, card.text))]
    return Shown(content, (*rest, *_lines((), reply.media, None)))


def _one_card(card: Card, media: Iterable[Media], links: bool) -> Shown:
    """The card, with the first picture there is; a text that is too long goes on in words."""
    pictures = [one for one in media if _is_picture(one)]
    taken = pictures[0] if pictures and not linkable(card.image_url) else None
    image = _image(card.image_url, card.title) if card.image_url and linkable(card.image_url) else None
    if taken is not None:
        image = _image(taken.url, taken.alt or card.title)
    text, over = cut(card.text, MAX_CARD_WITH_IMAGE if image else MAX_CARD)
    url = linkable(card.url) if links else ""
    if not (card.title or text or image):
        return Shown(None, tuple(_lines((card,), media, None)))
    if not (text or image):  # a card needs one of them
        text = cut(card.title, MAX_CARD)[0]
    out = CardOut(card.title, "", text, image, Link(OPEN, OpenUrl(url)) if url else None)
    seen = (card.title, card.text, url, image.url if image else "")
    lines = (Line(over, over),) if over else ()
    rest = [one for one in media if one is not taken]
    return Shown(Content(card=out), (*lines, *card_lines(card, seen), *_lines((), rest, None)))


def _page(card: Card) -> Browsed:
    image = _image(card.image_url, card.title) if card.image_url and linkable(card.image_url) else None
    return Browsed(card.title, OpenUrl(linkable(card.url)), card.text, image)


def _of_page(card: Card) -> tuple[str, ...]:
    return (card.title, card.text, linkable(card.url), linkable(card.image_url))


def _as_table(cards: Iterable[Card]) -> Table:
    return Table((Column(""), Column("")), tuple((card.title, card.text) for card in cards))


def _table(table: Table) -> TableOut:
    title = words(table.title) or words(table.subtitle)  # a subtitle needs a title
    subtitle = words(table.subtitle) if table.title else ""
    columns = [TableColumn(words(column.header), column.align) for column in table.columns]
    rows = [TableRow([TableCell(words(cell)) for cell in row]) for row in table.rows]
    return TableOut(title, subtitle, columns, rows)


def _image(url: str, alt: str) -> Image:
    return Image(url, alt or "Picture")


def _is_picture(media: Media) -> bool:
    return media.media_type.startswith("image/") and bool(linkable(media.url))
