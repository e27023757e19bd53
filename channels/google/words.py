"""The words of a reply: what can be said and shown, cut where a platform ends, and told in lines where it cannot show more."""

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from channels.google.native import Table
from shared import wording
from shared.ssml import escape, plain, sanitise
from shared.turn import Card, Choice, Media, Reply

MAX_URL = 2_000
SPEAK = "<speak>{}</speak>"

_ENDS = (". ", "! ", "? ", "\n", "。", "！", "？")
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Line(Struct, frozen=True):
    """Something that is told in words: as it is shown, with its link, and as it is said, without."""

    shown: str
    said: str = ""


def words(text: str) -> str:
    """`text` without control characters, lone surrogates and outer white space. Lines stay."""
    return (text if text.isprintable() else _UNFIT.sub("", text)).strip()


def cut(text: str, limit: int) -> tuple[str, str]:
    """`text` in two: at most `limit` characters, up to the end of a sentence or at least of a word, and the rest."""
    if len(text) <= limit:
        return text, ""
    head = text[: limit + 1]
    at = max((head.rfind(end) + len(end) for end in _ENDS if end in head), default=0)
    if not limit // 2 <= at <= limit:
        at = next((found for found in (head.rfind(" "), head.rfind("\n")) if found > 0), limit)
    return text[:at].rstrip(), text[at:].lstrip()


def pieces(text: str, limit: int) -> Iterator[str]:
    """`text` in pieces of at most `limit` characters each."""
    while text:
        piece, text = cut(text, limit)
        yield piece


def joined(glue: str, parts: Iterable[str]) -> str:
    """The parts that hold something, with `glue` between them."""
    return glue.join(part for part in parts if part)


def sentence(text: str) -> str:
    """`text` as it is said, with a pause after it."""
    return f"{text}." if text and text[-1].isalnum() else text


def hint(choices: Sequence[Choice], language: str) -> str:
    """The choices as a sentence."""
    return wording.hint([choice.title for choice in choices], language)


def unsaid(reply: Reply) -> list[Choice]:
    """The choices that the reply's words do not name already."""
    heard = (reply.text if reply.speech is None else plain(reply.speech)).casefold()
    return [choice for choice in reply.choices if choice.title.casefold() not in heard]


def linkable(url: str | None) -> str:
    """`url` if a platform can open it, else "": it then stays a text."""
    return url if url and url.startswith("https://") and len(url) <= MAX_URL and url.isprintable() else ""


def card_lines(card: Card, shown: Iterable[str] = ()) -> Iterator[Line]:
    """A card in lines, without the texts in `shown`, which the person sees anyway."""
    for text in (card.title, card.text):
        if text and text not in shown:
            yield Line(text, sentence(text))
    for url in (card.url, card.image_url):
        if url and url not in shown:
            yield Line(url)


def media_line(media: Media) -> Line:
    """A medium in a line."""
    return Line(joined(": ", (media.alt, media.url)), sentence(media.alt))


def table_lines(table: Table) -> Iterator[Line]:
    """A table in lines: title, then each row with what its columns are called."""
    for text in (table.title, table.subtitle):
        if text:
            yield Line(words(text), sentence(words(text)))
    for row in table.rows:
        cells = [words(cell) for cell in row]
        named = [f"{words(column.header)}: {cell}" for column, cell in zip(table.columns, cells, strict=False)]
        line = ", ".join((*named, *cells[len(table.columns) :]))
        yield Line(line, sentence(line))


def speech_of(reply: Reply) -> str:
    """The reply's own speech as SSML inside of <speak>; "" where its text is what is said."""
    return sanitise(reply.speech).strip() if reply.speech is not None else ""


def said_with(reply: Reply, more: Iterable[str]) -> str:
    """All that is to be said, as SSML inside of <speak>."""
    return joined(" ", (speech_of(reply) or escape(reply.text), *(escape(text) for text in more)))


def speakable(reply: Reply, more: Sequence[str], limit: int) -> str:
    """All that is to be said, as SSML of at most `limit` bytes; of too much only the first words of the text."""
    full = said_with(reply, more)
    cuts = (escape(cut(reply.text, size)[0]) for size in (limit, limit // 2, limit // 4, limit // 8))
    return next(ssml for ssml in (full, *cuts) if len(ssml.encode()) <= limit)


def plainly(text: str) -> str:
    """`text` as speech where a platform takes both words and SSML: words that look like SSML are said as they stand."""
    return SPEAK.format(escape(text)) if "<" in text else text
