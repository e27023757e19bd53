"""What Alexa says: words or SSML within Amazon's limit, and what of it did not fit.

https://developer.amazon.com/docs/custom-skills/speech-synthesis-markup-language-ssml-reference.html#audio
"""

import re
from collections.abc import Iterable, Iterator

from channels.alexa.answer import PlainText, Ssml
from shared import wording
from shared.ssml import escape, plain, sanitise
from shared.turn import Choice, Media, Reply

_ENDS = (". ", "! ", "? ", "\n", "。", "！", "？")
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_FRAME = len("<speak></speak>")

MAX_CLIPS = 5  # sounds in one answer
_CLIP = '<audio src="'
_SOUNDS = ("audio/mpeg", "audio/mp3")  # all that Alexa plays in speech
_PLAYABLE = re.compile(r"https://[!#-;=?-\[\]_a-z~]{1,2000}")  # signs of an address: no space, no quote, ASCII only


def spoken(reply: Reply, limit: int, play: bool = False) -> tuple[PlainText | Ssml | None, str]:
    """The speech of `reply` in at most `limit` characters, and the rest of the words.

    Choices are spoken after it, those that the words name already left out. With `play` sounds are played in between: five at
    most, those of the speech itself among them, and none where they leave no room for the words.
    """
    hint = wording.hint([words(choice.title) for choice in _unsaid(reply)], reply.language)
    own = sanitise(reply.speech) if reply.speech is not None else None
    clips = _clips(reply.media, MAX_CLIPS - (own or "").count(_CLIP)) if play else ""
    for fragment in _fragments(own, reply.text, clips, escape(hint)):
        if len(fragment) + _FRAME <= limit and fragment.count(_CLIP) <= MAX_CLIPS:
            return (Ssml(f"<speak>{fragment}</speak>") if fragment else None), ""
    text = words(reply.text if reply.speech is None else plain(reply.speech))
    if not hint and len(text) <= limit:
        return (PlainText(text) if text else None), ""
    return _both(text, hint, limit)


def words(text: str) -> str:
    """`text` without what cannot be spoken or encoded: control characters and lone surrogates. Lines stay."""
    return text if text.isprintable() else _UNSPEAKABLE.sub("", text)


def cut(text: str, limit: int) -> tuple[str, str]:
    """`text` in two: at most `limit` characters, up to the end of a sentence or at least of a word, and the rest."""
    if len(text) <= limit:
        return text, ""
    head = text[:limit]
    at = max(head.rfind(end) + len(end) if end in head else 0 for end in _ENDS)
    if at < limit // 2:
        at = max(at, head.rfind(" ") + 1) or limit
    return text[:at].rstrip(), text[at:].lstrip()


def _fragments(own: str | None, text: str, clips: str, hint: str) -> Iterator[str]:
    """What may be said as SSML, the fullest first; nothing where plain words do."""
    said = escape(words(text)) if own is None else own
    if clips:
        yield _join(" ", (said, clips, hint))
    if own is not None:
        yield _join(" ", (said, hint))


def _clips(media: Iterable[Media], room: int) -> str:
    """The sounds that Alexa can play, as many as there is room for. She reads no sound that is not MP3 at an https address."""
    urls = [one.url for one in media if one.media_type in _SOUNDS and _PLAYABLE.fullmatch(one.url)]
    return " ".join(f'{_CLIP}{escape(url)}"/>' for url in urls[: max(0, room)])


def _both(text: str, hint: str, limit: int) -> tuple[PlainText | None, str]:
    hint, rest_of_hint = cut(hint, limit // 2)
    head, rest = cut(text, limit - len(hint) - 1 if hint else limit)
    said = _join(" ", (head, hint))
    return (PlainText(said) if said else None), _join("\n", (rest, rest_of_hint))


def _unsaid(reply: Reply) -> list[Choice]:
    said = (reply.text if reply.speech is None else plain(reply.speech)).casefold()
    return [choice for choice in reply.choices if choice.title.casefold() not in said]


def _join(glue: str, parts: Iterable[str]) -> str:
    return glue.join(part for part in parts if part)
