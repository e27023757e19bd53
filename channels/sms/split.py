"""Long texts in several messages: cut at ends of sentences, numbered "(1/3) ", each within what a carrier takes."""

import re
from collections.abc import Iterator

from msgspec import Struct

from channels.sms.graphemes import boundary_before
from channels.sms.segments import Meter, segments, surely_fits, utf16_units

MORE = " …"

# Where to cut rather than elsewhere, best first: after a paragraph, a sentence, a line, a word.
_PLACES = (
    re.compile(r"\n\s*\n\s*"),
    re.compile(r"[.!?…][\"'”’)\]]*\s+|[。！？]\s*"),
    re.compile(r"\n\s*"),
    re.compile(r"\s+"),
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
        return surely_fits(text, self.segments) or segments(text).count <= self.segments


def split(text: str, room: Room, most: int) -> tuple[str, ...]:
    """`text` in at most `most` messages, numbered if there are several; what is beyond ends in "…".

    Nothing but white space at the cuts is lost. An empty text gives no message; `most` is below 100.
    """
    text = text.strip()
    if not text:
        return ()
    if room.holds(text):
        return (text,)
    pieces = list(_pieces(text, room, _label(9, 9), most))
    if len(pieces) > 9:
        pieces = list(_pieces(text, room, _label(99, 99), most))
    return tuple(_label(number, len(pieces)) + piece for number, piece in enumerate(pieces, 1))


def shortened(text: str, room: Room, end: str) -> str:
    """`text` cut to one message that closes with `end`, at the end of a sentence or at least of a word."""
    piece = text[: _cut(text, 0, room, end)].rstrip()
    return piece + end if piece else end.lstrip()


def _label(number: int, of: int) -> str:
    return f"({number}/{of}) "


def _pieces(text: str, room: Room, label: str, most: int) -> Iterator[str]:
    at = 0
    for number in range(1, most + 1):
        end = _cut(text, at, room, label)
        if end < len(text) and number == most:
            end = _cut(text, at, room, label + MORE)
            yield text[at:end].rstrip() + MORE
            return
        yield text[at:end].rstrip()
        at = _after_space(text, end)
        if at >= len(text):
            return


def _after_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _cut(text: str, at: int, room: Room, label: str) -> int:
    """Where the piece that starts at `at` ends, so that it fits together with `label`. Always after `at`."""
    end = _reach(text, at, room, label)
    if end >= len(text):
        return end
    return _good_place(text, at, end)


def _good_place(text: str, at: int, end: int) -> int:
    """The best place to cut at or before `end`."""
    least = at + int(_LEAST_SHARE * (end - at))
    for pattern in _PLACES:
        # White space behind the cut costs nothing, so a place may begin where the reach ends.
        places = [match.end() for match in pattern.finditer(text, least, end + 1) if match.end() <= end]
        if places:
            return places[-1]
    if text[end].isspace():
        return end
    return boundary_before(text, end, at)


def _reach(text: str, at: int, room: Room, label: str) -> int:
    """The furthest end of a piece that starts at `at` and fits together with `label`; at least one character."""
    end = min(len(text), at + max(1, room.characters - len(label)))
    window = text[at:end]
    if utf16_units(window) + len(label) <= room.characters and surely_fits(label + window, room.segments):
        return end
    meter, units = Meter(), utf16_units(label)
    meter.add(label)
    for place in range(at, end):
        meter.add(text[place])
        units += 2 if text[place] > "\uffff" else 1
        if meter.count > room.segments or units > room.characters:
            return max(place, at + 1)
    return end
