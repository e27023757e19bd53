"""From a reply to text messages: everything in it becomes words, links, or pictures where they can be sent."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

import msgspec
from msgspec import UNSET, Struct, UnsetType

from channels.sms.message import Outbound
from channels.sms.settings import MESSAGE_ID, SmsSettings
from channels.sms.split import MORE, Room, shortened, split
from shared.errors import PluginInvalid
from shared.ssml import plain
from shared.turn import Card, Choice, Outcome, Reply, Turn
from shared.wording import quoted, wording, wordings

MAX_URL = 2_000
PICTURES = frozenset({"image/jpeg", "image/png", "image/gif"})  # what every carrier turns into what a phone shows
_ENDINGS = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif"}

_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_WORD = re.compile(r"\w+")


class Native(Struct, frozen=True, forbid_unknown_fields=True):
    """`Reply.native["sms"]`: `text` stands for all that NEXUS would make of the reply; `media` are pictures besides.

    What of `media` is no https address goes into the text.
    """

    text: str | UnsetType = UNSET
    media: tuple[str, ...] = ()


_NOTHING = Native()


def messages_of(turn: Turn, locale: str, settings: SmsSettings, characters: int, pictures: int) -> tuple[Outbound, ...]:
    """The messages that say `turn` to somebody who has this locale: none where there is nothing to say.

    `characters` is what the carrier takes in one, `pictures` how many it can send along now. Raises PluginInvalid where a
    skill put something into `native` that is not in Native.
    """
    reply = turn.reply or Reply(text=_without_reply(turn.outcome, locale))
    text, media = _said(reply, pictures)
    texts = _fitted(text, settings, settings.room(characters), turn.message_id)
    if not texts:
        return (Outbound("", media),) if media else ()
    return (Outbound(texts[0], media), *(Outbound(one) for one in texts[1:]))


def _without_reply(outcome: Outcome, locale: str) -> str:
    if outcome is Outcome.REFUSED:  # whoever does not want messages gets none
        return ""
    return wording("still_working" if outcome in (Outcome.RUNNING, Outcome.DEFERRED) else "failed", locale)


def words(text: str) -> str:
    """`text` without what cannot be sent: control characters and lone surrogates. Lines stay."""
    return text if text.isprintable() else _UNSENDABLE.sub("", text.replace("\r\n", "\n"))


def _fitted(text: str, settings: SmsSettings, room: Room, message_id: str) -> tuple[str, ...]:
    if settings.long_answers == "split" or room.holds(text):
        return split(text, room, settings.messages)
    link = settings.link_url.replace(MESSAGE_ID, quote(message_id, safe=""))
    return (shortened(text, room, f"{MORE}\n{link}"),)


def _said(reply: Reply, pictures: int) -> tuple[str, tuple[str, ...]]:
    """The whole text of a reply, and the pictures that go along."""
    native = _native(reply) if reply.native else _NOTHING
    media = _media(reply, native)[:pictures] if native.media or has_pictures(reply) else ()
    rest = [url for url in dict.fromkeys(native.media) if url not in media] if native.media else []
    if native.text is not UNSET:
        lines = [native.text, *rest]
    else:
        lines = [*_lines(reply, reply.text or (plain(reply.speech) if reply.speech else ""), media), *rest]
    return "\n".join(line for line in map(words, lines) if line), media


def has_pictures(reply: Reply) -> bool:
    """Whether anything of `reply` could be a picture."""
    return bool(reply.cards or reply.media or reply.native)


def _media(reply: Reply, native: Native) -> tuple[str, ...]:
    own = () if native.text is not UNSET else tuple(_pictures(reply))
    return tuple(dict.fromkeys((*filter(_is_address, native.media), *own)))


def _native(reply: Reply) -> Native:
    try:
        return msgspec.convert(reply.native.get("sms", {}), Native)
    except msgspec.ValidationError as error:
        raise PluginInvalid(f"sms: a skill's native answer is not usable: {error}") from None


def _lines(reply: Reply, text: str, media: tuple[str, ...]) -> Iterator[str]:
    yield text.strip()
    for card in reply.cards:
        yield from _card_lines(card, text, media)
    for medium in reply.media:
        address = "" if medium.url in media else medium.url
        yield ": ".join(part for part in (medium.alt.strip(), address) if part)
    yield from _choice_lines(reply.choices, text, reply.language)
    if reply.reprompt and not _adds_nothing(reply.reprompt, text, reply.language):
        yield reply.reprompt.strip()


def _card_lines(card: Card, text: str, media: tuple[str, ...]) -> Iterator[str]:
    """A card as lines. What the text says already is not said twice: every character costs."""
    for line in (card.title, card.text, card.url or ""):
        if line.strip() not in text:
            yield line.strip()
    if card.image_url and card.image_url not in media:
        yield card.image_url


def _choice_lines(choices: Iterable[Choice], text: str, language: str) -> Iterator[str]:
    """The choices, with the words to send for each where those are others than its title."""
    rest = [choice for choice in choices if quoted(choice.title.strip(), language) not in text]
    if rest:
        yield wording("you_can_reply", language)
    for choice in rest:
        same = choice.value.strip().casefold() == choice.title.strip().casefold() or not choice.value.strip()
        send = "" if same else f" {wording('send', language, value=choice.value.strip())}"
        yield f"- {choice.title.strip()}{send}"


def _adds_nothing(reprompt: str, text: str, language: str) -> bool:
    """Whether all that a reprompt says was said: "You can say help" after "Say help to hear what I can do"."""
    if reprompt.strip().casefold() in text.casefold():
        return True
    asked = set(_WORD.findall(reprompt.casefold())) - set(wordings("filler", language))
    return bool(asked) and asked <= set(_WORD.findall(text.casefold()))


def _pictures(reply: Reply) -> Iterator[str]:
    for card in reply.cards:
        if card.image_url and _is_address(card.image_url) and _kind(card.image_url) in PICTURES:
            yield card.image_url
    for medium in reply.media:
        if medium.media_type in PICTURES and _is_address(medium.url):
            yield medium.url


def _is_address(url: str) -> bool:
    return url.startswith("https://") and len(url) <= MAX_URL and url.isprintable() and " " not in url


def _kind(url: str) -> str:
    path = url.partition("?")[0].partition("#")[0].lower()
    return next((kind for ending, kind in _ENDINGS.items() if path.endswith(ending)), "")
