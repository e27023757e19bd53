"""Rich content as Dialogflow Messenger shows it, of ES and of CX.

https://cloud.google.com/dialogflow/cx/docs/concept/integration/dialogflow-messenger/fulfillment
https://cloud.google.com/dialogflow/es/docs/integrations/dialogflow-messenger#rich
"""

from collections.abc import Iterable
from typing import Any, Literal

from channels.google.words import linkable
from shared.turn import Card, Choice, Media, Reply

Flavour = Literal["es", "cx"]
Item = dict[str, Any]


def rich_content(reply: Reply, flavour: Flavour) -> dict[str, Any] | None:
    """The payload with the cards, media and choices of `reply`; None where there are none."""
    groups = [list(_card(card, flavour)) for card in reply.cards]
    groups += [[_medium(medium, flavour)] for medium in reply.media]
    if chips := _chips(reply.choices):
        groups.append([chips])
    return {"richContent": [group for group in groups if group]} if any(groups) else None


def _card(card: Card, flavour: Flavour) -> Iterable[Item]:
    """A picture over a title with its text. An address that cannot be opened is part of the text."""
    image, url = linkable(card.image_url), linkable(card.url)
    lines = [*card.text.splitlines(), *(one for one in (card.image_url, card.url) if one and not linkable(one))]
    if image:
        yield _image(image, card.title)
    if len(lines) > 1 or (lines and not card.title):
        yield {"type": "description", "title": card.title, "text": lines}
        if url:
            yield _button(url, url, flavour)
    elif card.title or url:
        subtitle = {"subtitle": lines[0]} if lines else {}
        yield {"type": "info", "title": card.title or url, **subtitle, **(_link(url, flavour) if url else {})}


def _medium(medium: Media, flavour: Flavour) -> Item:
    url = linkable(medium.url)
    if not url:
        return {"type": "description", "title": medium.alt, "text": [medium.url]}
    if medium.media_type.startswith("image/"):
        return _image(url, medium.alt)
    return _button(medium.alt or url, url, flavour)


def _image(url: str, alt: str) -> Item:
    return {"type": "image", "rawUrl": url, "accessibilityText": alt or "Picture"}


def _button(text: str, url: str, flavour: Flavour) -> Item:
    link = {"link": url} if flavour == "es" else {"anchor": {"href": url}}
    return {"type": "button", "icon": {"type": "chevron_right", "color": "#1a73e8"}, "text": text, **link}


def _link(url: str, flavour: Flavour) -> Item:
    return {"actionLink": url} if flavour == "es" else {"anchor": {"href": url}}


def _chips(choices: Iterable[Choice]) -> Item | None:
    titles = list(dict.fromkeys(choice.title for choice in choices))
    return {"type": "chips", "options": [{"text": title} for title in titles]} if titles else None
