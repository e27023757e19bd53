"""Long texts in several messages: cut at ends of sentences, numbered "(1/3) ", each within what a carrier takes."""

import re
from collections.abc import Iterator

from msgspec import Struct

from channels.sms.graphemes import boundary_before
from channels.sms.segments import LEAST_ROOM, MOST_UNITS, reach, segments, utf16_units

MORE = " ..."  # three plain dots: a real ellipsis would make UCS-2 of the message

# Where to cut rather than elsewhere, best first: before white space that ends a paragraph, a sentence, a line, a word.
_PLACES = (
    re.compile(r"(?=\n\s*\n)"),
    re.compile(r"[.!?…][\"'”’)\]]*(?=\s)|[。！？]"),
    re.compile(r"(?=\n)"),
    re.compile(r"(?=\s)"),
)
_LEAST_SHARE = 0.4  # of a message: a better place further to the front than this would waste too much


class Room(Struct, frozen=True):
    """What one message may hold: characters as the carrier counts them (UTF-16), and segments."""

    characters: int
    segments: int

    def holds(self, text: str) -> bool:
        """Whether `text` fits."""
        if utf16_units(text) > self.characters:
            return False
        return MOST_UNITS * len(text) <= LEAST_ROOM * self.segments or segments(text).count <= self.segments


def split(text: str, room: Room, most: int) -> tuple[str, ...]:
    """`text` in at most `most` messages, numbered if there are several; what is beyond ends in "…".

    Nothing but white space at the cuts is lost. An empty text gives no message; `most` is below 100.
    """
    text = text.strip()
    if not text:
        return ()
    if room.holds(text):
        return (text,)
    if most == 1:
        return (shortened(text, room, MORE),)
    pieces = list(_pieces(text, room, _label(9, 9), most))
    if len(pieces) > 9:
        pieces = list(_pieces(text, room, _label(99, 99), most))
    return tuple(_label(number, len(pieces)) + piece for number, piece in enumerate(pieces, 1))


def shortened(text: str, room: Room, tail: str) -> str:
    """`text` cut to one message that closes with `tail`, at the end of a sentence or at least of a word."""
    return _closed(text.strip(), 0, room, "", tail)


def _label(number: int, of: int) -> str:
    return f"({number}/{of}) "


def _pieces(text: str, room: Room, label: str, most: int) -> Iterator[str]:
    """The pieces of `text`, each of which fits together with `label`."""
    at = 0
    for number in range(1, most + 1):
        end = _cut(text, at, room, label)
        if end < len(text) and number == most:
            yield _closed(text, at, room, label, MORE)[len(label) :]
            return
        yield text[at:end].rstrip()
        at = _after_space(text, end)
        if at >= len(text):
            return


def _closed(text: str, at: int, room: Room, label: str, tail: str) -> str:
    """One message: `label`, what there is room for, `tail`."""
    end = _cut(text, at, room, label + tail)
    message = label + text[at:end].rstrip() + tail
    while end > at and not room.holds(message):  # characters that count two may fall badly when the tail is at the end
        end -= 1
        message = label + text[at:end].rstrip() + tail
    return message


def _after_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _cut(text: str, at: int, room: Room, label: str) -> int:
    """Where the piece that starts at `at` ends, so that it fits together with `label`. Always after `at`."""
    end = reach(text, at, label, room.characters, room.segments)
    return end if end >= len(text) else _good_place(text, at, end)


def _good_place(text: str, at: int, end: int) -> int:
    """The best place to cut at or before `end`. A word, or a link, is cut only where it fills a message alone."""
    least = at + int(_LEAST_SHARE * (end - at))
    for pattern in _PLACES:
        # One character more than fits, to see whether white space follows.
        places = [match.end() for match in pattern.finditer(text, least, end + 1) if match.end() <= end]
        if places:
            return places[-1]
    spaces = [match.end() for match in _PLACES[-1].finditer(text, at, least)]
    return spaces[-1] if spaces else boundary_before(text, end, at)
