"""The one card of an answer: all that a reply has to show, and all that was too long to say."""

from collections.abc import Iterator

from channels.alexa.answer import MAX_URL, Image, SimpleCard, StandardCard
from channels.alexa.speech import cut, words
from shared.turn import Card, Reply

TITLE = "NEXUS"  # where the reply has no card of its own
MAX_TITLE = 300


def card_of(reply: Reply, rest: str, limit: int) -> SimpleCard | StandardCard | None:
    """The card for `reply` with `rest` of its words, in at most `limit` characters; None where there is nothing to show.

    Amazon takes one card: further ones follow on the first as text. The first https picture is shown, others are links.
    """
    if not (reply.cards or reply.media or rest) or limit <= 0:
        return None
    picture = _picture(reply, min(MAX_URL, limit // 4))  # its address counts twice: for small and for large screens
    title, over = cut(words(reply.cards[0].title) if reply.cards else TITLE, min(MAX_TITLE, limit // 4))
    text = "\n".join(line for line in (over, *_lines(reply, picture), rest) if line)
    text = _shortened(text, limit - len(title) - 2 * len(picture or ""))
    return StandardCard(title, text, Image(picture, picture)) if picture else SimpleCard(title, text)


def _picture(reply: Reply, limit: int) -> str | None:
    pictures = [card.image_url for card in reply.cards]
    pictures += [medium.url for medium in reply.media if medium.media_type.startswith("image/")]
    return next((url for url in pictures if url and url.startswith("https://") and len(url) <= limit), None)


def _lines(reply: Reply, picture: str | None) -> Iterator[str]:
    for number, card in enumerate(reply.cards):
        if number:
            yield words(card.title)
        yield from _card_lines(card, picture)
    for medium in reply.media:
        yield words(": ".join(part for part in (medium.alt, "" if medium.url == picture else medium.url) if part))


def _card_lines(card: Card, picture: str | None) -> Iterator[str]:
    yield words(card.text)
    yield words(card.url or "")
    if card.image_url != picture:
        yield words(card.image_url or "")


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else cut(text, limit - 2)[0] + " …"
